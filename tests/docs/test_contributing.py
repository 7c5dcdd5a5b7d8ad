"""What CONTRIBUTING.md tells newcomers to paste works: the first signal and the first log format."""

import inspect

import pytest
from signals import test_contract as contract

from docs.repository import ROOT, blocks
from stillhunt.engine.duckdb import DuckDBEngine
from stillhunt.ingest.formats import FORMATS
from stillhunt.signals import BUILTIN

CONTRACT = [
    value
    for name, value in vars(contract).items()
    if name.startswith("test_") and {"signal"} <= set(inspect.signature(value).parameters) <= {"signal", "engine"}
]


def pasted(name: str) -> object:
    """The value called `name` of the Python block that defines it."""
    (block,) = (b for b in blocks(ROOT / "CONTRIBUTING.md") if b.language == "python" and f"\n{name} = " in b.text)
    module: dict[str, object] = {"__name__": "pasted"}
    exec(compile(block.text, "CONTRIBUTING.md", "exec"), module)  # noqa: S102  the page's own code is what is tested
    return module[name]


@pytest.fixture(scope="module")
def engine():
    with DuckDBEngine(threads=1) as engine:
        yield engine


@pytest.mark.parametrize("promise", CONTRACT, ids=lambda promise: promise.__name__)
def test_the_first_signal_keeps_every_promise(engine, promise):
    signal = pasted("SIGNAL")
    assert signal.name not in {known.name for known in BUILTIN}, "the first signal is shipped now: show another"
    given = {"signal": signal, "engine": engine}
    promise(**{name: given[name] for name in inspect.signature(promise).parameters})


def test_the_contract_was_found():
    assert len(CONTRACT) > 5


def test_the_first_format_reads_its_sample():
    gatehouse = pasted("GATEHOUSE")
    assert gatehouse.recognise(gatehouse.sample)
    assert list(gatehouse.parse(gatehouse.sample)) == list(gatehouse.expected)
    assert not any(known.recognise(gatehouse.sample) for known in FORMATS)
    assert not any(gatehouse.recognise(known.sample) for known in FORMATS)
