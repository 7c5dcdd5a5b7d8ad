"""The provider's month keeps its proportions at any size, and is the same however many processes write it."""

import hashlib

import pytest

from stillhunt.simulate import write
from stillhunt.simulate.processes import in_processes
from stillhunt.simulate.simulator import simulate


def test_proportions(worlds):
    world = worlds("provider", accounts=1_310, days=4)
    fraudulent = [account for account, kind in world.kinds.items() if kind == "fraudulent"]
    assert len(fraudulent) == 60
    assert sorted(c["capability"] for c in world.campaigns) == ["grading", "reasoning", "tool_use"]
    assert {c["rate"] for c in world.campaigns} == {5.6}
    assert len({c["operator"] for c in world.campaigns}) == 2


def test_several_processes_write_the_same_bytes(tmp_path, monkeypatch):
    def made(name):
        logs = simulate(tmp_path / name, scenario="mixed", accounts=250, days=3, seed=4).logs
        return [hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(logs.iterdir())]

    alone = made("one")
    monkeypatch.setattr(write, "MANY", 0)
    assert made("several") == alone


@pytest.mark.parametrize("processes", [1, 2])
def test_results_come_in_order(processes):
    assert list(in_processes(lambda n: n * n, 9, processes)) == [n * n for n in range(9)]
