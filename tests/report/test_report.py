"""The pages: golden files, hostile ids, size, and that nothing on them comes from elsewhere."""

import html.parser
import json
import os
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pyarrow as pa
import pytest
import sample_run
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from stillhunt.ingest.accounts import NOWHERE
from stillhunt.report import words
from stillhunt.report.reading import read_facts
from stillhunt.report.summary import summary, summary_text
from stillhunt.report.write import write_report
from stillhunt.runs import Run, write_table
from stillhunt.schema import ACCOUNT_KEYS, CAMPAIGNS, EVIDENCE, GROUPS, HARVESTED, MEMBERS, OPERATORS
from stillhunt.schema_actors import ATTRIBUTION, CROSS

GOLDEN = Path(__file__).parent / "golden"
HOSTILE = (
    "<script>alert(1)</script>",
    "a|b`c`\n# d",
    "\u202edesrever\u0000",
    "x" * 400,
    "عميل-7",
    "<img src=x>",
)


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Run:
    made = sample_run.build(tmp_path_factory.mktemp("runs") / "june")
    write_report(made)
    return made


def read(run: Run, name: str) -> str:
    return (run.path / name).read_text(encoding="utf-8")


def check_golden(name: str, text: str) -> None:
    """Compare with the golden file; UPDATE_GOLDEN=1 writes it."""
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), f"{name} changed: if it should have, set UPDATE_GOLDEN=1"


class _Text(html.parser.HTMLParser):
    """Collects what a reader sees, picture and style left out; a picture gives its label."""

    def __init__(self):
        super().__init__()
        self.lines, self.hidden, self.tags = [], 0, []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "svg":
            self.lines.append("[" + dict(attrs)["aria-label"] + "]")
        self.hidden += tag in ("svg", "style")

    def handle_endtag(self, tag):
        self.hidden -= tag in ("svg", "style")

    def handle_data(self, data):
        if not self.hidden and data.strip():
            self.lines.append(" ".join(data.split()))


def parse(page: str) -> _Text:
    parser = _Text()
    parser.feed(page)
    return parser


def well_formed(page: str) -> None:
    ET.fromstring(page.replace("<!DOCTYPE html>", "", 1).strip())  # noqa: S314  our own page


def test_markdown_is_golden(run):
    check_golden("report.md", read(run, "report.md"))


def test_text_of_the_page_is_golden(run):
    check_golden("report.txt", "\n".join(parse(read(run, "report.html")).lines) + "\n")


def test_a_run_that_found_nothing_says_so_as_good_news(tmp_path):
    made = sample_run.build_empty(tmp_path / "quiet")
    write_report(made)
    check_golden("quiet.md", read(made, "report.md"))
    page = read(made, "report.html")
    well_formed(page)
    assert "No campaign found" in page
    assert '<header class="top good">' in page


def test_the_page_is_well_formed_and_loads_nothing(run):
    page = read(run, "report.html")
    well_formed(page)
    assert "://" not in page
    assert not re.search(r"url\(|@import|src=|javascript:", page)
    tags = {tag for tag, _ in parse(page).tags}
    assert not tags & {"script", "link", "iframe", "img", "object", "base", "form"}
    assert not [a for _, attributes in parse(page).tags for a in attributes if a.startswith("on")]
    assert "prefers-color-scheme: dark" in page
    assert all(a["href"].startswith("#") for tag, a in parse(page).tags if tag == "a")


def test_the_json_twin_says_what_the_pages_say(run):
    said = json.loads(json.dumps(summary(run), allow_nan=False))
    assert said["verdict"] in read(run, "report.html")
    assert said["totals"] == {
        "campaigns": 2,
        "accounts": 55,
        "exchanges": 5955,
        "operators": 2,
        "groups": 9,
        "innocent_groups": 7,
        "rejected": 12,
        "accounts_read": 215,
        "exchanges_read": 10817,
    }
    coding, reasoning = said["campaigns"]
    assert sum(c["exchanges"] for c in coding["capabilities"]) == coding["exchanges"] == 4796
    assert sum(n for _, n in coding["activity"]) == 4796
    assert reasoning["mixed"] == 5
    crossed = {(c["campaign_id"], c["operator"]): c["exchanges"] for c in said["crossings"]}
    assert sum(n for (name, _), n in crossed.items() if name == "CMP-e2905c") == reasoning["exchanges"]
    assert [f["name"] for f in said["fields"] if f["known"] == 0][:2] == ["TLS client (JA4)", "device id"]


def test_a_family_counts_with_the_mean_of_its_e_values(run):
    content = summary(run)["campaigns"][0]["families"][0]
    assert content["name"] == "content"
    assert 2 ** content["bits"] == pytest.approx((2**14.2 + 2**9.6) / 2)


def test_facts_for_innocence_add_up_and_families_make_the_whole(run):
    coding = summary(run)["campaigns"][0]
    assert [f["bits"] for f in coding["families"] if f["name"] == "innocence"] == [pytest.approx(-3.0)]
    assert sum(f["bits"] for f in coding["families"]) == pytest.approx(coding["bits"], abs=0.05)


def test_a_line_delivered_twice_counts_once(tmp_path):
    made = sample_run.build(tmp_path / "twice", people=5)
    once = summary(made)
    (made.path / "features" / "again.parquet").write_bytes(made.features[0].read_bytes())
    assert summary(made) == once


def test_the_terminal_says_what_the_page_says(run, tmp_path):
    with (tmp_path / "terminal").open("w", encoding="utf-8") as file:
        console = Console(width=160, record=True, file=file)
        console.print(summary_text(run))
    text = console.export_text()
    assert summary(run)["verdict"] in text
    assert "CMP-7d41b0" in text
    assert "7 groups tested and held innocent" in text


def test_hostile_ids_break_nothing(tmp_path):
    made = sample_run.build(tmp_path / "<run>", people=5)
    for table in (ATTRIBUTION, CAMPAIGNS, CROSS, EVIDENCE, GROUPS, HARVESTED, MEMBERS):
        rows = made.table(table)
        at = rows.schema.get_field_index("campaign_id")
        renamed = [HOSTILE[0] if v == "CMP-7d41b0" else v for v in rows["campaign_id"].to_pylist()]
        write_table(made.path, table, rows.set_column(at, rows.schema.field(at), pa.array(renamed, pa.string())))
    members = made.table(MEMBERS)
    names = [HOSTILE[i % len(HOSTILE)] + str(i) for i in range(len(members))]
    write_table(made.path, MEMBERS, members.set_column(1, members.schema.field(1), pa.array(names)))
    for table in (OPERATORS, CROSS):
        operators = made.table(table)
        odd = [HOSTILE[1] if v == "OP-slate" else v for v in operators["operator_id"].to_pylist()]
        write_table(made.path, table, operators.set_column(0, operators.schema.field(0), pa.array(odd)))
    suspects = made.table(ATTRIBUTION)
    actors = [None if v is None else HOSTILE[i % len(HOSTILE)] for i, v in enumerate(suspects["actor"].to_pylist())]
    write_table(made.path, ATTRIBUTION, suspects.set_column(1, suspects.schema.field(1), pa.array(actors)))
    write_report(made)
    page, text = read(made, "report.html"), read(made, "report.md")
    well_formed(page)
    assert not {"script", "img"} & {tag for tag, _ in parse(page).tags}
    assert "\u202e" not in page + text
    assert "\x00" not in page + text
    assert "x" * 301 not in page
    assert "\n# d" not in text
    for line in text.splitlines():
        if line.startswith("| `") and "harvester" in line:
            assert len(re.findall(r"(?<!\\)\|", line)) == 6, line


def test_fifty_campaigns_with_25000_members_stay_small(tmp_path):
    made = sample_run.build(tmp_path / "large", people=5)
    many = {}
    for table in (ATTRIBUTION, CAMPAIGNS, CROSS, EVIDENCE, GROUPS, HARVESTED, MEMBERS):
        rows = made.table(table).to_pylist()
        many[table] = [
            row
            | {"campaign_id": f"{row['campaign_id']}-{n}"}
            | ({"group_id": f"{row['group_id']}-{n}"} if "group_id" in row else {})
            for n in range(26)
            for row in rows
            if row["campaign_id"] is not None
        ]
    for i in range(25_000):
        name = f"CMP-7d41b0-{i % 26}"
        many[MEMBERS].append(
            {
                "campaign_id": name,
                "account_id": f"m{i}",
                "role": "harvester",
                "bits": 5.0,
                "harvest_share": 1.0,
            }
        )
    for table, rows in many.items():
        write_table(made.path, table, sample_run.fill(table, rows))
    write_report(made)
    assert (made.path / "report.html").stat().st_size < 2_000_000
    assert "2 smaller campaigns more" in read(made, "report.md")
    assert len(re.findall('<section class="card"', read(made, "report.html"))) == 50


def test_a_run_with_little_told_still_has_a_report(tmp_path):
    made = sample_run.build(tmp_path / "bare", people=5)
    for file in made.features:
        file.unlink()
    write_report(Run(made.path, {}))
    page = read(made, "report.html")
    well_formed(page)
    assert "does not say at which level" in page
    assert "Evidence in bits" in page


def test_much_rejected_is_a_warning(tmp_path):
    made = sample_run.build(tmp_path / "half", people=5)
    rejected = [{"file": "a", "line": i, "reason": "no ts"} for i in range(2_000)]
    write_table(made.path, sample_run.REJECTED, sample_run.fill(sample_run.REJECTED, rejected))
    write_report(made)
    assert 'role="alert"' in read(made, "report.html")
    assert "> **Warning:** 2,000 of" in read(made, "report.md")


def test_a_misspelt_column_of_the_accounts_file_is_a_warning(tmp_path):
    made = sample_run.build(tmp_path / "bad", people=5)
    reason = f"`verified` {NOWHERE}, but a field is called nearly so: mend its name."
    rejected = [{"file": "a", "line": 1, "format": "accounts", "reason": reason}]
    write_table(made.path, sample_run.REJECTED, sample_run.fill(sample_run.REJECTED, rejected))
    assert read_facts(made).warning == f"In the accounts file {reason}"


def test_an_accounts_file_that_could_not_be_used_is_a_warning(tmp_path):
    made = sample_run.build(tmp_path / "bad", people=5)
    rejected = [
        {"file": "a", "line": i, "format": "accounts", "reason": "`account_id` is missing."} for i in range(2_000)
    ]
    write_table(made.path, sample_run.REJECTED, sample_run.fill(sample_run.REJECTED, rejected))
    assert read_facts(made).warning == (
        "2,000 lines of the accounts file could not be read, so nothing is known of those accounts: "
        "see the reasons in rejected.parquet."
    )


def test_an_accounts_file_of_other_accounts_is_a_warning(tmp_path):
    made = sample_run.build(tmp_path / "other", people=5)
    others = [{"account_id": f"another {i}"} for i in range(3)]
    write_table(made.path, ACCOUNT_KEYS, sample_run.fill(ACCOUNT_KEYS, others))
    assert read_facts(made).warning == (
        "No account in the accounts file made a call (3 stand there): see that its ids are those of the logs."
    )


def test_ids_that_came_with_several_exchanges_are_a_warning(tmp_path):
    made = sample_run.build(tmp_path / "again", people=5)
    counts = made.info["counts"] | {"conflicts": 2}
    assert read_facts(Run(made.path, made.info | {"counts": counts})).warning == (
        "2 ids came with several different exchanges, of which one each was kept: give every exchange an id of its own."
    )


@pytest.mark.parametrize(
    ("bits", "said"),
    [
        (-3, "no evidence of harvesting"),
        (1, "less than once in 2 innocent groups"),
        (12.4, "less than once in 5,404 innocent groups"),
        (20, "less than once in 1 million innocent groups"),
        (37, "less than once in 137 billion innocent groups"),
        (400, "less than once in 10^120 innocent groups"),
    ],
)
def test_bits_in_words(bits, said):
    assert words.chance(bits) == said


@given(st.text())
def test_any_id_is_one_code_span_and_holds_no_hidden_character(name):
    span = words.markdown_code(name)
    fence = re.match("`+", span).group()
    assert span.endswith(fence)
    assert fence not in span[len(fence) : -len(fence)] or not span[len(fence) : -len(fence)].strip("`")
    assert not re.search(r"[\u200b-\u200f\u202a-\u202e\u2066-\u2069\n\r\x00]", span)
    assert not re.search(r"(?<!\\)\|", span)


def test_words_and_numbers():
    assert (words.percent(0.004), words.percent(0.999), words.percent(1.0)) == ("< 1 %", "> 99 %", "100 %")
    assert (words.number(None), words.number(float("nan"))) == ("unknown", "unknown")
    assert (words.number(1234.5), words.number(0.1234), words.number(3.0)) == ("1,234", "0.123", "3")
    assert (words.size(900), words.size(3_200_000)) == ("900 B", "3.2 MB")
    assert (words.plural(1, "group"), words.plural(2_000, "account")) == ("1 group", "2,000 accounts")
