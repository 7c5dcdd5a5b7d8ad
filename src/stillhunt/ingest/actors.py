"""The actor file: who might profit, and by what each is known. JSON Lines, one actor a line.

Unlike logs it is written by the user who starts the hunt, so a line that is wrong ends the hunt with a sentence.
Sentences name fields and lines and quote no value, which may be somebody's address or card.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any

import orjson

from stillhunt.errors import UsageError, did_you_mean, of_system, reason

LONGEST_NAME = 200
_COUNTRY = re.compile(r"[A-Za-z]{2}")
_NETWORKS = {4: 24, 6: 48}
"""The networks that features keep hashes of, by version of the protocol."""
_MOST_ASN = 2**32 - 1
_SHORTEST_SHIFT = 0.5
"""Offsets from UTC and working hours go by half hours: time zones do, but for three with quarters."""


@dataclass(frozen=True)
class Actor:
    """Somebody who might profit.

    Attributes:
        name: As the user calls it; the one thing of the file that a run shows.
        line: Its line in the file, from 1.
        indicators: What it is known by, field by field, as given and checked.
    """

    name: str
    line: int
    indicators: Mapping[str, tuple[Any, ...]]


@dataclass(frozen=True)
class ActorFile:
    """The actors of a file, and the hash by which a run says which file it was."""

    path: str
    sha256: str
    actors: tuple[Actor, ...]

    def refuse(self, actor: Actor, problem: str) -> UsageError:
        """Return the error for a line that was read and turns out to be of no use."""
        return UsageError(f"Line {actor.line} of '{self.path}': {problem}")


def read_actors(path: str | Path) -> ActorFile:
    """Read an actor file.

    Args:
        path: JSON Lines; each line has `name`, optionally `says` (free words, which go nowhere), and any of FIELDS.

    Returns:
        The actors in the order of the file.

    Raises:
        UsageError: If there is no such file, or a line of it is wrong.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise of_system(error, f"The actor file '{path}' cannot be read ({reason(error)}): mend the path.") from None
    actors: dict[str, Actor] = {}
    for number, line in enumerate(data.splitlines(), 1):
        if not line.strip():
            continue
        try:
            actor = _actor(number, line)
        except _WrongError as problem:
            raise UsageError(f"Line {number} of '{path}': {problem}") from None
        if actor.name in actors:
            first = actors[actor.name].line
            raise UsageError(f"Line {number} of '{path}': line {first} has an actor of this name: join the two.")
        actors[actor.name] = actor
    if not actors:
        raise UsageError(f"The actor file '{path}' names nobody: give one actor a line, or leave --actors away.")
    return ActorFile(str(path), sha256(data).hexdigest(), tuple(actors.values()))


class _WrongError(ValueError):
    """What is wrong with a line; its text goes on after the line's number."""


def _actor(number: int, line: bytes) -> Actor:
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError:
        raise _WrongError("it is no JSON: write one object on one line.") from None
    if not isinstance(record, dict):
        raise _WrongError("it is no object: write one actor in curly brackets.")
    name = record.get("name")
    if not isinstance(name, str) or not name.strip() or len(name) > LONGEST_NAME:
        raise _WrongError(f"`name` is missing: give a text of up to {LONGEST_NAME} characters.")
    indicators = {}
    for field, given in record.items():
        if field in {"name", "says"} or given is None:
            continue
        if field not in FIELDS:
            hint = did_you_mean(field, ("name", "says", *FIELDS)) or f" There are: {', '.join(FIELDS)}."
            raise _WrongError(f"there is no field '{field}'.{hint}")
        indicators[field] = _values(field, given)
    if not any(indicators.values()):
        raise _WrongError(f"nothing is told by which the actor is known: give at least one of {', '.join(FIELDS)}.")
    return Actor(name.strip(), number, MappingProxyType(indicators))


def _values(field: str, given: Any) -> tuple[Any, ...]:
    check, wanted = FIELDS[field]
    values = tuple(check(value) for value in given) if isinstance(given, list) else (None,)
    if None in values:
        raise _WrongError(f"`{field}` must be a list of {wanted}.")
    return values


def _text(value: Any) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _address(value: Any) -> str | None:
    try:
        return str(ipaddress.ip_address(value.strip())) if isinstance(value, str) else None
    except ValueError:
        return None


def _network(value: Any) -> str | None:
    """Return an address of the network, for that is what is hashed."""
    try:
        network = ipaddress.ip_network(value.strip()) if isinstance(value, str) else None
    except ValueError:
        return None
    if network is None or network.prefixlen != _NETWORKS[network.version]:
        return None
    return str(network.network_address)


def _number(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value <= _MOST_ASN else None


def _country(value: Any) -> str | None:
    return value.upper() if isinstance(value, str) and _COUNTRY.fullmatch(value) else None


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _names(value: Any) -> tuple[str, ...] | None:
    named = isinstance(value, list) and value and all(isinstance(name, str) for name in value)
    return tuple(value) if named else None


def _headers(value: Any) -> dict[str, str] | None:
    told = isinstance(value, dict) and value and all(isinstance(text, str) for text in value.values())
    return {name.lower(): text for name, text in value.items()} if told else None


def _hours(value: Any) -> tuple[float, float, float] | None:
    if not isinstance(value, dict) or set(value) != {"from", "to", "utc_offset"}:
        return None
    times = (value["from"], value["to"], value["utc_offset"])
    if any(type(t) not in {int, float} or t % _SHORTEST_SHIFT for t in times):
        return None
    start, end, offset = times
    fits = 0 <= start < 24 and 0 < end <= 24 and (end - start) % 24 and -12 <= offset <= 14
    return (float(start), float(end), float(offset)) if fits else None


FIELDS: Mapping[str, tuple[Callable[[Any], Any], str]] = MappingProxyType(
    {
        "prompts": (_text, "texts: whole prompts or system prompts known of it, or excerpts"),
        "mail_domains": (_text, "mail domains"),
        "payment_ids": (_text, "payment ids as in the accounts file"),
        "ips": (_address, "addresses"),
        "networks": (_network, "networks, /24 of IPv4 or /48 of IPv6"),
        "asns": (_number, "numbers of autonomous systems"),
        "device_ids": (_text, "device ids as in the logs"),
        "headers": (_headers, "objects, each the SDK headers of one client with its User-Agent"),
        "user_agents": (_text, "User-Agents, or programs with their major version such as openai-python/1"),
        "ja4": (_text, "JA4 fingerprints"),
        "tools": (_names, "lists, each the names of the tools that one program offers"),
        "capabilities": (_text, "capabilities as Stillhunt labels them"),
        "countries": (_country, "countries, two letters each (ISO 3166-1)"),
        "releases": (_day, "days such as 2026-03-01, at which it shipped models of its own"),
        "hours": (_hours, 'working hours such as {"from": 9, "to": 18, "utc_offset": 8}, by half hours'),
    }
)
"""What an actor may be known by: the check of one value, and what the field must be a list of."""
