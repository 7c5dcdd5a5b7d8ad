"""The page and the picture of what benchmarks/scale.py measured, made of its scale.json.

python benchmarks/scale_page.py docs/results
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import altair as alt
import vl_convert

World = Mapping[str, Any]


def page(found: Mapping[str, Any]) -> str:
    """Return the results in Markdown."""
    parts = [
        "# Time and memory at size",
        _WHAT,
        _world(found["world"], found["memory_setting"]),
        _day(found["one_day_more"]) if found["one_day_more"] else "",
        _growth("## Growth with exchanges and accounts together", found["growth"]),
        "![Time and memory against exchanges](scale.svg)" if found["growth"] else "",
        _growth("## Growth with accounts, at the same number of exchanges", found["accounts"]),
        _keys(found["largest_keys"]) if found["largest_keys"] else "",
        "## Machine",
        "\n".join(f"- {name}: {said}" for name, said in found["machine"].items() if "peak" not in name),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


_WHAT = """`make scale` makes this page anew (`EXCHANGES=16000000` is the disclosed case). Worlds are the simulator's
`provider`: 30 days, 24 of 524 accounts fraudulent. Every hunt is a process of its own, with the processes that read for
it. The floor is DuckDB scanning the same text once on two threads and splitting it into words. Where a machine has
other work, seconds on the clock say little; seconds of all processors together are what to compare. Memory is the most
that all processes of a hunt held at one time (proportional set size, looked at four times a second)."""


def _world(world: World, memory: str) -> str:
    hunt, scan = world["hunt"], world["floor"]
    made = f", simulated in {world['simulated']['wall']:.0f} s" if world["simulated"]["wall"] else ""
    lines = [
        f"## {world['exchanges']:,} exchanges", "",
        f"{world['accounts']:,} accounts that called, {world['chars']:.0f} characters of text an exchange{made}.", "",
        "| step | on the clock, s | processors, s | times the floor | memory, GiB |", "|---|---:|---:|---:|---:|",
        f"| floor | {scan['wall']:.1f} | {scan['cpu']:.1f} | 1 | |",
    ]  # fmt: skip
    whole = ("**hunt, all of it**", hunt["total"] | {"memory": hunt["memory"]})
    for name, spent in [*hunt["steps"].items(), whole]:
        times = spent["cpu"] / scan["cpu"]
        lines.append(f"| {name} | {spent['wall']:.1f} | {spent['cpu']:.1f} | {times:.1f} | {spent['memory']:.2f} |")
    lines += ["", f"The engine's own limit was {memory}."]
    if world["quality"]:
        lines += ["", "Quality: " + "; ".join(f"{name} {said}" for name, said in world["quality"].items()) + "."]
    return "\n".join(lines)


def _day(more: Mapping[str, Any]) -> str:
    whole, later = more["whole"], more["one day more"]
    steps = later["steps"]
    return (
        f"## One day more\n\n{more['exchanges']:,} exchanges. "
        "The last of 30 days hunted with `--after` the run of the 29 before, beside one hunt of all 30 "
        "(seconds of processors).\n\n| step | all 30 days | one day more |\n|---|---:|---:|\n"
        + "".join(
            f"| {name} | {spent['cpu']:.1f} | {steps[name]['cpu']:.1f} |\n" for name, spent in whole["steps"].items()
        )
        + f"| all | {whole['total']['cpu']:.1f} | {later['total']['cpu']:.1f} |\n\n"
        "Text is read once: reading a day more costs a day, and a hash of the others. Whatever follows looks at all "
        "accounts over all days again."
    )


def _growth(title: str, worlds: Sequence[World]) -> str:
    if not worlds:
        return ""
    head = "| exchanges | accounts | on the clock, s | processors, s | µs an exchange | times the floor | memory, GiB |"
    lines = [title, "", head, "|---:|---:|---:|---:|---:|---:|---:|"]
    for world in worlds:
        hunt, scan = world["hunt"], world["floor"]
        cpu = hunt["total"]["cpu"]
        lines.append(
            f"| {world['exchanges']:,} | {world['accounts']:,} | {hunt['total']['wall']:.0f} | {cpu:.0f} | "
            f"{1e6 * cpu / world['exchanges']:.0f} | {cpu / scan['cpu']:.0f} | {hunt['memory']} |"
        )
    return "\n".join(lines)


_ONE_KEY = """The same calls once with one key on all accounts, once with a key for every ten: from features to
measured groups, seconds of processors."""


def _keys(keys: Sequence[Mapping[str, Any]]) -> str:
    lines = [
        "## The largest single key", "",
        _ONE_KEY, "", "| | one key | small keys |", "|---|---:|---:|",
    ]  # fmt: skip
    return "\n".join([*lines, *(f"| {k['says']} | {k['one']:.1f} | {k['many']:.1f} |" for k in keys)])


def draw(worlds: Sequence[World], path: Path) -> None:
    """Draw seconds of each step, and memory, against exchanges, seconds on logarithmic scales."""
    points = [
        {"exchanges": w["exchanges"], "step": name, "seconds": spent["cpu"]}
        for w in worlds
        for name, spent in [*w["hunt"]["steps"].items(), ("all", w["hunt"]["total"]), ("floor", w["floor"])]
    ]
    held = [{"exchanges": w["exchanges"], "memory": w["hunt"]["memory"]} for w in worlds]
    x = alt.X("exchanges:Q", scale=alt.Scale(type="log"), title="exchanges", axis=alt.Axis(format="~s"))
    seconds = alt.Chart(alt.Data(values=points)).mark_line(point=True).encode(
        x=x, y=alt.Y("seconds:Q", scale=alt.Scale(type="log"), title="seconds of all processors"), color="step:N"
    )  # fmt: skip
    memory = alt.Chart(alt.Data(values=held)).mark_line(point=True).encode(
        x=x, y=alt.Y("memory:Q", title="memory, GiB", scale=alt.Scale(domainMin=0))
    )  # fmt: skip
    chart = alt.hconcat(seconds.properties(width=330, height=260), memory.properties(width=220, height=260))
    path.write_text(vl_convert.vegalite_to_svg(chart.to_dict()), encoding="utf-8")


def write_pages(folder: Path) -> None:
    """Write page and picture beside the scale.json of a folder."""
    found = json.loads((folder / "scale.json").read_bytes())
    (folder / "scale.md").write_text(page(found), encoding="utf-8")
    if found["growth"]:
        draw(found["growth"], folder / "scale.svg")


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]))
