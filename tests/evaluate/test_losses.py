"""What is lost before a campaign is found, over several runs."""

import json
from pathlib import Path

import pytest
from rich.console import Console

from evaluate.small_world import DAY, PERFECT, counts, of, own
from stillhunt.cli import app
from stillhunt.errors import UsageError
from stillhunt.evaluate import evaluate, lost_before_detection
from stillhunt.evaluate.show import render_losses


def test_lost_before_detection(make_run, truth):
    half = [e for e in own("one") if int(e.split("-")[1]) < 6]
    runs = [
        make_run(PERFECT, name="day10", until=10),
        make_run({}, name="day3", until=3),
        make_run({"c1": (of("a", 10), half)}, name="day6", until=6),
    ]
    one, two = lost_before_detection(runs, truth)
    assert (one.campaign, Path(one.detected_by).name, one.detected_ts) == ("one", "day6", 5 * DAY)
    assert counts(one.lost) == (60, 100)
    assert (Path(two.detected_by).name, two.detected_ts, counts(two.lost)) == ("day10", 9 * DAY, (20, 20))
    assert (one.began_ts, one.hours) == (0, 5 * 24)
    missed = lost_before_detection(runs[1:2], truth)
    assert [(m.detected_by, m.hours, counts(m.lost)) for m in missed] == [
        (None, None, (30, 100)),
        (None, None, (12, 20)),
    ]
    with pytest.raises(UsageError, match="No run to look at"):
        lost_before_detection([], truth)


def test_the_command_tells_losses_where_several_runs_are_given(make_run, truth, capsys):
    runs = [make_run({}, name="day3", until=3), make_run(PERFECT, name="day10")]
    said = []
    for some in (runs[1:], runs):
        with pytest.raises(SystemExit) as left:
            app(["evaluate", *(str(r.path) for r in some), "--truth", str(truth), "--json"])
        assert left.value.code == 0
        said.append(json.loads(capsys.readouterr().out))
    assert said[1].pop("losses")[0]["lost"]["share"] == 1.0
    assert said[0] == said[1] == evaluate(runs[1], truth).to_dict()
    shown = Console(width=200, record=True)
    shown.print(render_losses(lost_before_detection(runs[:1], truth)))
    assert "not found" in shown.export_text()
