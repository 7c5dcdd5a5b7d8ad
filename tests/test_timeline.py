"""The life of campaigns, told of hand-made traffic: what is an event, and what only looks like one."""

import pyarrow as pa
import pytest

from stillhunt.engine.duckdb import DuckDBEngine
from stillhunt.runs import finish, write_table
from stillhunt.schema import HARVESTED
from stillhunt.schema_time import EVENTS, LINEAGE
from stillhunt.timeline.tell import tell

HOUR = 3_600_000_000
DAY = 24 * HOUR


class World:
    """Calls with the campaign that holds each (None: nobody's), accounts, releases, and the keys that tie accounts."""

    def __init__(self):
        self.calls, self.accounts, self.releases, self.keys = [], {}, [], {}

    def sends(self, campaign, accounts, first, last, model=lambda _n, _ts: "old"):
        """Each account of `accounts` makes a call an hour from `first` up to `last`."""
        for place, account in enumerate(accounts):
            self.accounts.setdefault(account, {})
            span = range(first + place * 1_000_000, last, HOUR)
            self.calls += [(campaign, account, ts, model(n + place, ts)) for n, ts in enumerate(span)]
        return self

    def tell(self, earlier=None):
        names = sorted(self.accounts)
        rows = [(f"x{n}", *call) for n, call in enumerate(self.calls)]
        seen = {a: min(ts for _, _, who, ts, _ in rows if who == a) for a in names}
        columns = [pa.array(c, t) for c, t in zip(zip(*[(x, a, ts, m) for x, _, a, ts, m in rows], strict=True),
                   (pa.string(), pa.string(), pa.int64(), pa.string()), strict=True)]  # fmt: skip
        kinds = sorted({key for keys in self.keys.values() for key in keys})
        with DuckDBEngine(threads=1) as engine:
            engine.register("calls_made", pa.table(columns, names=["exchange_id", "account_id", "ts", "model"]))
            known = [self.accounts[a] for a in names]
            times = {n: pa.array([k.get(n) for k in known], pa.int64()) for n in ("created_at", "suspended_at")}
            engine.register("profile", pa.table({"account_id": names, "first_ts": [seen[a] for a in names], **times}))
            released = [pa.array([r[0] for r in self.releases], pa.string()),
                        pa.array([r[1] for r in self.releases], pa.int64())]  # fmt: skip
            engine.register("releases", pa.table(released, names=["model", "released_at"]))
            engine.register("account_index", pa.table({"account_id": names, "a": list(range(len(names)))}))
            engine.create(
                "suspect_calls",
                """SELECT c.exchange_id, row_number() OVER (ORDER BY c.exchange_id) AS exchange_key, i.a, c.ts, c.model
                   FROM calls_made c JOIN account_index i ON i.account_id = c.account_id""",
            )
            engine.create("features", "SELECT exchange_key, ts, model FROM suspect_calls")
            edges = [(names.index(a), kinds.index(k)) for a, keys in self.keys.items() for k in keys]
            held = [pa.array([e[n] for e in edges], pa.int32()) for n in (0, 1)]
            engine.register("infrastructure_edges", pa.table(held, names=["a", "node"]))
            nodes = [pa.array(range(len(kinds)), pa.int32()), pa.array([k.split(":")[0] for k in kinds], pa.string())]
            engine.register("nodes", pa.table(nodes, names=["node", "kind"]))
            own = [{"exchange_id": x, "campaign_id": c, "bits": 1.0} for x, c, *_ in rows if c]
            tables = {HARVESTED.name: pa.Table.from_pylist(own, schema=HARVESTED.arrow), LINEAGE.name: LINEAGE.empty()}
            return tell(engine, tables, earlier)


def names(prefix, count):
    return [f"{prefix}{n}" for n in range(count)]


def events(made, kind, campaign=None):
    return [e for e in made["events"].to_pylist() if e["kind"] == kind and campaign in {None, e["campaign_id"]}]


def moving(at, share):
    """The model that callers ask for who move in that share at `at`."""
    return lambda n, ts: "new" if ts >= at and n % 10 < 10 * share else "old"


def test_a_campaign_begins_and_is_called_with_what_was_lost_by_then(tmp_path):
    world = World().sends(None, names("p", 3), 0, 6 * DAY).sends("c-1", names("a", 4), 2 * DAY, 4 * DAY)
    first = world.tell()
    (begin,), (called,) = events(first, "begin"), events(first, "called")
    assert (begin["ts"], begin["accounts"], begin["words"]) == (2 * DAY, 4, "Began with 4 accounts on its first day.")
    assert (called["exchanges"], called["share"]) == (192, 1.0)
    write_table(tmp_path, EVENTS, first["events"])
    earlier = finish(tmp_path, {})
    # It goes on for ten days more, and another begins on the first day of the logs: who knows when it began?
    later = world.sends("c-1", names("a", 4), 6 * DAY, 8 * DAY).sends("c-2", names("b", 2), 0, 8 * DAY).tell(earlier)
    (called,) = events(later, "called", "c-1")
    assert (called["ts"], called["exchanges"], called["share"]) == (events(first, "called")[0]["ts"], 192, 0.5)
    assert events(later, "begin", "c-2")[0]["words"].startswith("Began, or went on, with 2 accounts")
    gone = World().sends(None, ["p"], 0, DAY).tell(earlier)
    assert events(gone, "called") == events(first, "called"), "it may be called again"


@pytest.mark.parametrize(("of_all", "pivots"), [(0.1, True), (0.3, False)])
def test_a_pivot_is_told_only_where_others_moved_less(of_all, pivots):
    at = 4 * DAY
    world = World().sends(None, names("p", 20), 0, 8 * DAY, model=moving(at, of_all))
    world.sends("c-1", names("a", 5), 0, 8 * DAY, model=moving(at + 10 * HOUR, 0.5))
    world.releases = [("old", -300 * DAY), ("new", at)]
    found = events(world.tell(), "pivot")
    assert bool(found) == pivots
    if pivots:
        (pivot,) = found
        assert (pivot["model"], pivot["ts"]) == ("new", at)
        assert (pivot["share"], pivot["others"]) == (pytest.approx(0.5, abs=0.06), pytest.approx(0.1, abs=0.02))
        assert 10 <= pivot["hours"] <= 15


def test_nobody_pivots_who_only_began_with_the_model_or_whose_model_is_unknown():
    at = 4 * DAY
    world = World().sends(None, names("p", 5), 0, 8 * DAY).sends("c-1", names("a", 5), at, 8 * DAY, model=moving(at, 1))
    world.sends("c-2", names("b", 5), 0, 8 * DAY, model=lambda _n, _ts: None)
    world.releases = [("new", at)]
    assert events(world.tell(), "pivot") == []


def banned_world(*, created=None, suspended=True):
    """Ten accounts until day 5, when six are stopped; from day 7 six others go on."""
    world = World().sends(None, ["p"], 0, 12 * DAY)
    world.sends("c-1", names("a", 6), DAY, 5 * DAY).sends("c-1", names("b", 4), DAY, 12 * DAY)
    world.sends("c-1", names("n", 6), 7 * DAY, 12 * DAY)
    for account in names("a", 6) if suspended else []:
        world.accounts[account] = {"suspended_at": 5 * DAY}
    for account in names("n", 6):
        world.accounts[account] = {"created_at": created}
    return world


def test_a_ban_its_regrown_heads_and_the_freedom_it_bought():
    made = banned_world(created=6 * DAY).tell()
    (ban,), (regrown,) = events(made, "ban"), events(made, "regrown")
    assert (ban["ts"], ban["accounts"], ban["share"]) == (5 * DAY, 6, 0.6)
    # Four of ten went on; a day of half begins three hours before the six come, who send six an hour.
    assert ban["days_of_freedom"] == pytest.approx(2 - 20 / 24, abs=0.05)
    assert (regrown["accounts"], regrown["hours"]) == (6, pytest.approx(48, abs=0.1))
    assert regrown["share"] == pytest.approx(0.517, abs=0.01)
    assert events(made, "failover") == []


@pytest.mark.parametrize(("created", "kind"), [(-90 * DAY, "failover"), (None, "regrown")])
def test_accounts_that_existed_before_are_failover_and_those_never_seen_are_new(created, kind):
    made = banned_world(created=created).tell()
    assert [len(events(made, k)) for k in ("regrown", "failover")] == [kind == "regrown", kind == "failover"]
    assert events(made, kind)[0]["accounts"] == 6


def test_silence_is_no_ban():
    made = banned_world(suspended=False).tell()
    assert [events(made, k) for k in ("ban", "regrown", "failover")] == [[], [], []]


def test_freedom_goes_on_where_nobody_returned_and_a_fresh_ban_tells_nothing():
    world = World().sends(None, ["p"], 0, 9 * DAY).sends("c-1", names("a", 6), 0, 5 * DAY)
    world.accounts |= {a: {"suspended_at": 5 * DAY} for a in names("a", 6)}
    (ban,) = events(world.tell(), "ban")
    assert ban["days_of_freedom"] is None
    assert "at least 3.0 days of freedom" in ban["words"]
    world.accounts |= {a: {"suspended_at": 8 * DAY + 12 * HOUR} for a in names("a", 6)}
    (ban,) = events(world.sends("c-1", names("a", 6), 5 * DAY, 9 * DAY).tell(), "ban")
    assert (ban["days_of_freedom"], ban["share"]) == (None, 1.0)
    assert "too short a time ago" in ban["words"]


@pytest.mark.parametrize("shared", [4, 1])
def test_a_successor_begins_after_the_ban_with_the_keys_of_the_banned(shared):
    world = World().sends(None, ["p"], 0, 12 * DAY).sends("c-1", names("a", 6), 0, 5 * DAY)
    world.sends("c-2", names("b", 6), 6 * DAY, 12 * DAY).sends("c-0", names("o", 6), 0, 12 * DAY)
    world.accounts |= {a: {"suspended_at": 5 * DAY} for a in names("a", 6)}
    world.keys = {a: ["payment:1"] for a in [*names("a", 6), *names("b", shared), *names("o", 6)]}
    made = world.tell()
    heirs = [(r["id"], r["previous_id"], r["how"]) for r in made["lineage"].to_pylist()]
    assert heirs == ([("c-2", "c-1", "succeeds")] if shared == 4 else [])
    (ban,) = events(made, "ban")
    if shared == 4:
        assert "24 hours after c-1 was banned: 67 % of its accounts" in events(made, "begin", "c-2")[0]["words"]
        assert ban["days_of_freedom"] == pytest.approx(13 / 24, abs=0.05), "what the successor sends is a return"
    else:
        assert ban["days_of_freedom"] is None
