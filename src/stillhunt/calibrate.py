"""Calibration: what benign groups of a provider's own traffic show at the most, as a reference for later hunts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stillhunt.campaigns import assemble
from stillhunt.config import Settings, given, load_secret
from stillhunt.engine.base import Engine
from stillhunt.engine.choose import open_engine
from stillhunt.errors import InputError, UsageError
from stillhunt.evaluate.intervals import Proportion
from stillhunt.evidence.assess import assess_groups
from stillhunt.evidence.lifetimes import Life, looks, seen_now
from stillhunt.evidence.reference import LAYERS, Reference, benign_bits
from stillhunt.groups.ties import MOST_TIES
from stillhunt.pipeline import Clock, Progress, check_rejected, measure
from stillhunt.traffic import Traffic, read_traffic

LOOKS = 6
"""Looks at the traffic while it grows, each at twice the age of the one before: statistics are cumulative, so between
two such looks little can come and go again."""
FOLDS = 10
"""Parts into which the groups of one traffic fall when they are checked against each other."""
ENOUGH = 300
"""Groups of a layer from which a provider's own are a reference by themselves: below, they join the shipped ones."""


@dataclass(frozen=True)
class Honesty:
    """How often benign groups get more than so many bits; honest where the share is at most 2^-bits."""

    bits: int
    share: Proportion


@dataclass(frozen=True)
class Calibration:
    """A reference, and what is to be known of it."""

    reference: Reference
    own: dict[str, int]
    """Groups of the provider's own, by layer."""
    left_out: int
    """Groups of campaigns that were called, which are no benign groups."""
    honesty: tuple[Honesty, ...]
    """Its groups tested against each other."""

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the groups themselves as plain values for JSON."""
        return {
            "source": self.reference.source,
            "groups": len(self.reference),
            "own": self.own,
            "left_out": self.left_out,
            "excess_bits": self.reference.excess,
            "honesty": [{"bits": row.bits, "share": row.share.to_dict()} for row in self.honesty],
        }


def calibrate(  # noqa: PLR0913  as `hunt`: what a user may give, all of it optional but logs and out
    logs: str | Path | Sequence[str | Path],
    *,
    out: str | Path,
    accounts: str | Path | None = None,
    releases: str | Path | None = None,
    format: str | None = None,  # noqa: A002  the option's name on the command line
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> Calibration:
    """Measure the groups of a provider's own traffic and write them as a reference for `hunt`.

    Groups of campaigns that are called at the settings' level are left out. Campaigns that nobody knows of may remain:
    they raise what counts as benign, so evidence gets weaker by them and never less honest.

    Args:
        logs: As for `hunt`: a few weeks of ordinary traffic.
        out: The reference file to write.
        accounts: Optional accounts file.
        releases: Optional model releases.
        format: Name of the log format; recognised when not given.
        settings: What may be chosen.
        progress: Called as work goes on.

    Raises:
        UsageError: If an input is missing, or `out` cannot be written.
        InputError: If nothing or too little could be read, or there is no group to calibrate on.
    """
    chosen = given(settings)
    target = Path(out)
    if target.is_dir() or not target.absolute().parent.is_dir():
        raise UsageError(
            f"The reference cannot be written to '{target}': give a file in a folder that exists to --out."
        )
    shipped = Reference.load(Path(chosen.reference) if chosen.reference else None)
    clock = Clock(progress)
    with TemporaryDirectory(dir=target.absolute().parent) as features, open_engine(chosen, Path(features)) as engine:
        with clock.step("read"):
            reading = read_traffic(
                engine,
                Traffic(logs, accounts, releases, format),
                Path(features),
                load_secret(),
                lambda share: clock.tell("read", share),
                processes=chosen.threads,
            )
        if reading.accepted == 0:
            raise InputError(
                "No exchange could be read from the logs: try `stillhunt hunt`, which says why of each line."
            )
        # All later evidence rests on the reference, so it is not made of what happened to be readable.
        check_rejected(reading, chosen.max_rejected, "`stillhunt hunt` says why of each")
        with clock.step("look"):
            lives = lives_of(engine, chosen.max_ties)
            guilty = _accounts_called(engine, shipped, chosen)
    benign = [life for life in lives if 2 * len(life.members & guilty) < len(life.members)]
    if not benign:
        raise InputError("The traffic holds no group of accounts to calibrate on: give more of it.")
    reference, own = _own_or_joined(benign, shipped)
    reference.save(target)
    return Calibration(reference, own, len(lives) - len(benign), honesty(benign_bits(reference)))


def lives_of(engine: Engine, most_ties: int = MOST_TIES) -> list[Life]:
    """Look at `features` LOOKS times while they grow and return the lives of all groups, harvesting or not."""
    span = engine.fetch("SELECT min(ts) AS first, max(ts) AS last FROM features").to_pylist()[0]
    cutoffs = [span["last"] - int((span["last"] - span["first"]) * (1 - 0.5**n)) for n in range(LOOKS)]

    def look() -> list[Life]:
        measure(engine, Clock(None), most_ties)
        return seen_now(engine)

    return looks(engine, cutoffs, look)


def honesty(bits: NDArray[np.float64], most: int = 12) -> tuple[Honesty, ...]:
    """Return the share of groups above 1 to `most` bits, with intervals."""
    return tuple(Honesty(b, Proportion(int(np.sum(bits > b)), len(bits))) for b in range(1, most + 1))


def _accounts_called(engine: Engine, reference: Reference, chosen: Settings) -> set[str]:
    measure(engine, Clock(None), chosen.max_ties)
    campaigns = assemble(engine, assess_groups(engine, reference, chosen.level))
    return set().union(*(campaign.accounts for campaign in campaigns))


def _own_or_joined(benign: Sequence[Life], shipped: Reference) -> tuple[Reference, dict[str, int]]:
    """Return the provider's own groups as a reference, with the shipped ones where a layer has too few."""
    # Groups that share members should not vouch for each other: those of one hub, the member of most groups, are in one
    # fold. Whole groups, their cells and their operators mostly have it in common.
    groups_of = Counter(member for life in benign for member in life.members)
    hubs = [max(life.members, key=lambda member: (groups_of[member], member)) for life in benign]
    folds = [int(blake2b(hub.encode(), digest_size=4).hexdigest(), 16) % FOLDS for hub in hubs]
    own = {layer: sum(life.layer == layer for life in benign) for layer in LAYERS}
    few = [layer for layer in LAYERS if own[layer] < ENOUGH]
    source = f"own traffic: {len(benign):,} groups"
    if not few:
        return Reference.of(source, benign, folds), own
    return Reference.of(source, benign, folds).joined(shipped, few, FOLDS), own
