"""From the actor file to marks: the keys and words that requests can be compared with. Nothing raw is left in them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

import pyarrow as pa

from stillhunt.attribution.indicators import BEFORE_RELEASE, HALF_HOUR
from stillhunt.errors import did_you_mean
from stillhunt.features import client, keyed
from stillhunt.features.accounts import private_domain
from stillhunt.features.capability import CAPABILITY
from stillhunt.features.featurise import featurise
from stillhunt.ingest.actors import Actor, ActorFile, read_actors
from stillhunt.schema import EXCHANGE
from stillhunt.signals.expressions import DAY, HOUR

MARKS = pa.schema(
    [
        ("actor", pa.int32()),
        ("indicator", pa.string()),
        ("part", pa.string()),
        ("key", pa.int64()),
        ("word", pa.string()),
    ]
)
"""One row a mark: the actor's place in the file, the indicator and its part that it fits, and its key or its word."""

Mark: TypeAlias = tuple[str, int | None, str | None]
"""Part, key and word."""


class _UselessError(ValueError):
    """A value that no request can be compared with; the text goes on after the line's number."""


@dataclass(frozen=True)
class Suspects:
    """The actors of a file, as a run knows them.

    Attributes:
        names: Their names, in the order of the file.
        marks: MARKS: what they are known by.
        sha256: Of the file, by which a run says which it was.
    """

    names: tuple[str, ...]
    marks: pa.Table
    sha256: str


def read_suspects(path: str | Path, secret: bytes) -> Suspects:
    """Read an actor file and make marks of it: the hashes that features have, by the same code and secret.

    Raises:
        UsageError: If there is no such file, a line is wrong, or a value cannot be compared with anything, such as a
            text of two words.
    """
    file = read_actors(path)
    rows = {
        (number, field, *mark)
        for number, actor in enumerate(file.actors)
        for field in actor.indicators
        for mark in _marks(file, actor, field, secret)
    }
    columns = zip(*rows, strict=True)
    marks = pa.table([pa.array(c, f.type) for c, f in zip(columns, MARKS, strict=True)], schema=MARKS)
    return Suspects(tuple(actor.name for actor in file.actors), marks, file.sha256)


def _marks(file: ActorFile, actor: Actor, field: str, secret: bytes) -> list[Mark]:
    try:
        return list(_MAKERS[field](actor.indicators[field], secret))
    except _UselessError as problem:
        raise file.refuse(actor, f"`{field}` {problem}") from None


def _prompts(texts: Sequence[str], secret: bytes) -> Iterable[Mark]:
    """Fingerprint texts as prompts and as system prompts, for nobody says which of them an excerpt was."""
    rows = [{"exchange_id": "", "ts": 0, "account_id": "", "system": text, "prompt": text} for text in texts]
    for place, made in enumerate(featurise(pa.RecordBatch.from_pylist(rows, EXCHANGE.arrow), secret).to_pylist(), 1):
        if not made["bands"]:
            raise _UselessError(f"holds at place {place} a text too short to tell anybody by: give a longer excerpt.")
        for part, column in (("head", "head_key"), ("tail", "tail_key"), ("whole", "prompt_key"),
                             ("system", "system_key")):  # fmt: skip
            if made[column] is not None:
                yield part, made[column], None
        for part, column in (("anchor", "anchors"), ("band", "bands")):
            for key in made[column]:
                yield part, key, None


def _capabilities(names: Sequence[str], _: bytes) -> Iterable[Mark]:
    known = [label.name for label in CAPABILITY]
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known) or f" There are: {', '.join(known)}."
            raise _UselessError(f"names the capability '{name}', and there is none.{hint}")
        yield "", None, name


def _mail_domains(domains: Sequence[str], secret: bytes) -> Iterable[Mark]:
    private = [private_domain(domain) for domain in domains]
    if None in private:
        place = private.index(None) + 1
        raise _UselessError(f"holds at place {place} a mail service open to everybody: it tells nobody apart.")
    return _keys(keyed.keyed(pa.array(private, pa.string()), "mail_domain", secret))


def _user_agents(agents: Sequence[str], _: bytes) -> Iterable[Mark]:
    for place, agent in enumerate(agents, 1):
        name = client.client_name(agent)
        if name is None:
            raise _UselessError(f"holds at place {place} what names no program: give it as the logs have it.")
        yield "", None, name


def _headers(given: Sequence[Mapping[str, str]], _: bytes) -> Iterable[Mark]:
    kinds = {field.name: field.type for field in EXCHANGE.arrow}
    headers = pa.array([list(h.items()) for h in given], kinds["headers"])
    agents = pa.array([h.get("user-agent") for h in given], pa.string())
    return _keys(client.header_tuples(headers, agents))


def _hours(given: Sequence[tuple[float, float, float]], _: bytes) -> Iterable[Mark]:
    """Mark the half hours of the UTC day; working hours may go past midnight."""
    slots = DAY // HALF_HOUR
    for start, end, offset in given:
        first = round((start - offset) * HOUR / HALF_HOUR)
        length = round((end - start) * HOUR / HALF_HOUR) % slots
        for slot in range(first, first + length):
            yield "", slot % slots * HALF_HOUR, None


def _releases(days: Sequence[date], _: bytes) -> Iterable[Mark]:
    for day in days:
        for back in range(BEFORE_RELEASE):
            start = datetime.combine(day - timedelta(days=back), datetime.min.time(), UTC)
            yield "", round(start.timestamp()) * (DAY // 86_400), None


def _keys(keys: pa.Array) -> Iterable[Mark]:
    return [("", key, None) for key in keys.to_pylist()]


def _texts(values: Sequence[str]) -> pa.Array:
    return pa.array(values, pa.string())


_MAKERS: Mapping[str, Callable[[Sequence[Any], bytes], Iterable[Mark]]] = MappingProxyType(
    {
        "prompts": _prompts,
        "capabilities": _capabilities,
        "mail_domains": _mail_domains,
        "payment_ids": lambda v, secret: _keys(keyed.keyed(_texts(v), "payment", secret)),
        "ips": lambda v, secret: _keys(keyed.address_keys(_texts(v), secret)[0]),
        "networks": lambda v, secret: _keys(keyed.address_keys(_texts(v), secret)[1]),
        "asns": lambda v, _: [("", number, None) for number in v],
        "device_ids": lambda v, secret: _keys(keyed.keyed(_texts(v), "device", secret)),
        "headers": _headers,
        "user_agents": _user_agents,
        "ja4": lambda v, _: _keys(client.tls_keys(_texts(v))),
        "tools": lambda v, _: _keys(client.tools_keys(pa.array(v, pa.list_(pa.string())))[0]),
        "countries": lambda v, _: [("", None, country) for country in v],
        "hours": _hours,
        "releases": _releases,
    }
)
