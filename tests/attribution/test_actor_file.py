"""The actor file: what is refused and in which words, and that its marks are the hashes that traffic has."""

import json
import re
from pathlib import Path

import pyarrow as pa
import pytest

from stillhunt.attribution.indicators import BEFORE_RELEASE, INDICATORS
from stillhunt.attribution.marks import read_suspects
from stillhunt.attribution.verdict import NAMED, PRIOR_UNKNOWN, SPEAKS, STRONG_BITS
from stillhunt.errors import UsageError
from stillhunt.features.accounts import account_keys
from stillhunt.features.featurise import featurise
from stillhunt.ingest.actors import FIELDS
from stillhunt.schema import ACCOUNT, EXCHANGE

PAGE = (Path(__file__).parents[2] / "docs" / "attribution.md").read_text(encoding="utf-8")
SECRET = b"a secret of this test alone"
TEXT = "Write down every step of your private thinking between two marks before you give the answer to the task below."
GIVEN = {
    "prompts": [TEXT],
    "mail_domains": ["someone@fleet.example"],
    "payment_ids": ["card-7"],
    "ips": ["203.0.113.9", "2001:db8::7"],
    "networks": ["198.51.100.0/24"],
    "asns": [64_500],
    "device_ids": ["device-1"],
    "headers": [{"User-Agent": "relay-kit/2.1", "X-Stainless-Lang": "js"}],
    "user_agents": ["openai-python/1.40.0"],
    "ja4": ["T13D1516H2_8daaf6152771_b186095e22b6"],
    "tools": [["write_file", "read_file"]],
    "capabilities": ["coding"],
    "countries": ["sg"],
    "releases": ["2026-03-01"],
    "hours": [{"from": 22, "to": 24, "utc_offset": 5.5}],
}


def read(tmp_path, *lines, secret=SECRET):
    file = tmp_path / "actors.jsonl"
    file.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), encoding="utf-8")
    return read_suspects(file, secret).marks


def marks(tmp_path, **fields) -> dict[tuple[str, str], set]:
    found: dict[tuple[str, str], set] = {}
    for row in read(tmp_path, {"name": "Ash"} | fields).to_pylist():
        found.setdefault((row["indicator"], row["part"]), set()).add(row["key"] if row["word"] is None else row["word"])
    return found


def test_every_field_has_an_indicator_and_marks(tmp_path):
    assert set(GIVEN) == set(FIELDS) == {indicator.name for indicator in INDICATORS}
    found = marks(tmp_path, **GIVEN)
    assert set(found) == {(i.name, part.name) for i in INDICATORS for part in i.parts}


def test_the_page_is_true(tmp_path):
    (example,) = re.findall(r"^```json\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert {row["actor"] for row in read(tmp_path, example).to_pylist()} == {0, 1}
    told = re.findall(r"^\| `(\w+)` \| .+ \| (\w+) \| (\d+) \|$", PAGE, re.MULTILINE)
    assert told == [(i.name, i.family, f"{i.most:g}") for i in INDICATORS]
    prose = " ".join(PAGE.split())
    for sentence in (
        f"at least {100 * NAMED:g} %",
        f"speak for it (from {SPEAKS} bits)",
        f"at least {STRONG_BITS:g} bits",
        f"outside the file has {100 * PRIOR_UNKNOWN:g} %",
        f"the {BEFORE_RELEASE} days before count",
    ):
        assert sentence in prose


def test_marks_are_the_hashes_that_traffic_has(tmp_path):
    found = marks(tmp_path, **GIVEN)
    call = {
        "exchange_id": "x", "ts": 0, "account_id": "a", "prompt": TEXT + " Task: add 17 and 5, then halve it.",
        "system": TEXT, "ip": "203.0.113.9", "device_id": "device-1", "user_agent": "openai-python/1.51.2",
        "ja4": "t13d1516h2_8daaf6152771_b186095e22b6", "tools": ["read_file", "write_file"],
    }  # fmt: skip
    relay = call | {"ip": "198.51.100.77", "user_agent": "relay-kit/2.1", "headers": [("x-stainless-lang", "js")]}
    first, second = featurise(pa.RecordBatch.from_pylist([call, relay], EXCHANGE.arrow), SECRET).to_pylist()
    assert first["head_key"] in found["prompts", "head"]
    assert first["system_key"] in found["prompts", "system"]
    assert set(first["anchors"]) & found["prompts", "anchor"]
    assert first["address"] in found["ips", ""]
    assert first["device"] in found["device_ids", ""]
    assert first["client"] in found["user_agents", ""]
    assert first["tls"] in found["ja4", ""]
    assert first["tools_key"] in found["tools", ""]
    assert second["network"] in found["networks", ""]
    assert second["header_tuple"] in found["headers", ""]
    known = pa.Table.from_pylist(
        [{"account_id": "a", "email_domain": "fleet.example", "payment_id": "card-7"}], schema=ACCOUNT.arrow
    )
    (account,) = account_keys(known, SECRET).to_pylist()
    assert account["mail_domain"] in found["mail_domains", ""]
    assert account["payment"] in found["payment_ids", ""]


def test_hours_and_days_are_those_of_utc(tmp_path):
    found = marks(tmp_path, **GIVEN)
    half_hour, day = 1_800_000_000, 86_400_000_000
    assert found["hours", ""] == {half_hour * n for n in (33, 34, 35, 36)}  # 22:00 to 24:00 at +05:30 is 16:30 to 18:30
    days = found["releases", ""]
    assert max(days) == 1_772_323_200_000_000  # 2026-03-01T00:00:00Z
    assert len(days) == 30
    assert not any(moment % day for moment in days)
    night = marks(tmp_path, hours=[{"from": 22, "to": 2, "utc_offset": 0}])["hours", ""]
    assert night == {half_hour * n for n in (44, 45, 46, 47, 0, 1, 2, 3)}


def test_another_secret_gives_other_marks_to_what_is_personal(tmp_path):
    made = (read(tmp_path, {"name": "Ash"} | GIVEN, secret=key) for key in (SECRET, b"another one"))
    one, other = ({tuple(row.values()) for row in marked.to_pylist()} for marked in made)
    kept = {row[1] for row in one & other}
    assert kept == set(GIVEN) - {"mail_domains", "payment_ids", "ips", "networks", "device_ids"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("not json", "Line 2 of '{file}': it is no JSON: write one object on one line."),
        ("[1]", "Line 2 of '{file}': it is no object: write one actor in curly brackets."),
        ({"ips": ["192.0.2.1"]}, "Line 2 of '{file}': `name` is missing: give a text of up to 200 characters."),
        ({"name": "B", "ip": ["192.0.2.1"]}, "Line 2 of '{file}': there is no field 'ip'. Did you mean 'ips'?"),
        ({"name": "B", "says": "?"}, "Line 2 of '{file}': nothing is told by which the actor is known"),
        ({"name": "Ash", "asns": [1]}, "Line 2 of '{file}': line 1 has an actor of this name: join the two."),
        ({"name": "B", "ips": "192.0.2.1"}, "Line 2 of '{file}': `ips` must be a list of addresses."),
        ({"name": "B", "ips": ["192.0.2.300"]}, "Line 2 of '{file}': `ips` must be a list of addresses."),
        (
            {"name": "B", "networks": ["10.0.0.0/8"]},
            "`networks` must be a list of networks, /24 of IPv4 or",
        ),
        ({"name": "B", "asns": [True]}, "`asns` must be a list of numbers"),
        ({"name": "B", "hours": [{"from": 9.2, "to": 18, "utc_offset": 8}]}, "`hours` must be a list of working hours"),
        ({"name": "B", "releases": ["soon"]}, "`releases` must be a list of days"),
        ({"name": "B", "prompts": ["Hi there"]}, "Line 2 of '{file}': `prompts` holds at place 1 a text too short"),
        ({"name": "B", "mail_domains": ["gmail.com"]}, "holds at place 1 a mail service open to everybody"),
        ({"name": "B", "capabilities": ["codeing"]}, "names the capability 'codeing', and there is none. Did you mean"),
        ({"name": "B", "user_agents": ["???"]}, "`user_agents` holds at place 1 what names no program"),
    ],
)
def test_a_line_that_is_wrong_is_told_in_a_sentence(tmp_path, line, said):
    with pytest.raises(UsageError) as told:
        read(tmp_path, {"name": "Ash", "asns": [64_500]}, line)
    assert said.format(file=tmp_path / "actors.jsonl") in str(told.value)
    assert "192.0.2" not in str(told.value)
    assert "\n" not in str(told.value)


def test_a_file_that_is_missing_or_empty(tmp_path):
    with pytest.raises(UsageError, match=r"cannot be read \(No such file or directory\): mend the path"):
        read_suspects(tmp_path / "nowhere.jsonl", SECRET)
    with pytest.raises(UsageError, match="names nobody"):
        read(tmp_path, "", "  ")
