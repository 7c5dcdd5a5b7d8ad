"""Strangers and groups of people who send the same text for an honest reason: viral prompts, classes, question sets."""

import numpy as np

from foreign.clients import browser
from foreign.clocks import DAY, HOUR
from foreign.corpus import Talk
from foreign.people import Habit, private, talk
from foreign.world import World


def viral(world: World, n: int) -> None:
    """Persons who copy a prompt that goes round, over a few days, and also talk about their own things."""
    left = n
    while left > 0:
        text = world.choose(world.corpus.viral)
        peak = world.start + int(world.rng.uniform(1, max(1.5, world.days - 3)) * DAY)
        crowd = min(left, int(world.rng.integers(12, 120)))
        for _ in range(crowd):
            account = world.open_account("viral_prompt")
            habit = private(world, account)
            talk(world, account, world.talks(), habit)
            begin = peak + int(world.rng.gamma(1.5, 1.2) * DAY)
            if begin < world.end - HOUR:
                said = (
                    text
                    if world.chance(0.7)
                    else text + world.choose((" Please.", "\n\nAnswer in English.", " Start now."))
                )
                talk(world, account, [Talk([said])], habit, np.array([begin]))
        left -= crowd


def classes(world: World, n: int) -> None:
    """Classes with one assignment before one deadline, on campus and at home."""
    left = n
    while left > 0:
        size = min(left, int(world.rng.integers(25, 90)))
        left -= size
        org = f"org_{world.token(8)}" if world.chance(0.6) else None
        country = world.internet.country()
        campus, domain = world.internet.office(country), f"uni-{world.token(4)}.edu"
        pool = world.choose(("coding", "reasoning"))
        tasks = [item.text for item in world.see(pool, int(world.rng.integers(2, 7)))]
        deadline = world.start + int(world.rng.uniform(5, max(5.5, world.days - 1)) * DAY)
        enrolled = world.start - int(world.rng.uniform(5, 60) * DAY)
        for _ in range(size):
            account = world.open_account(
                "class", country=country, org_id=org, email_domain=domain if world.chance(0.8) else world.public_mail(),
                payment_id=None, pathway="education", verified=world.chance(0.3), plan="education",
                created_at=enrolled + int(world.rng.exponential(6) * HOUR),
            )  # fmt: skip
            habit = Habit(browser(world.rng), (campus, world.internet.home(country)), work=True)
            talk(world, account, world.talks(), habit)
            own = [Talk(_work_on(world, t)) for t in tasks if world.chance(0.8)]
            before = np.sort(deadline - (world.rng.exponential(1.1, size=len(own)) * DAY).astype(np.int64))
            talk(world, account, own, habit, np.clip(before, world.start, world.end - HOUR))


def question_sets(world: World, n: int) -> None:
    """Strangers who study from one public set of questions, each some of them, in their own order and time."""
    pool = world.choose(("reasoning", "coding"))
    questions = [item.text for item in world.see(pool, int(world.rng.integers(60, 200)))]
    for _ in range(n):
        account = world.open_account("question_set", pathway=world.choose(("standard", "education")))
        habit = private(world, account)
        some = world.rng.permutation(len(questions))[: int(world.rng.integers(5, 40))]
        talk(world, account, [Talk(_work_on(world, questions[i])) for i in some] + world.talks(), habit)


def _work_on(world: World, task: str) -> list[str]:
    """A student's conversation about a task: some paste it, some ask around it, most ask again."""
    first = world.choose(("{}", "{}", "Can you help me with this?\n\n{}", "{}\n\nI don't understand where to start."))
    after = (
        "I still don't get it", "why does that work?", "can you check my solution, I got something else", "ok thanks",
        "explain step by step please", "what if the input is empty?", "shorter please",
    )  # fmt: skip
    more = [world.choose(after) for _ in range(int(world.rng.geometric(0.45)) - 1)]
    return [first.replace("{}", task), *more]
