"""A finished run for people and for other programs: `report.html`, `report.md` and their JSON twin."""

from stillhunt.report.pages import summary, write_report

__all__ = ["summary", "write_report"]
