"""Make labelled traffic: native logs, the accounts, the releases, and the truth."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from stillhunt.errors import UsageError, of_system, reason
from stillhunt.simulate import traces
from stillhunt.simulate.casting import Actor
from stillhunt.simulate.clock import DAY, START
from stillhunt.simulate.corpus import Corpus, corpus_styles
from stillhunt.simulate.grammar import Grammar
from stillhunt.simulate.ids import Hashes
from stillhunt.simulate.infrastructure import Clients, Networks
from stillhunt.simulate.plan import Plan, Play, World
from stillhunt.simulate.population import People, own_ids
from stillhunt.simulate.scenarios import find
from stillhunt.simulate.text import TextSource
from stillhunt.simulate.write import Progress, Speaker, accounts_table, write_logs, write_truth

MODELS = ("lumen-2", "lumen-3-mini", "lumen-3", "lumen-4")
"""Invented models; the last one comes out in the middle of the run."""


@dataclass(frozen=True)
class Simulated:
    """What was made, and where it stands."""

    out: Path
    logs: Path
    accounts_file: Path
    releases_file: Path
    truth: Path
    accounts: int
    exchanges: int
    harvested: int


def simulate(  # noqa: PLR0913  the options of the command
    out: str | Path,
    *,
    accounts: int | None = None,
    exchanges: int | None = None,
    days: int | None = None,
    seed: int = 1,
    corpus: str | Path | None = None,
    scenario: str = "mixed",
    progress: Progress | None = None,
    form: Literal["parquet", "jsonl"] = "parquet",
) -> Simulated:
    """Write labelled traffic to the folder `out`; the same arguments give the same bytes.

    Args:
        out: Folder to write; `logs/`, `accounts.parquet`, `releases.jsonl` and `truth/` come to stand in it.
        accounts: Accounts in all; by default the scenario's own number.
        exchanges: Calls in all, met by making people talk more or less; by default what comes of their habits.
        days: Days of traffic; by default the scenario's own number.
        seed: Start of chance.
        corpus: Folder of real prompts and traces; without it all text comes from the grammar.
        scenario: One of SCENARIOS, or a look-alike's name.
        progress: Called with calls written and calls planned.
        form: Parquet, or gzipped JSON Lines.

    Raises:
        UsageError: If the scenario does not exist, the folder holds files or cannot be made, a corpus file is missing,
            or the numbers cannot be met.
    """
    chosen = find(scenario)
    for name, number in (("accounts", accounts), ("exchanges", exchanges), ("days", days)):
        if number is not None and number < 1:
            raise UsageError(f"The number of {name} is {number}: give 1 or more.")
    folder = _prepare(out)
    actors = chosen.actors(accounts or chosen.accounts, days or chosen.days, seed)
    world, source = _world(seed, days or chosen.days, Path(corpus) if corpus else None)
    plays = _plays(actors, world, exchanges)
    _enlist(source, plays)
    ids = np.concatenate([own_ids(actor.name, seed, len(play.cast)) for actor, play in zip(actors, plays, strict=True)])
    plan = _sorted(_joined(actors, plays, seed))
    org = np.concatenate([play.cast.known_org for play in plays])
    voices = [voice for play in plays for voice in play.voices]
    write_logs(folder / "logs", plan, Speaker(world, source, voices, ids, org), progress, form)
    _write_accounts(folder, plays, ids)
    _write_releases(folder, world)
    campaigns = [campaign for play in plays for campaign in play.campaigns]
    write_truth(folder / "truth", plan, ids, [play.cast for play in plays], campaigns)
    return Simulated(
        folder, folder / "logs", folder / "accounts.parquet", folder / "releases.jsonl", folder / "truth",
        accounts=len(ids), exchanges=len(plan), harvested=int((plan["campaign"] >= 0).sum()),
    )  # fmt: skip


def _prepare(out: str | Path) -> Path:
    if not str(out):
        raise UsageError("The folder to write to has no name: give one.")
    folder = Path(out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        held = any(folder.iterdir())
    except OSError as error:
        raise of_system(error, f"The folder '{folder}' cannot be made ({reason(error)}): give another.") from None
    if held:
        raise UsageError(f"'{folder}' already holds files: give a folder that does not exist yet.")
    return folder


def _world(seed: int, days: int, corpus: Path | None) -> tuple[World, TextSource]:
    """Return what all actors share, and who speaks."""
    released = (
        START - 600 * DAY,
        START - 250 * DAY,
        START - 90 * DAY,
        START + int(days * 0.55 * DAY) + DAY // 3,
    )
    if corpus is None:
        return World(seed, days, Networks.invented(), Clients(), MODELS, released), Grammar()
    world = World(
        seed, days, Networks.invented(traces.ranges(corpus)), Clients(traces.handshakes(corpus)), MODELS, released,
        think_seconds=traces.think_seconds(corpus), tenants=traces.tenant_loads(corpus),
        lengths=traces.length_shape(corpus), styles=corpus_styles(corpus),
    )  # fmt: skip
    return world, Corpus(corpus, seed)


def _enlist(source: TextSource, plays: Sequence[Play]) -> None:
    """Tell the text source who will write what, actor by actor."""
    for play in plays:
        for number, voice in enumerate(play.voices):
            authors = np.unique(play.plan["author"][play.plan["voice"] == number])
            for pool in dict.fromkeys((voice.pool, voice.follow, voice.system_pool)):
                source.enlist(pool, authors)


def _played(actor: Actor, world: World) -> Play:
    """Let an actor play, and drop calls outside the run or the life of their account."""
    play = actor.play(world)
    ts, account = play.plan["ts"], play.plan["account"]
    until = play.cast.suspended if play.cast.suspended is not None else np.zeros(len(play.cast), dtype=np.int64)
    end = np.where(until > 0, until, START + world.days * DAY)
    return replace(play, plan=play.plan.take((ts >= START) & (ts >= play.cast.created[account]) & (ts < end[account])))


def _plays(actors: Sequence[Actor], world: World, exchanges: int | None) -> list[Play]:
    """Let the actors play; if a number of calls is asked, people talk more or less until it is met."""
    plays = [_played(actor, world) for actor in actors]
    if exchanges is None:
        return plays
    talkers = [isinstance(actor, People) for actor in actors]
    others = sum(len(play.plan) for play, talks in zip(plays, talkers, strict=True) if not talks)
    activity = 1.0
    for _ in range(2):  # the first count of a small world is much of chance, the second is near
        spoken = sum(len(play.plan) for play in plays) - others
        if exchanges <= others or not spoken:
            raise UsageError(
                f"This scenario makes {others} calls before its people say a word, so {exchanges} cannot be met: "
                "ask for more exchanges, or for fewer accounts or days."
            )
        activity *= (exchanges - others) / spoken
        louder = replace(world, activity=activity)
        plays = [
            _played(actor, louder) if talks else play for actor, play, talks in zip(actors, plays, talkers, strict=True)
        ]
    return plays


def _joined(actors: Sequence[Actor], plays: Sequence[Play], seed: int) -> Plan:
    """Put all plans together: accounts, voices and campaigns are counted through."""
    account = voice = campaign = 0
    plans = []
    for actor, play in zip(actors, plays, strict=True):
        columns = dict(play.plan.columns)
        columns["call"] = own_ids(f"{actor.name}/calls", seed, len(play.plan))
        columns["account"] = columns["account"] + np.int32(account)
        columns["voice"] = columns["voice"] + np.int16(voice)
        columns["campaign"] = np.where(columns["campaign"] >= 0, columns["campaign"] + np.int16(campaign), np.int16(-1))
        plans.append(Plan(columns))
        account, voice, campaign = (
            account + len(play.cast),
            voice + len(play.voices),
            campaign + len(play.campaigns),
        )
    return Plan.joined(plans)


def _sorted(plan: Plan) -> Plan:
    """Put calls in order of time; calls of one microsecond by their id."""
    return plan.take(np.lexsort((plan["call"], plan["ts"])))


def _write_accounts(out: Path, plays: Sequence[Play], ids: Hashes) -> None:
    """Write the accounts in an order that says nothing about them."""
    tables, at = [], 0
    for play in plays:
        tables.append(accounts_table(play.cast, ids[at : at + len(play.cast)]))
        at += len(play.cast)
    table = pa.concat_tables(tables)
    pq.write_table(table.take(np.argsort(ids, kind="stable")), out / "accounts.parquet", compression="zstd")


def _write_releases(out: Path, world: World) -> None:
    """Write which model came out when."""
    with (out / "releases.jsonl").open("w", encoding="utf-8") as file:
        for model, moment in zip(world.models, world.released, strict=True):
            file.write(json.dumps({"model": model, "released_at": moment}) + "\n")
