"""A campaign's own calls: which item is asked when, and which of the operator's slots sends it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillhunt.simulate.clock import DAY, SECOND, START, flat, moments, paced, people
from stillhunt.simulate.crew import PUBLIC, list_items
from stillhunt.simulate.equipment import exits
from stillhunt.simulate.ids import Hashes, Ints, chance, join, mix, pick
from stillhunt.simulate.infrastructure import COUNTRIES, UTC_OFFSETS
from stillhunt.simulate.operators import Campaign, Operator
from stillhunt.simulate.plan import Plan, World
from stillhunt.simulate.population import from_sessions, own_ids
from stillhunt.simulate.styles import Style


@dataclass(frozen=True)
class Harvest:
    """One campaign at work through its operator's slots; a slot is a place that one account after another fills."""

    world: World
    operator: Operator
    campaign: Campaign
    number: int
    """Which of the operator's campaigns it is."""
    rng: np.random.Generator

    def plan(self) -> Plan:
        """Plan the calls; `account` is the slot that carries each."""
        if self.campaign.relay:
            return self._relayed()
        campaign, style = self.campaign, self.world.styles[self.campaign.style]
        task, turn, ts, slot = self._visits(style)
        count = len(ts)
        key = self._key()
        opening = list_items(PUBLIC if campaign.public_list else key, self._items(task, slot))
        holder = (self._first + slot) % self.operator.accounts
        plan = Plan.of(
            count,
            ts=ts,
            account=holder,
            voice=self.number,
            item=np.where(turn == 0, opening, join(opening, turn)),
            author=own_ids(f"{self.operator.name}/slots", 0, self.operator.accounts)[holder],
            opening=np.where(turn > 0, opening, np.uint64(0)),
            conversation=join(task + 1, np.repeat(key, count)) if style.turns > 1 else 0,
            turn=turn,
            temperature=campaign.temperature,
            model=self._models(ts),
            campaign=self.number,
        )
        self._sign(plan, style, key[0])
        return plan

    @property
    def _slots(self) -> int:
        """How many slots carry the campaign."""
        return carried(self.operator, self.campaign)

    @property
    def _first(self) -> int:
        """The first of them."""
        return round(self.operator.accounts * self.campaign.from_account)

    def _key(self) -> Hashes:
        """The key of its own work list, conversations and signatures."""
        return own_ids(f"{self.operator.name}/{self.campaign.name}", 0, 1)

    def _visits(self, style: Style) -> tuple[Ints, Ints, Ints, Ints]:
        """Return task (one item, or one trajectory of several turns), turn, moment and slot of each call."""
        campaign, slots = self.campaign, self._slots
        begin, end = START + int(campaign.start_day * DAY), START + self.world.days * DAY
        if campaign.clock == "sessions":
            return self._sittings(style.turns, begin)
        count = int(self.rng.poisson(campaign.rate * slots * max(0.0, (end - begin) / DAY)))
        task, turn = np.divmod(np.arange(count), style.turns)
        ts = self._times(count, begin, end)
        # A trajectory stays on one account; its turns follow each other within minutes.
        if style.turns > 1:
            ts = ts[task * style.turns] + turn * 25 * SECOND + self.rng.integers(0, 9 * SECOND, count)
        return task, turn, ts, self._rotated(task, slots)

    def _sittings(self, turns: int, begin: int) -> tuple[Ints, Ints, Ints, Ints]:
        """Let each account sit at its work like a person: office hours where it seems to be, pauses, weekends off."""
        campaign, slots = self.campaign, self._slots
        holder = (self._first + np.arange(slots)) % self.operator.accounts
        _, network = exits(self.operator, self.world, holder)
        offset = UTC_OFFSETS[self.world.networks.country[network]]
        calls = people(
            self.rng, np.full(slots, campaign.rate / turns), offset, self.world.days, office=True,
            think_seconds=self.world.think_seconds,
        )  # fmt: skip
        order = np.argsort(calls.ts, kind="stable")
        order = order[calls.ts[order] >= begin]
        task, turn = np.divmod(np.arange(len(order) * turns), turns)
        ts = calls.ts[order][task] + turn * 25 * SECOND + self.rng.integers(0, 9 * SECOND, len(task))
        return task, turn, ts, calls.who[order][task]

    def _times(self, count: int, begin: int, end: int) -> Ints:
        if self.campaign.clock == "flat":
            return flat(self.rng, count, begin, end)
        if self.campaign.clock == "paced":
            return paced(self.rng, count, begin, end)
        low, high = (begin - START) // DAY, max((end - START) // DAY, (begin - START) // DAY + 1)
        days = self.rng.integers(low, high, count)
        return np.sort(moments(self.rng, days, np.full(count, 8.0), office=True))

    def _rotated(self, order: Ints, slots: int) -> Ints:
        """Return the slot that takes each call (or trajectory), in the operator's rotation."""
        turn = order // self.operator.sticky
        if self.operator.rotation == "lru":
            # Load balancers skip a busy account now and then, so the cycle is almost, not quite, regular.
            slip = (chance(mix(turn, 23)) < 0.04).astype(np.int64) * pick(mix(turn, 24), slots)
            order_of_visits: Ints = np.argsort(mix(np.arange(slots), 29), kind="stable")
            visited: Ints = order_of_visits[(turn + slip) % slots]
            return visited
        return pick(mix(turn, int(self.rng.integers(1, 1 << 30))), slots)

    def _items(self, task: Ints, slot: Ints) -> Ints:
        """Return the number in the work list of each call's task."""
        campaign, slots = self.campaign, self._slots
        if campaign.work_list == "round_robin":
            return task // campaign.samples
        # Each account works its own residue of the list: slot, slot + slots, slot + 2 * slots ...
        heads = slot[np.unique(task, return_index=True)[1]]
        order = np.argsort(heads, kind="stable")
        first = np.searchsorted(heads[order], np.arange(slots))
        visits = np.empty(len(heads), dtype=np.int64)
        visits[order] = np.arange(len(heads)) - first[heads[order]]
        if campaign.work_list == "shuffled":
            visits = self._shuffled(heads, visits)
        items: Ints = (visits // campaign.samples * slots + heads)[task]
        return items

    def _shuffled(self, heads: Ints, visits: Ints) -> Ints:
        """Put each account's part in an order of its own, and let a share of its calls ask again what it asked."""
        drawn = join(visits + 1, join(heads + 1, np.repeat(self._key(), len(heads))))
        new = (chance(mix(drawn, 25)) >= self.campaign.repeats) | (visits == 0)
        by_slot = np.lexsort((visits, heads))
        begin = np.searchsorted(heads[by_slot], heads)
        count = np.cumsum(new[by_slot])
        known = np.empty_like(visits)
        known[by_slot] = count
        known -= count[begin] - 1
        order = visits[np.lexsort((mix(drawn, 27), heads))]
        at: Ints = order[begin + np.where(new, known - 1, pick(mix(drawn, 26), known))]
        return at

    def _models(self, ts: Ints) -> NDArray[np.int8]:
        """Return the model of each call; a pivot moves half to the new one within a day, and the rest within three."""
        newest, old = len(self.world.models) - 1, len(self.world.models) - 2
        if not self.campaign.pivot_to_release:
            return np.full(len(ts), old, dtype=np.int8)
        since = (ts - self.world.released[-1]) / DAY
        return np.where(self.rng.random(len(ts)) < np.clip(since * 0.5, 0, 1), newest, old).astype(np.int8)

    @staticmethod
    def _sign(plan: Plan, style: Style, key: np.uint64) -> None:
        """Issue thinking signatures; a cleaning campaign sends back those of calls made on other accounts."""
        rows = len(plan)
        issued = join(np.arange(1, rows + 1), np.full(rows, key))
        plan.columns["reasoning_out"] = issued
        if style.replays:
            lag = np.maximum(np.arange(rows) - 1 - pick(mix(issued, 3), 400), 0)
            plan.columns["reasoning_in"] = np.where(np.arange(rows) > 400, issued[lag], np.uint64(0))
        elif style.turns > 1:
            earlier = np.concatenate([np.zeros(1, dtype=np.uint64), issued[:-1]])[:rows]
            plan.columns["reasoning_in"] = np.where(plan["turn"] > 0, earlier, np.uint64(0))

    def _relayed(self) -> Plan:
        """Plan the relay of people's own prompts: many strangers, each conversation on one account."""
        campaign, world, slots = self.campaign, self.world, self._slots
        wanted = campaign.rate * slots * (world.days - campaign.start_day)
        strangers = max(20, int(wanted / world.days / 3.0))
        rate = np.minimum(self.rng.lognormal(-0.5, 1.0, strangers), 20)
        rate *= campaign.rate * slots / rate.sum()
        country = self.rng.choice(len(COUNTRIES), strangers)
        calls = people(self.rng, rate, UTC_OFFSETS[country], world.days, think_seconds=world.think_seconds)
        authors = own_ids(f"{self.operator.name}/{campaign.name}/users", world.seed, strangers)
        plan = from_sessions(calls, authors)
        conversation = np.unique(plan["conversation"], return_inverse=True)[1]
        begun = np.full(int(conversation.max(initial=-1)) + 1, np.iinfo(np.int64).max)
        np.minimum.at(begun, conversation, plan["ts"])
        order = np.argsort(np.argsort(begun, kind="stable"), kind="stable")
        slot = self._rotated(order, slots)[conversation]
        plan.columns["account"] = ((self._first + slot) % self.operator.accounts).astype(np.int32)
        plan.columns["voice"][:] = self.number
        plan.columns["campaign"][:] = self.number
        plan.columns["model"] = self._models(plan["ts"])
        plan.columns["reasoning_out"] = join(np.arange(1, len(plan) + 1), np.full(len(plan), authors[0]))
        kept = (plan["ts"] >= START + int(campaign.start_day * DAY)) & (plan["ts"] < START + world.days * DAY)
        return plan.take(kept)


def carried(operator: Operator, campaign: Campaign) -> int:
    """Return how many of the operator's accounts carry the campaign at one time."""
    return max(1, round(operator.accounts * campaign.share))
