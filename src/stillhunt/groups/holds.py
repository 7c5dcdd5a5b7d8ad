"""Account-key rows of all signals, and how many accounts share each key.

Tables made: `held` (HOLDS with accounts and keys by their numbers) and `shared_keys`, one row a key that at least two
accounts hold: k (index), signal, family, layer, alone, key, accounts, requests, population (accounts that called and
for which the family is known at all: for the others it is unknown whether they hold the key). What `found_by` reads
stays as well.
"""

from collections.abc import Sequence

import pyarrow as pa

from stillhunt.engine.base import Engine
from stillhunt.signals.base import Signal
from stillhunt.signals.known import count_known


def build_holds(engine: Engine, signals: Sequence[Signal]) -> None:
    """Run every signal once and keep the keys that two or more accounts share.

    Reads `account_index`, `features`, `account_keys` and `releases`. Cost and memory grow with account-key rows; a key
    held by 20,000 accounts is 20,000 rows.
    """
    known = {place: n for sql in count_known(signals) for place, n in engine.fetch(sql).to_pylist()[0].items()}
    places = range(len(signals))
    engine.register("populations", pa.table({"signal": places, "population": [known[f"of_{n}"] for n in places]}))
    for number, signal in enumerate(signals):
        _hold(engine, number, signal)
    rows = " UNION ALL ".join(f"SELECT * FROM signal_holds_{i}" for i in range(len(signals)))
    names = ", ".join(
        f"({i}, '{s.name}', '{s.family}', '{s.layer}', {str(s.alone).lower()})" for i, s in enumerate(signals)
    )
    engine.create("signal_names", f"SELECT * FROM (VALUES {names}) v(signal, name, family, layer, alone)")
    engine.create(
        "shared_keys",
        f"""WITH counted AS (
                SELECT signal, key, count(*) AS accounts, CAST(sum(n) AS BIGINT) AS requests
                FROM ({rows}) r GROUP BY signal, key)
            SELECT CAST(row_number() OVER (ORDER BY c.signal, c.key) - 1 AS INTEGER) AS k,
                   c.signal, s.name, s.family, s.layer, s.alone, c.key, c.accounts, c.requests, p.population
            FROM counted c JOIN signal_names s ON s.signal = c.signal JOIN populations p ON p.signal = c.signal""",
    )
    engine.create(
        "held",
        f"""SELECT r.a, k.k, k.family, r.n, r.first_ts, r.last_ts
            FROM ({rows}) r JOIN shared_keys k ON k.signal = r.signal AND k.key = r.key""",
    )


def found_by(number: int, signal: Signal) -> str:
    """SQL for the calls and keys that a signal found, after `build_holds`: what took long is not sought again."""
    return f"SELECT * FROM signal_found_{number}" if _kept(signal) else signal.sql


def _kept(signal: Signal) -> bool:
    """Whether the calls that a signal found are asked for again, and are few among all."""
    return signal.layer == "content" and signal.alone and not _plain(signal)


def _plain(signal: Signal) -> bool:
    return signal.sql.lstrip().upper().startswith("SELECT")


def _hold(engine: Engine, number: int, signal: Signal) -> None:
    """Make `signal_holds_<number>` (a, signal, key, n, first_ts, last_ts): keys of one signal that two accounts hold.

    Nearly all keys of calls come once. So a plain SELECT over calls is run once for the keys that come again and once
    for their rows, which takes less memory and time than all rows at once; what a signal finds is few rows.
    """
    if _kept(signal):
        engine.create(
            f"signal_found_{number}", f"SELECT DISTINCT account_key, key, exchange_key, ts FROM ({signal.sql}) s"
        )
    called = f"({found_by(number, signal)}) s JOIN account_index i ON i.account_key = s.account_key"
    held = "SELECT i.a, s.key, count(*) AS n, min(s.ts) AS first_ts, max(s.ts) AS last_ts"
    if _plain(signal):
        engine.create("signal_keys", f"SELECT s.key FROM ({signal.sql}) s GROUP BY s.key HAVING count(*) > 1")
        engine.create(
            "signal_rows", f"{held} FROM {called} WHERE s.key IN (SELECT key FROM signal_keys) GROUP BY i.a, s.key"
        )
    else:
        engine.create("signal_rows", f"{held} FROM {called} GROUP BY i.a, s.key")
    engine.create(
        f"signal_holds_{number}",
        f"""SELECT a, {number} AS signal, key, n, first_ts, last_ts FROM signal_rows
            WHERE key IN (SELECT key FROM signal_rows GROUP BY key HAVING count(*) >= 2)""",
    )
