"""Honest machines that look like harvesting: evaluations, pipelines, products, monitors."""

import numpy as np

from stillhunt.simulate.clock import DAY, HOUR, SECOND, START, flat, moments, paced
from stillhunt.simulate.crew import PUBLIC, Crew, list_items
from stillhunt.simulate.ids import Ints, join, mix, pick
from stillhunt.simulate.infrastructure import UTC_OFFSETS
from stillhunt.simulate.plan import Plan, Play, World
from stillhunt.simulate.population import people_cast
from stillhunt.simulate.text import Voice, fixed

BENCHMARKS = (
    Voice(
        pool="mcq",
        before=fixed("Pick the right option and reply with its letter alone.\n\n"),
        output_tokens=4,
    ),
    Voice(pool="math", after=fixed("\nReason first. Put the result in \\boxed{}."), output_tokens=420),
    Voice(pool="code", before=fixed("Complete the programming task. Return code only.\n"), output_tokens=330),
)
"""A public harness: its prompts, one for each suite of items."""


def _users(crew: Crew, per_day: float, days: int) -> Ints:
    """Moments of a product's users: a real tenant's load, or days and nights of the organisation's country."""
    count = crew.rng.poisson(per_day * days)
    tenants = crew.world.tenants
    if tenants:
        load = np.resize(tenants[int(pick(mix(crew.key, 33), len(tenants))[0])], days * 144)
        window = np.searchsorted(np.cumsum(load / load.sum()), crew.rng.random(count), side="right")
        return np.sort(START + ((window + crew.rng.random(count)) * 600 * SECOND).astype(np.int64))
    offset = np.full(count, UTC_OFFSETS[crew.country()])
    return np.sort(moments(crew.rng, crew.rng.integers(0, days, count), offset, office=False))


def eval_suite(world: World, name: str, accounts: int, volume: float) -> Play:
    """Nightly evaluation over public benchmarks: the same items every night, decoding fixed, reasons asked for."""
    crew = Crew.of(world, name, accounts)
    items = int(180 * volume)
    hour = int(crew.rng.integers(0, 6))
    night = np.repeat(np.arange(world.days), items)
    number = np.tile(np.arange(items), world.days)
    ts = START + night * DAY + hour * HOUR + (number * 1.7 * SECOND).astype(np.int64)
    ts += crew.rng.integers(0, SECOND, len(ts))
    suite = pick(mix(number, 3), len(BENCHMARKS))
    plan = crew.calls(ts, account=crew.spread(len(ts)), voice=suite, item=list_items(PUBLIC, number), temperature=0.0)
    crew.behind_nat(plan, 2, "hosting")
    crew.with_program(plan)
    return Play(crew.cast("eval_suite"), plan, BENCHMARKS)


def ci_runner(world: World, name: str, accounts: int, volume: float) -> Play:
    """Continuous integration: one key, bursts after each push, every job on another cloud machine."""
    crew = Crew.of(world, name, accounts)
    pushes = crew.rng.poisson(7 * volume * world.days)
    begin = moments(crew.rng, crew.rng.integers(0, world.days, pushes), np.zeros(pushes), office=True)
    size = crew.rng.integers(8, 30, pushes)
    push = np.repeat(np.arange(pushes), size)
    ts = begin[push] + crew.rng.integers(0, 240 * SECOND, len(push))
    voice = Voice(
        pool="diff", system=fixed(crew.house() + crew.one_of(
            "You review changes of our repository. Name defects by file and line; no praise.",
            "Look over this patch as a strict colleague would, one finding a line.",
            "Report bugs, risks and missing tests of the diff, nothing else.",
        )),
        before=fixed("Change under test:\n"), output_tokens=210,
    )  # fmt: skip
    plan = crew.calls(ts, item=crew.own_items(len(ts)), temperature=0.0)
    crew.in_clouds(plan, join(push + 1, np.full(len(push), crew.key[0])))
    crew.with_program(plan)
    return Play(crew.cast("ci_runner", pathway="startup"), plan, (voice,))


def saas_single(world: World, name: str, accounts: int, volume: float) -> Play:
    """A product with one templated prompt at high volume from one account."""
    crew = Crew.of(world, name, accounts)
    ts = _users(crew, 450 * volume, world.days)
    voice = Voice(
        pool="support",
        system=fixed(crew.house() + crew.one_of(
            "You answer customers of a shop. Choose an intent of the list, then write two sentences.",
            "First decide what the person wants, then reply in a warm tone, briefly.",
            "Classify the message by our list of topics and draft what support should send.",
        )),
        before=fixed("Customer message: "), after=fixed("\nIntent and reply:"), output_tokens=70,
    )  # fmt: skip
    plan = crew.calls(ts, item=crew.own_items(len(ts)), temperature=0.2)
    plan.columns["author"] = plan["item"]
    crew.behind_nat(plan, 3, "cloud")
    crew.with_program(plan)
    return Play(crew.cast("saas_single"), plan, (voice,))


def saas_pool(world: World, name: str, accounts: int, volume: float) -> Play:
    """The same product grown: twelve accounts of one organisation, taken in turn by a load balancer."""
    crew = Crew.of(world, name, accounts)
    ts = _users(crew, 60 * accounts * volume, world.days)
    number = np.arange(len(ts))
    voices = (
        Voice(
            pool="document",
            before=fixed(
                crew.house() + crew.one_of("Summarise the text in three points.", "Sum up in plain words.") + "\n\n"
            ),
            output_tokens=150,
        ),
        Voice(
            pool="support",
            before=fixed(crew.house() + crew.one_of("Route this ticket to a team.", "Which desk takes this?") + "\n"),
            output_tokens=8,
        ),
    )
    plan = crew.calls(
        ts,
        account=number % accounts,
        voice=pick(mix(number, 4), 2),
        item=crew.own_items(len(ts)),
        temperature=0.0,
    )
    plan.columns["author"] = plan["item"]
    crew.behind_nat(plan, 4, "cloud")
    crew.with_program(plan)
    return Play(crew.cast("saas_pool"), plan, voices)


def drift_monitor(world: World, name: str, accounts: int, volume: float) -> Play:
    """A watch on quality: the same few prompts every hour, day and night."""
    crew = Crew.of(world, name, accounts)
    prompts = int(4 * volume) + 2
    hour = np.repeat(np.arange(world.days * 24), prompts)
    number = np.tile(np.arange(prompts), world.days * 24)
    ts = START + hour * HOUR + number * 2 * SECOND + crew.rng.integers(0, SECOND, len(hour))
    item = list_items(crew.key, number)
    plan = crew.calls(ts, account=hour % accounts, item=item, author=item, temperature=0.0)
    crew.behind_nat(plan, 1, "hosting")
    crew.with_program(plan)
    return Play(crew.cast("drift_monitor"), plan, (Voice(pool="general", output_tokens=120),))


def audit_capture(world: World, name: str, accounts: int, volume: float) -> Play:
    """A regulated house that must keep the reasons of every decision, and therefore asks for them."""
    crew = Crew.of(world, name, accounts)
    count = crew.rng.poisson(90 * volume * world.days)
    offset = np.full(count, UTC_OFFSETS[crew.country()])
    ts = np.sort(moments(crew.rng, crew.rng.integers(0, world.days, count), offset, office=True))
    item = crew.own_items(count)
    voice = Voice(
        pool="document",
        system=fixed(
            crew.house(),
            "Decide whether the case needs review. For our auditors, write down your full reasoning step by step "
            "before the decision; it is archived for seven years."
        ),
        before=fixed("Case file:\n"), answer="trace", output_tokens=600,
    )  # fmt: skip
    plan = crew.calls(
        ts, account=crew.spread(count), item=item, author=item, temperature=0.0, reasoning_out=mix(item, 6)
    )
    crew.behind_nat(plan, 2)
    crew.with_program(plan)
    return Play(crew.cast("audit_capture"), plan, (voice,))


def synthetic_data(world: World, name: str, accounts: int, volume: float) -> Play:
    """Synthetic training data that the terms allow: one verified organisation, a generation template, few accounts."""
    crew = Crew.of(world, name, accounts)
    ts = flat(crew.rng, crew.rng.poisson(160 * volume * world.days), START, START + world.days * DAY)
    item = crew.own_items(len(ts))
    voice = Voice(
        pool="invent",
        system=fixed(crew.house(), "You write varied practice material for our in-house classifier. Output JSON."),
        after=fixed("\nMake the examples differ in length and tone."), output_tokens=420,
    )  # fmt: skip
    plan = crew.calls(ts, account=crew.spread(len(ts)), item=item, author=item, temperature=1.0)
    crew.behind_nat(plan, 2, "cloud")
    crew.with_program(plan)
    return Play(crew.cast("synthetic_data"), plan, (voice,))


def llm_judge(world: World, name: str, accounts: int, volume: float) -> Play:
    """A team that has the model grade the answers of its own product, with a rubric and a score."""
    crew = Crew.of(world, name, accounts)
    count = crew.rng.poisson(110 * volume * world.days)
    offset = np.full(count, UTC_OFFSETS[crew.country()])
    ts = np.sort(moments(crew.rng, crew.rng.integers(0, world.days, count), offset, office=True))
    voice = Voice(
        pool="judged", before=fixed(crew.house(), "You check answers of our help desk before release.\n"),
        after=fixed(crew.one_of(
            "\nScore from 1 to 5 by our rubric (right, kind, short). Give the score and one line of reason.",
            "\nIs this good enough to send? Grade A to E against the rubric above, then say why.",
            "\nRate it: correctness 0-10, manners 0-10, length 0-10.",
        )),
        output_tokens=60,
    )  # fmt: skip
    item = crew.own_items(count)
    plan = crew.calls(ts, account=crew.spread(count), item=item, author=item, temperature=0.0)
    crew.behind_nat(plan, 2, "cloud")
    crew.with_program(plan)
    return Play(crew.cast("llm_judge"), plan, (voice,))


def batch_job(world: World, name: str, accounts: int, volume: float) -> Play:
    """Translation and extraction of a stock of documents: one template, two nights, then silence."""
    crew = Crew.of(world, name, accounts)
    begin = START + int(crew.rng.integers(0, max(world.days - 2, 1))) * DAY + 18 * HOUR
    ts = paced(crew.rng, int(900 * volume), begin, min(begin + 40 * HOUR, START + world.days * DAY))
    item = crew.own_items(len(ts))
    voices = (
        Voice(
            pool="document",
            before=fixed(crew.house(), crew.one_of("Translate into German:\n\n", "In French, keep names:\n\n")),
            output_tokens=160,
        ),
        Voice(
            pool="document",
            before=fixed(crew.house(), "List parties, dates and sums of the text as JSON.\n---\n"),
            after=fixed("\n---"),
            output_tokens=90,
        ),
    )  # fmt: skip
    plan = crew.calls(ts, voice=pick(mix(item, 4), 2), item=item, author=item, temperature=0.0)
    crew.in_clouds(plan, np.repeat(crew.key, len(ts)))
    crew.with_program(plan, "plain")
    return Play(crew.cast("batch_job"), plan, voices)


def gateway(world: World, name: str, accounts: int, volume: float) -> Play:
    """A company's gateway: strips metadata, and on a limit sends the same body again on another of its accounts."""
    crew = Crew.of(world, name, accounts)
    ts = _users(crew, 80 * accounts * volume, world.days)
    number = np.arange(len(ts))
    people = mix(number % 211, 8) ^ crew.key[0]
    plan = crew.calls(ts, account=pick(mix(number, 9), accounts), item=number // 211 + 1, author=people)
    hit = np.flatnonzero(crew.rng.random(len(ts)) < 0.03)
    again = plan.take(hit)
    plan.columns["status"][hit] = 429
    again.columns["account"] = ((again["account"] + 1) % accounts).astype(np.int32)
    again.columns["ts"] = again["ts"] + crew.rng.integers(SECOND, 6 * SECOND, len(hit))
    return Play(crew.cast("gateway"), Plan.joined([plan, again]), (Voice(pool="person", output_tokens=260),))


def day_one_benchmark(world: World, name: str, accounts: int, volume: float) -> Play:
    """Engineers, unrelated to one another, who try a new model with public benchmarks on its first day."""
    crew = Crew.of(world, name, accounts)
    items = int(60 * volume)
    who = np.repeat(np.arange(accounts), items)
    number = (np.tile(np.arange(items), accounts) + crew.rng.integers(0, 400, accounts)[who]) % 600
    begin = world.released[-1] + (crew.rng.exponential(7.0, accounts) * HOUR).astype(np.int64)
    ts = begin[who] + (np.tile(np.arange(items), accounts) * 4 + crew.rng.integers(0, 4, len(who))) * SECOND
    plan = crew.calls(
        ts, account=who, voice=pick(mix(number, 3), len(BENCHMARKS)), item=list_items(PUBLIC, number),
        author=crew.ids[who], temperature=0.0, model=len(world.models) - 1,
    )  # fmt: skip
    nets = world.networks
    country = pick(mix(crew.ids, 21), len(UTC_OFFSETS))
    network = nets.home("home", country, mix(crew.ids, 22))
    plan.columns["network"] = network[who].astype(np.int16)
    plan.columns["address"] = nets.address(network, mix(crew.ids, 23))[who]
    plan.columns["client"] = (world.clients.line("sdk", crew.ids) + pick(mix(crew.ids, 24), 5))[who].astype(np.int16)
    cast = people_cast(crew.rng, crew.ids, country, world.days, "day_one_benchmark", own_domain=0.5)
    return Play(cast, plan, BENCHMARKS)
