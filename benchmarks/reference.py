"""Make the default reference: measures of groups in benign traffic, over seeds, sizes and sources of text.

    python benchmarks/reference.py --corpus ../shared/data

Only numbers are kept, nothing of any text. Every world is benign by construction: all look-alikes, no campaign.
"""

import argparse
import json
import math
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa

from stillhunt.config import Settings
from stillhunt.engine.duckdb import DuckDBEngine
from stillhunt.evidence.reference import OPEN_ENTITY, Reference, dependence_bits
from stillhunt.evidence.tests import TESTS
from stillhunt.pipeline import Clock, measure
from stillhunt.simulate.simulator import simulate
from stillhunt.traffic import Traffic, read_traffic

DEFAULT = Path(__file__).parents[1] / "src" / "stillhunt" / "evidence" / "reference.json"


def measured(accounts: int, days: int, seed: int, corpus: Path | None) -> pa.Table:
    """Measures of the groups in one benign world."""
    with tempfile.TemporaryDirectory() as folder:
        return _measured(Path(folder), accounts, days, seed, corpus)


def _measured(folder: Path, accounts: int, days: int, seed: int, corpus: Path | None) -> pa.Table:
    world = simulate(folder / "world", accounts=accounts, days=days, seed=seed, corpus=corpus, scenario="benign")
    features = folder / "features"
    features.mkdir()
    with DuckDBEngine(Settings().memory) as engine:
        traffic = Traffic([world.logs], world.accounts_file, world.releases_file)
        read_traffic(engine, traffic, features, b"a secret for one throw-away run", lambda _: None)
        known = _groups(engine)
        # The same companies, classes and gateways where a provider does not know who they are: strangers that share.
        engine.create("features", "SELECT * REPLACE (CAST(NULL AS VARCHAR) AS org_id) FROM features")
        engine.create(
            "account_keys",
            """SELECT * REPLACE (CAST(NULL AS VARCHAR) AS org_id, CAST(NULL AS BIGINT) AS mail_domain,
                                CAST(NULL AS BIGINT) AS mail_pattern, CAST(NULL AS BOOLEAN) AS verified)
               FROM account_keys""",
        )
        return pa.concat_tables([known, _groups(engine)])


def _groups(engine: DuckDBEngine) -> pa.Table:
    """Measure the groups of the tables as they stand, each set of members once."""
    measure(engine, Clock(None))
    groups = engine.fetch("SELECT * FROM group_measures ORDER BY layer, accounts DESC, g")
    rows = engine.fetch("SELECT g, list(a) AS members FROM group_members GROUP BY g").to_pylist()
    return groups.filter(pa.array(_unlike(groups["g"].to_pylist(), {r["g"]: set(r["members"]) for r in rows})))


def _unlike(order: list[int], members: dict[int, set[int]]) -> list[bool]:
    """Whether a group's members differ from those of all groups before it: a pool with 50 templates counts once."""
    kept: list[set[int]] = []
    result = []
    for g in order:
        new = all(len(members[g] & k) < 0.8 * len(members[g] | k) for k in kept)
        kept += [members[g]] if new else []
        result.append(new)
    return result


def main() -> None:
    """Measure the worlds and write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, help="folder of real prompts and traces, used beside the grammar")
    parser.add_argument("--worlds", type=int, default=8, help="worlds for each size and source of text")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_500, 6_000], help="accounts of a world")
    parser.add_argument("--first-seed", type=int, default=9_000, help="apart from every seed of a proof or a demo")
    parser.add_argument("--jobs", type=int, default=2, help="worlds measured at a time")
    parser.add_argument("--out", type=Path, default=DEFAULT)
    given = parser.parse_args()
    sources = [None] + ([given.corpus] if given.corpus else [])
    tasks = [
        (accounts, (3, 7, 14)[number % 3], given.first_seed + number, corpus)
        for number in range(given.worlds)
        for accounts in given.sizes
        for corpus in sources
    ]
    tables = []
    with ProcessPoolExecutor(given.jobs) as pool:
        for task, table in zip(tasks, pool.map(measured, *zip(*tasks, strict=True)), strict=True):
            tables.append(table)
            accounts, days, seed, corpus = task
            print(
                f"seed {seed}, {accounts} accounts, {days} days, {corpus or 'grammar'}: {len(table)} groups", flush=True
            )
    groups = pa.concat_tables(tables)
    columns = {"layer": groups["layer"].to_pylist(), "accounts": groups["accounts"].to_pylist()}
    columns["open_entity"] = [share >= OPEN_ENTITY for share in groups["largest_entity"].to_pylist()]
    for test in TESTS:
        columns[test.name] = [
            None if v is None or math.isnan(v) else round(v, 4) for v in groups[test.name].to_pylist()
        ]
    sizes = " and ".join(f"{n:,}" for n in given.sizes)
    source = (
        f"shipped default: {len(groups)} benign groups of {len(tables)} simulated worlds of {sizes} accounts, "
        "with organisations known and unknown, text from "
        + ("the grammar and real prompts" if given.corpus else "the grammar")
    )
    data = {"source": source, "dependence_bits": {}, "groups": columns}
    given.out.write_text(json.dumps(data), encoding="utf-8")
    loaded = Reference.load(given.out)
    data["dependence_bits"] = {layer: dependence_bits(loaded, layer) for layer in ("infrastructure", "content")}
    given.out.write_text(json.dumps(data, separators=(",", ":")) + "\n", encoding="utf-8")
    counts = {layer: int(np.sum(loaded.layers == layer)) for layer in ("infrastructure", "content")}
    print(f"{source}; groups {counts}; dependence {data['dependence_bits']} bits")


if __name__ == "__main__":
    main()
