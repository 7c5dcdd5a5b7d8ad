"""A finished run for people and for other programs: `report.html`, `report.md` and their JSON twin."""
