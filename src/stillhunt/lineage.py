"""Ids that last: what goes on from an earlier run keeps the id that it had there.

A new run reads all that the earlier one read, so what goes on shows in what both hold: a campaign in its requests, an
operator in its accounts. (Accounts would not do for campaigns: two of one operator share them.) The pairs with most in
common are matched one to one. What was merged into another, or is called no more, keeps its id in reserve: what
belonged to it is carried along in `former`, and should it be found again it is no newcomer.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from stillhunt.campaigns import stable_id
from stillhunt.engine.base import Engine
from stillhunt.features.keyed import per_value
from stillhunt.runs import Run
from stillhunt.schema import HARVESTED, OPERATORS, STRING
from stillhunt.schema_time import FORMER, LINEAGE

SAME: Final = 0.1
"""Share of the smaller one that two must have in common to be kin: less is a few requests that changed hands."""

_KINDS: Final = (
    ("campaign", HARVESTED.name, "campaign_id", "exchange_id"),
    ("operator", OPERATORS.name, "operator_id", "account_id"),
)
_NAMES: Final = {"campaign_id": "campaign", "operator_id": "operator"}
"""Columns that hold an id of either kind, in any table of a run; `operators` holds a list of the second."""


@dataclass(frozen=True)
class Kin:
    """One of this run and one of an earlier run that have something in common."""

    new: str
    old: str
    common: int
    of_new: int
    of_old: int

    @property
    def share(self) -> float:
        """What of the earlier one is in the new one."""
        return self.common / self.of_old


def settle(engine: Engine, tables: Mapping[str, pa.Table], earlier: Run | None) -> dict[str, pa.Table]:
    """Give what goes on from an earlier run its id there.

    Args:
        engine: Compares; keeps nothing.
        tables: The tables of this run, with ids of their own.
        earlier: The run that this one stands on, if any.

    Returns:
        The tables with the ids that last, and with LINEAGE and FORMER.
    """
    names: dict[str, dict[str, str]] = {}
    rows, kept = [], []
    for what, table, name, unit in _KINDS:
        engine.register("units", tables[table].select([name, unit]).rename_columns(["id", "unit"]))
        _load_earlier(engine, earlier, what, table, name, unit)
        found = dict(_pairs(engine, "SELECT id, count(*) FROM units GROUP BY id ORDER BY id"))
        before = dict(_pairs(engine, "SELECT id, count(*) FROM earlier_units GROUP BY id ORDER BY id"))
        kin = _kin(engine, found, before)
        matched = _match(kin)
        names[what] = _settled(found, matched, before)
        rows += _lineage(what, names[what], matched, kin, before)
        rows += [r for r in _splits_so_far(earlier, what, set(names[what].values())) if r not in rows]
        gone = [old for old in before if old not in matched.values()]
        kept.append(_former(engine, what, gone))
    settled = {name: _renamed(table, names) for name, table in tables.items()}
    lineage = pa.Table.from_pylist(rows, schema=LINEAGE.arrow)
    order = [(column, "ascending") for column in ("what", "id", "how", "previous_id")]
    return settled | {LINEAGE.name: lineage.sort_by(order), FORMER.name: pa.concat_tables(kept)}


def _load_earlier(engine: Engine, earlier: Run | None, what: str, table: str, name: str, unit: str) -> None:  # noqa: PLR0913, PLR0917  one of _KINDS
    """Make `earlier_units` (id, unit): all that ever bore an id, as last known."""
    if earlier is None:
        engine.register("earlier_units", FORMER.empty().select(["id", "unit"]))
        return
    engine.load("earlier_named", [earlier.path / f"{table}.parquet"])
    engine.load("earlier_former", [earlier.path / f"{FORMER.name}.parquet"])
    engine.create(
        "earlier_units",
        f"""SELECT DISTINCT {name} AS id, {unit} AS unit FROM earlier_named
            UNION ALL SELECT id, unit FROM earlier_former WHERE what = '{what}'""",
    )


def _pairs(engine: Engine, sql: str) -> Iterable[tuple[str, int]]:
    rows = engine.fetch(sql)
    return zip(rows.column(0).to_pylist(), rows.column(1).to_pylist(), strict=True)


def _kin(engine: Engine, found: Mapping[str, int], before: Mapping[str, int]) -> list[Kin]:
    """Return who has something in common, those with most first."""
    rows = engine.fetch(
        """SELECT n.id AS new, o.id AS old, count(*) AS common FROM units n JOIN earlier_units o ON o.unit = n.unit
           GROUP BY n.id, o.id"""
    ).to_pylist()
    kin = [Kin(**row, of_new=found[row["new"]], of_old=before[row["old"]]) for row in rows]
    near = [k for k in kin if k.common >= SAME * min(k.of_new, k.of_old)]
    return sorted(near, key=lambda k: (-k.common, k.old, k.new))


def _match(kin: Iterable[Kin]) -> dict[str, str]:
    """Match one to one, those with most in common first: the largest part of what was split or merged keeps the id."""
    matched: dict[str, str] = {}
    given: set[str] = set()
    for k in kin:
        if k.new not in matched and k.old not in given:
            matched[k.new] = k.old
            given.add(k.old)
    return matched


def _settled(found: Iterable[str], matched: Mapping[str, str], before: Iterable[str]) -> dict[str, str]:
    """Return the lasting id of each: its earlier one, else its own, unless somebody has or had that."""
    taken = set(before)
    names = {}
    for own in found:
        name = matched.get(own, own)
        while own not in matched and name in taken:
            name = stable_id(name[:1], [name, own])
        taken.add(name)
        names[own] = name
    return names


def _lineage(
    what: str, names: Mapping[str, str], matched: Mapping[str, str], kin: Iterable[Kin], before: Iterable[str]
) -> list[dict[str, object]]:
    of: dict[str, list[Kin]] = defaultdict(list)
    for k in kin:
        of[k.new].append(k)
    rows: list[tuple[str, str | None, str, float | None]] = []
    for own, name in names.items():
        rows += [(name, k.old, _how(k, matched), k.share) for k in of[own]]
        rows += [] if of[own] else [(name, None, "new", None)]
    met = {k.old for k in kin}
    rows += [(old, old, "dropped", None) for old in before if old not in met]
    return [dict(zip(LINEAGE.names, (what, *row), strict=True)) for row in rows]


def _how(kin: Kin, matched: Mapping[str, str]) -> str:
    if matched.get(kin.new) == kin.old:
        return "continues"
    return "split" if kin.old in matched.values() else "merged"


def _splits_so_far(earlier: Run | None, what: str, names: set[str]) -> list[dict[str, object]]:
    """Rows of earlier runs that would be forgotten: from whom those that go on were once split."""
    if earlier is None:
        return []
    rows: list[dict[str, object]] = earlier.table(LINEAGE).to_pylist()
    return [r for r in rows if r["what"] == what and r["how"] == "split" and r["id"] in names]


def _former(engine: Engine, what: str, gone: Iterable[str]) -> pa.Table:
    engine.register("gone", pa.table({"id": pa.array(list(gone), pa.string())}))
    return engine.fetch(
        f"""SELECT '{what}' AS what, e.id, e.unit FROM earlier_units e JOIN gone g ON g.id = e.id
            ORDER BY e.id, e.unit"""
    ).cast(FORMER.arrow)


def _renamed(table: pa.Table, names: Mapping[str, Mapping[str, str]]) -> pa.Table:
    """Put the lasting ids in; an id that holds nothing, such as that of a campaign without requests, stays."""
    for place, column in enumerate(table.schema):
        if column.name in _NAMES:
            table = table.set_column(place, column, _lasting(table[column.name], names[_NAMES[column.name]]))
        elif column.name == "operators":
            lists = [v and sorted(names["operator"].get(o, o) for o in v) for v in table["operators"].to_pylist()]
            table = table.set_column(place, column, pa.array(lists, column.type))
    return table


def _lasting(column: pa.ChunkedArray, names: Mapping[str, str]) -> pa.Array:
    return per_value(column.combine_chunks(), lambda own: names.get(own, own), STRING)
