"""A calibration in words, for a terminal."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from stillhunt.report.words import visible


def calibration_text(calibration: Mapping[str, Any], out: Path) -> RenderableType:
    """Return what a reference is made of and how honest its groups are to each other.

    Args:
        calibration: Plain values of a `stillhunt.calibrate.Calibration`.
        out: Where the reference was written.
    """
    table = Table("bits", "promised at most", "groups above", "95 % interval", "")
    for row in calibration["honesty"]:
        promised, share = 2.0 ** -row["bits"], row["share"]
        broken = share["low"] > promised
        table.add_row(
            str(row["bits"]),
            f"{promised:.3%}",
            f"{share['share']:.3%} ({share['hits']:,} of {share['of']:,})",
            f"{share['low']:.3%} to {share['high']:.3%}",
            Text("not kept", style="red") if broken else Text("kept", style="green"),
        )
    own = ", ".join(f"{count:,} groups on {layer}" for layer, count in calibration["own"].items())
    return Group(
        Text(f"{own} of your own; {calibration['left_out']:,} groups of campaigns were left out."),
        Text(f"The reference: {calibration['source']}."),
        Text("Each group tested against those it has nothing to do with: how many get more bits than promised."),
        table,
        Text(f"Give it to a hunt with --reference {visible(str(out))}"),
    )
