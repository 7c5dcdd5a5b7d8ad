"""One contract over all formats."""

import re
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stillhunt.ingest.format import Bad, Format, Skip
from stillhunt.ingest.formats import FORMATS, recognise
from stillhunt.ingest.read import read
from stillhunt.ingest.rejects import Rejects
from stillhunt.schema import EXCHANGE

DOCS = Path(__file__).parents[2] / "docs" / "formats.md"
every_format = pytest.mark.parametrize("known", FORMATS, ids=lambda known: known.name)

WORDS = sorted(
    {word for known in FORMATS for word in re.findall(r'"([A-Za-z_.\-]+)":', orjson.dumps(known.sample).decode())}
    | {"choices", "error", "errorCode", "type", "delta", "message", "thinking", "signature", "events", "body", "usage"}
)
leaves = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.sampled_from(WORDS),
    st.just("2026-03-02T09:15:00Z"), st.just('{"a":[{}]}'),
)  # fmt: skip
odd = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=6),
    max_leaves=12,
)


def rows_of(tmp_path: Path, content: bytes, name: str | None = None) -> tuple[list[dict[str, Any]], Rejects]:
    file = tmp_path / "log.jsonl"
    file.write_bytes(content)
    rejects = Rejects()
    batches = list(read([str(file)], rejects=rejects, format=name))
    assert all(batch.schema.equals(EXCHANGE.arrow) for batch in batches)
    rows = [row for batch in batches for row in batch.to_pylist()]
    assert rejects.accepted == len(rows)
    assert rejects.rejected == len(rejects.table())
    return [{name: value for name, value in row.items() if value is not None} for row in rows], rejects


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """All places inside a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, part in inner for place in places(part, (*path, key)))]


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """The same JSON with another value at one place."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy


@every_format
def test_its_own_sample_gives_the_expected_rows_and_no_other_format_claims_it(known: Format, tmp_path: Path) -> None:
    assert recognise(known.sample) is known
    for name in (None, known.name):
        rows, rejects = rows_of(tmp_path, orjson.dumps(known.sample), name)
        assert rows == known.expected
        assert rejects.rejected == 0


@every_format
def test_a_record_without_a_required_field_is_rejected_with_its_name(known: Format) -> None:
    bare = {"resourceSpans": [{"scopeSpans": [{"spans": [{"attributes": [
        {"key": "gen_ai.request.model", "value": {"stringValue": "m"}}]}]}]}]}  # fmt: skip
    for part in known.parse(bare if known.name == "otel" else {}):
        if known.flat:
            continue  # columns are checked when the batch is made: see test_reasons
        assert isinstance(part, Bad)
        assert part.reason.startswith("`exchange_id` is missing: expected in ")


@every_format
@pytest.mark.parametrize("empty", [None, [], {}, "", 0, -1, 1e308, True, "\x00", "ñ🦊\u202e", "x" * 10_000, 2**63])
def test_whatever_stands_in_a_place_nothing_raises_and_nothing_is_lost(
    known: Format, empty: Any, tmp_path: Path
) -> None:
    lines = [replaced(known.sample, place, empty) for place in places(known.sample)[1:]]
    parts = [known.parse(line) for line in lines]
    expected = sum(len(part) for part in parts)
    skipped = sum(isinstance(one, Skip) for part in parts for one in part)
    _, rejects = rows_of(tmp_path, b"\n".join(map(orjson.dumps, lines)), known.name)
    assert rejects.accepted + rejects.rejected + rejects.skipped == expected
    assert rejects.skipped == skipped


@every_format
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_random_json_never_raises(known: Format, data: st.DataObject, tmp_path: Path) -> None:
    place = data.draw(st.sampled_from(places(known.sample)))
    record = replaced(known.sample, place, data.draw(odd))
    try:
        line = orjson.dumps(record)
    except (TypeError, ValueError):  # a number beyond 64 bits, which orjson does not write
        return
    for name in (known.name, None):
        _, rejects = rows_of(tmp_path, line, name)
        parts = rejects.accepted + rejects.rejected + rejects.skipped
        assert parts == (len(known.parse(record)) if name and isinstance(record, dict) else parts)
        assert parts >= 1


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(st.binary(max_size=60) | odd.map(str).map(str.encode), max_size=8))
def test_random_lines_are_accepted_rejected_or_skipped(lines: list[bytes], tmp_path: Path) -> None:
    content = b"\n".join(lines)
    if content[:2] == b"\x1f\x8b" or content[:4] in (b"PAR1", b"\x28\xb5\x2f\xfd"):
        return
    _, rejects = rows_of(tmp_path, content)
    alive = sum(bool(line.strip()) for line in content.removeprefix(b"\xef\xbb\xbf").split(b"\n"))
    assert rejects.accepted + rejects.rejected + rejects.skipped == alive


@every_format
def test_the_documentation_has_its_section_and_the_example_there_is_read(known: Format, tmp_path: Path) -> None:
    section = re.search(
        rf"^## `{known.name}`\n(.*?)(?=^## |\Z)", DOCS.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    assert section, f"docs/formats.md has no section on {known.name}"
    example = re.search(r"```json\n(.*?)```", section[1], re.DOTALL)
    assert example, f"the section on {known.name} has no example"
    record = orjson.loads(example[1])
    assert recognise(record) is known
    rows, rejects = rows_of(tmp_path, orjson.dumps(record))
    assert rows
    assert rejects.rejected == 0
    missing = {name for row in known.expected for name in row} - set(re.findall(r"`([a-z0-9_]+)`", section[1]))
    assert not missing, "columns of which the section does not say where they come from"
