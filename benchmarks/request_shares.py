"""Requests told apart: precision and recall by request where 5 to 95 % of an operator's calls are innocent.

    python benchmarks/request_shares.py [--seeds 1 2 3] [--corpus DATA] [--write docs/results]

Two things are kept apart. *Called* asks whether the hunt names the campaign at all. *Separation* takes the guilty
accounts as given and asks how well their requests are told apart, when the campaign is known by all of its keys, by its
most frequent wording alone, or by its accounts alone. *Before* holds what carries a key (or all of an account),
*after* what the posterior holds.
"""

import argparse
import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
import vl_convert
from proof import machine
from rich.console import Console

from stillhunt.campaigns import assemble
from stillhunt.config import Settings, load_secret
from stillhunt.engine.base import Engine
from stillhunt.engine.duckdb import DuckDBEngine
from stillhunt.evaluate.intervals import Proportion
from stillhunt.evidence.assess import assess_groups
from stillhunt.evidence.reference import Reference
from stillhunt.pipeline import Clock, measure
from stillhunt.separation.mixture import ANCHOR, UNTIED
from stillhunt.separation.separate import separate_requests
from stillhunt.simulate.simulator import simulate
from stillhunt.traffic import Traffic, read_traffic

SHARES = ("05", "25", "50", "75", "95")
SERIES = {"share": "one wording", "wordings": "worded anew"}
"""Scenarios, and how their harvest words its template."""
WAYS = {
    "hunt": "as called",
    "keys": "all keys known",
    "wording": "one wording known",
    "accounts": "accounts known",
}
EDGES = (0.0, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0)
"""Bins of the posterior in the table of reliability."""

_told = Console(stderr=True)


@dataclass(frozen=True)
class Counts:
    """Requests held, guilty, and both."""

    held: int
    guilty: int
    both: int

    @property
    def precision(self) -> Proportion:
        """Guilty out of held."""
        return Proportion(self.both, self.held)

    @property
    def recall(self) -> Proportion:
        """Held out of guilty."""
        return Proportion(self.both, self.guilty)


@dataclass(frozen=True)
class Outcome:
    """One world and one way in which its campaign is known."""

    series: str
    share: str
    seed: int
    way: str
    before: Counts
    after: Counts
    bins: tuple[tuple[int, int, float], ...]
    """For each bin of the posterior: requests, guilty among them, sum of posteriors."""


def play(series: str, share: str, seed: int, args: argparse.Namespace) -> list[Outcome]:
    """Make one world, group it, and separate its requests in every way."""
    folder = Path(args.work) / f"{series}-{share}-{seed}"
    shutil.rmtree(folder, ignore_errors=True)
    made = simulate(
        folder / "traffic",
        scenario=f"{series}-{share}",
        accounts=args.accounts,
        days=args.days,
        seed=seed,
        corpus=args.corpus,
    )
    (folder / "features").mkdir()
    settings = Settings()
    outcomes = []
    with DuckDBEngine(settings.memory, args.threads) as engine:
        traffic = Traffic([made.logs], made.accounts_file, made.releases_file)
        read_traffic(engine, traffic, folder / "features", load_secret(), lambda _share: None)
        engine.load("told", [made.truth / "exchanges.parquet"])
        engine.create("truth", "SELECT f.exchange_key FROM told t JOIN features f ON f.exchange_id = t.exchange_id")
        measure(engine, Clock(None))
        for way in WAYS:
            if way == "hunt":
                assemble(engine, assess_groups(engine, Reference.load(None), settings.level))
            else:
                _know(engine, way)
                separate_requests(engine, by_account=())
            before, after = _counts(engine, "campaign_seeds"), _counts(engine, "campaign_requests")
            outcomes.append(Outcome(series, share, seed, way, before, after, _bins(engine)))
    shutil.rmtree(folder)
    told = ", ".join(f"{o.way} {o.after.precision.share or 0:.4f}/{o.after.recall.share or 0:.4f}" for o in outcomes)
    _told.print(f"{series}-{share}, seed {seed}, {made.exchanges:,} exchanges, precision/recall after: {told}")
    return outcomes


def _know(engine: Engine, way: str) -> None:
    """Make the seeds as if the campaign were known in that way: cut to the guilty accounts, as campaigns are."""
    engine.create(
        "campaign_insiders",
        """SELECT DISTINCT i.a FROM truth t JOIN features f ON f.exchange_key = t.exchange_key
           JOIN account_index i ON i.account_id = f.account_id""",
    )
    if way == "accounts":
        engine.create(
            "campaign_seeds",
            f"""SELECT 'known' AS campaign_id, f.exchange_key, i.a, 0.0 AS bits, {UNTIED} AS standing
                FROM features f JOIN account_index i ON i.account_id = f.account_id
                WHERE i.a IN (SELECT a FROM campaign_insiders)""",
        )
        return
    engine.create(
        "known_groups",
        f"""SELECT r.g FROM group_requests r JOIN group_list l ON l.g = r.g AND l.layer = 'content' AND l.whole
            LEFT JOIN truth t ON t.exchange_key = r.exchange_key WHERE r.a IN (SELECT a FROM campaign_insiders)
            GROUP BY r.g HAVING 2 * count(t.exchange_key) >= count(*)
            ORDER BY count(t.exchange_key) DESC, r.g LIMIT {1 if way == "wording" else 1000}""",
    )
    engine.create(
        "campaign_seeds",
        f"""SELECT 'known' AS campaign_id, exchange_key, a, max(bits) AS bits, {ANCHOR} AS standing FROM group_requests
            WHERE g IN (SELECT g FROM known_groups) AND a IN (SELECT a FROM campaign_insiders)
            GROUP BY exchange_key, a""",
    )


def _counts(engine: Engine, table: str) -> Counts:
    row = engine.fetch(
        f"""SELECT count(*) AS held, count(t.exchange_key) AS both, (SELECT count(*) FROM truth) AS guilty
            FROM {table} r LEFT JOIN truth t ON t.exchange_key = r.exchange_key"""
    ).to_pylist()[0]
    return Counts(row["held"], row["guilty"], row["both"])


def _bins(engine: Engine) -> tuple[tuple[int, int, float], ...]:
    rows = engine.fetch(
        """SELECT coalesce(j.posterior, 0.0) AS posterior, t.exchange_key IS NOT NULL AS guilty
           FROM features f JOIN account_index i ON i.account_id = f.account_id
           LEFT JOIN (SELECT exchange_key, max(posterior) AS posterior FROM judged_requests GROUP BY exchange_key) j
             ON j.exchange_key = f.exchange_key
           LEFT JOIN truth t ON t.exchange_key = f.exchange_key
           WHERE i.a IN (SELECT s.a FROM campaign_seeds s
                         WHERE s.campaign_id NOT IN (SELECT campaign_id FROM unjudged))"""
    )
    posterior, guilty = rows["posterior"].to_numpy(), rows["guilty"].to_numpy()
    place = np.clip(np.searchsorted(EDGES, posterior, side="right") - 1, 0, len(EDGES) - 2)
    return tuple(
        (int((place == n).sum()), int(guilty[place == n].sum()), float(posterior[place == n].sum()))
        for n in range(len(EDGES) - 1)
    )


def _sum(counts: Sequence[Counts]) -> Counts:
    return Counts(*(sum(getattr(c, name) for c in counts) for name in ("held", "guilty", "both")))


def pooled(outcomes: Sequence[Outcome], series: str, share: str, way: str) -> tuple[Counts, Counts, Proportion]:
    """Return before, after and the worlds that had seeds at all, over the seeds of one setting."""
    some = [o for o in outcomes if (o.series, o.share, o.way) == (series, share, way)]
    called = Proportion(sum(o.before.held > 0 for o in some), len(some))
    return _sum([o.before for o in some]), _sum([o.after for o in some]), called


def report(outcomes: Sequence[Outcome]) -> str:
    """Return the results in Markdown."""
    lines = []
    for way, says in WAYS.items():
        lines += [
            f"## Requests, {says}, with 95 % intervals",
            "",
            "| template | innocent | called | precision before | recall before | precision after | recall after |",
            "|---|---:|---:|---:|---:|---:|---:|",
        ]
        for series, worded in SERIES.items():
            for share in SHARES:
                before, after, called = pooled(outcomes, series, share, way)
                cells = [before.precision, before.recall, after.precision, after.recall]
                lines.append(
                    f"| {worded} | {int(share)} % | {called.hits} of {called.of} | "
                    + " | ".join(p.words() for p in cells)
                    + " |"
                )
        lines += [""]
    lines += ["## Reliability of the posterior", ""]
    lines += ["Requests of the members of judged campaigns, all worlds together.", ""]
    lines += ["| known | posterior | requests | mean posterior | guilty |", "|---|---|---:|---:|---:|"]
    for way, says in WAYS.items():
        for n, (low, high) in enumerate(pairwise(EDGES)):
            count, guilty, mass = (sum(o.bins[n][k] for o in outcomes if o.way == way) for k in range(3))
            if count:
                lines.append(
                    f"| {says} | {low:g} to {high:g} | {count:,} | {mass / count:.4f} | "
                    f"{Proportion(int(guilty), int(count)).words()} |"
                )
    return "\n".join(lines) + "\n"


def chart(outcomes: Sequence[Outcome]) -> alt.FacetChart:
    """Draw precision and recall against the innocent share, before and after."""
    rows: list[dict[str, Any]] = []
    for way, says in WAYS.items():
        for series, worded in SERIES.items():
            for share in SHARES:
                before, after, _ = pooled(outcomes, series, share, way)
                for when, counts in (("before", before), ("after", after)):
                    for name in ("precision", "recall"):
                        p: Proportion = getattr(counts, name)
                        low, high = p.interval or (None, None)
                        rows.append(
                            {
                                "innocent": int(share) / 100,
                                "share": p.share,
                                "low": low,
                                "high": high,
                                "measure": f"{name} {when}",
                                "known": says,
                                "template": worded,
                            }
                        )
    names = ["precision before", "recall before", "precision after", "recall after"]
    scale = alt.Scale(domain=names, range=["#a9cce3", "#f5b7b1", "#1f618d", "#b03a2e"])
    percent = alt.Axis(format="%")
    base = alt.Chart().encode(
        x=alt.X("innocent:Q", title="innocent share of the operator's calls", axis=percent),
        color=alt.Color("measure:N", title=None, scale=scale, legend=alt.Legend(orient="top")),
    )
    line = base.mark_line(point=True).encode(y=alt.Y("share:Q", title="share of requests", axis=percent))
    span = base.mark_rule(opacity=0.5).encode(y="low:Q", y2="high:Q")
    return (
        alt.layer(span, line, data=alt.Data(values=rows))
        .properties(width=170, height=130)
        .facet(
            column=alt.Column("known:N", title=None, sort=list(WAYS.values())), row=alt.Row("template:N", title=None)
        )
    )


def write(folder: Path, outcomes: Sequence[Outcome], args: argparse.Namespace) -> None:
    """Write `request-shares.md`, `.json` and `.svg`."""
    folder.mkdir(parents=True, exist_ok=True)
    facts = machine()
    source = "real prompts and traces" if args.corpus else "the simulator's own grammar"
    intro = (
        "# Requests, not accounts\n\nMade by `python benchmarks/request_shares.py`. "
        f"One operator among {args.accounts:,} accounts, {args.days} days, 13 harvesting calls per account and day. "
        f"Text: {source}. Seeds: {', '.join(str(s) for s in args.seeds)}; others were looked at while this was built."
        "\n\n*Worded anew*: the system prompt of a tool harvest is put together from three wordings of each of its two "
        "sentences, at each request. *Called* counts worlds in which something was called; recall as called counts the "
        "others as missed. Intervals take requests as independent, which those of one campaign are not.\n\nTaken on: "
        + ", ".join(f"{name} {value}" for name, value in facts.items())
        + ".\n\n![Precision and recall by innocent share](request-shares.svg)\n\n"
    )
    (folder / "request-shares.md").write_text(intro + report(outcomes), encoding="utf-8")
    rows = [
        {
            **{name: getattr(o, name) for name in ("series", "share", "seed", "way")},
            **{
                f"{name} {when}": getattr(getattr(o, when), name).to_dict()
                for when in ("before", "after")
                for name in ("precision", "recall")
            },
            "bins": [{"requests": n, "guilty": g, "posterior": round(m, 3)} for n, g, m in o.bins],
        }
        for o in outcomes
    ]
    data = {"machine": facts, "text": source, "edges": EDGES, "outcomes": rows}
    (folder / "request-shares.json").write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    svg = vl_convert.vegalite_to_svg(chart(outcomes).to_dict())
    (folder / "request-shares.svg").write_text(svg + "\n", encoding="utf-8")


def main() -> int:
    """Play all worlds."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--corpus", type=Path, help="folder of real prompts and traces")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--write", type=Path, help="folder to write request-shares.md, .json and .svg to")
    parser.add_argument("--work", type=Path, default=Path("out/request-shares"), help="folder for traffic")
    parser.add_argument("--accounts", type=int, default=700, help="accounts in all")
    parser.add_argument("--days", type=int, default=5)
    parser.add_argument("--threads", type=int, help="engine threads; all cores by default")
    args = parser.parse_args()
    outcomes = [
        o for series in SERIES for share in SHARES for seed in args.seeds for o in play(series, share, seed, args)
    ]
    print(report(outcomes))
    if args.write:
        write(args.write, outcomes, args)
    return 0


if __name__ == "__main__":
    sys.exit(main())
