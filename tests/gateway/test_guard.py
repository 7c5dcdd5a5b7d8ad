"""What goes wrong around a scorer never takes the model API down, and never goes wrong in silence."""

import asyncio
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from gateway.place import SECRET, account, bits, watch_list
from gateway.running import wait_until
from stillhunt.errors import ServiceError, UsageError
from stillhunt.gateway.asking import Asking
from stillhunt.gateway.calls import Call
from stillhunt.gateway.guard import Guard
from stillhunt.gateway.settings import GatewaySettings
from stillhunt.live.log import verify
from stillhunt.live.verdict import Action, Verdict

BODY = b'{"model": "m", "messages": [{"role": "user", "content": "Name a river in Bavaria."}]}'
SUSPENDED, SLOWED = account(Action.suspend_account), account(Action.slow)


@pytest.fixture
def start(place):
    """Start guards, and close them at the end."""
    guards = []

    def begin(**changed):
        guards.append(Guard(place.settings(**changed)))
        return guards[-1]

    yield begin
    for guard in guards:
        guard.close()


def ask(guard, who="stranger"):
    return asyncio.run(guard.judge(Call("/v1/chat/completions", {"x-account-id": who}, "198.51.100.7", BODY)))


def test_all_is_well(start):
    guard = start()
    assert ask(guard).action is Action.allow
    assert ask(guard, SUSPENDED).action is Action.suspend_account
    assert guard.health()["status"] == "ok"
    assert not any(guard.health()["failures"].values())


def test_a_watch_list_that_is_damaged_later_leaves_the_old_one_in_use(start, place):
    guard = start()
    assert ask(guard, SUSPENDED).action is Action.suspend_account
    place.watchlist.write_bytes(place.watchlist.read_bytes()[:-7] + b"garbage")
    wait_until(lambda: guard.health()["failures"]["watchlist_refused"] == 1)
    assert guard.health()["status"] == "degraded"
    assert "refused" in guard.health()["why"][0]
    assert ask(guard, SUSPENDED).action is Action.suspend_account
    watch_list({"somebody-new": bits(Action.suspend_account)}, "the next run").write(place.watchlist, SECRET)
    wait_until(lambda: guard.health()["status"] == "ok")
    assert ask(guard, "somebody-new").action is Action.suspend_account
    assert ask(guard, SUSPENDED).action is Action.allow


def test_a_watch_list_that_vanishes_leaves_the_old_one_in_use(start, place):
    guard = start()
    saved = place.watchlist.read_bytes()
    place.watchlist.unlink()
    wait_until(lambda: guard.health()["failures"]["watchlist_missing"] == 1)
    assert "vanished" in guard.health()["why"][0]
    assert ask(guard, SUSPENDED).action is Action.suspend_account
    place.watchlist.write_bytes(saved)
    wait_until(lambda: guard.health()["status"] == "ok")


@pytest.mark.parametrize("damage", ["missing", "damaged", "empty", "no policy"])
def test_a_gateway_that_starts_without_what_it_needs_is_blind_and_says_so(start, place, damage):
    saved, file = place.watchlist.read_bytes(), place.policy if damage == "no policy" else place.watchlist
    policy = place.policy.read_bytes()
    file.unlink()
    if damage in {"damaged", "empty"}:
        file.write_bytes(b"garbage" * 100 if damage == "damaged" else b"")
    guard = start()
    told = ask(guard, SUSPENDED)
    assert (told.action, told.failure) == (Action.allow, "blind")
    health = guard.health()
    assert health["status"] == "blind"
    assert health["why"][0].startswith("The")
    assert health["failures"]["blind"] == 1
    place.watchlist.write_bytes(saved)
    place.policy.write_bytes(policy)
    wait_until(lambda: guard.health()["status"] == "ok")
    assert ask(guard, SUSPENDED).action is Action.suspend_account


def test_blind_and_closed_refuses(start, place):
    place.watchlist.unlink()
    assert ask(start(blind="closed")).refused


def test_a_strict_start_fails_at_once(place):
    place.watchlist.write_bytes(b"garbage" * 100)
    with pytest.raises(ServiceError):
        Guard(place.settings(), strict=True)
    place.watchlist.unlink()
    with pytest.raises(UsageError):
        Guard(place.settings(), strict=True)


def test_a_scorer_that_hangs_costs_the_budget_a_few_times_and_then_nothing(start):
    guard = start(budget_ms=100.0)
    wait_until(lambda: ask(guard, SUSPENDED).verdict is not None)
    wait_until(lambda: ask(guard, SLOWED).verdict is not None)
    free = threading.Event()
    guard._thread.submit(free.wait)
    told = ask(guard, SUSPENDED)
    # Its rule fails closed, so the action is carried out without a verdict; that of `slow` fails open.
    assert (told.action, told.failure) == (Action.suspend_account, "timeout")
    assert ask(guard, SLOWED).action is Action.allow
    for _ in range(8):
        assert ask(guard).failure in {"timeout", "busy"}
    begun = time.monotonic()
    answers = [ask(guard).failure for _ in range(20)]
    assert answers.count("busy") >= 15
    assert time.monotonic() - begun < 5
    assert guard.health()["status"] == "degraded"
    assert guard.health()["failures"]["timeout"] >= 2
    free.set()
    wait_until(lambda: ask(guard).failure is None)
    assert guard.health()["status"] == "ok"


def logged(place):
    text = (place.folder / "decisions.jsonl").read_text(encoding="utf-8")
    return [json.loads(line)["decision"] for line in text.splitlines()]


def test_a_verdict_that_comes_too_late_touches_nobody_and_the_log_says_so(start, place):
    guard = start(budget_ms=100.0, log=str(place.folder / "decisions.jsonl"))
    wait_until(lambda: ask(guard, SUSPENDED).verdict is not None)
    before, free = guard.scorer.budget.touched, threading.Event()

    def slow():
        free.wait()
        return {"account_id": SLOWED, "exchange_id": "late"}

    told = asyncio.run(guard.decide(slow, SLOWED))
    assert (told.action, told.failure) == (Action.allow, "timeout")
    free.set()
    guard.close()
    late = [line for line in logged(place) if line["exchange_id"] == "late"]
    assert [(line["action"], line["enforced"], line["late"]) for line in late] == [("slow", "allow", True)]
    assert guard.scorer.budget.touched == before


@pytest.mark.parametrize("made_first", [True, False])
def test_gateway_and_scorer_agree_whether_a_verdict_came_in_time(made_first):
    """The verdict is made when the gateway stops to wait, just before or just after."""
    begun, stopped, in_times = threading.Event(), threading.Event(), []
    verdict = Verdict(Action.slow, 1.0, (), None, simulated=False)

    def score(in_time):
        if made_first:
            in_times.append(in_time())
        begun.set()
        stopped.wait()
        if not made_first:
            in_times.append(in_time())
        return verdict

    async def both(thread):
        asking = Asking(thread, score)
        begun.wait()
        return await asking.answer(0.1)

    with ThreadPoolExecutor(1) as thread:
        if made_first:
            threading.Timer(0.5, stopped.set).start()
            assert asyncio.run(both(thread)) is verdict
        else:
            with pytest.raises(TimeoutError):
                asyncio.run(both(thread))
            stopped.set()
    assert in_times == [made_first]


@pytest.mark.parametrize("why", ["spent", "expired"])
def test_no_action_stands_once_nothing_is_carried_out_any_more(start, why):
    guard = start(budget_ms=100.0)
    wait_until(lambda: ask(guard, SUSPENDED).verdict is not None)
    free = threading.Event()
    guard._thread.submit(free.wait)
    assert ask(guard, SUSPENDED).action is Action.suspend_account
    if why == "spent":
        guard.scorer.budget.spent = True
    else:
        guard.scorer._now = lambda: guard.scorer.watchlist.header["expires"]
    told = ask(guard, SUSPENDED)
    assert (told.action, told.failure) == (Action.allow, "timeout")
    assert guard.health()["remembered"] == 0
    free.set()


def test_a_scorer_that_fails_is_counted(start):
    guard = start()

    def broken():
        raise RuntimeError("the text of a prompt")

    told = asyncio.run(guard.decide(broken, SLOWED))
    assert (told.action, told.failure) == (Action.allow, "error")
    assert guard.health()["failures"]["error"] == 1


def test_failures_are_logged_without_anything_of_the_request(start, caplog):
    guard = start()

    def broken():
        raise RuntimeError("the text of a prompt")

    asyncio.run(guard.decide(broken, "an account"))
    assert "RuntimeError" in caplog.text
    assert "the text of a prompt" not in caplog.text
    assert "an account" not in caplog.text


def test_decisions_are_logged_and_verified(start, place):
    log = place.folder / "decisions.jsonl"
    guard = start(log=str(log))
    ask(guard, SUSPENDED)
    guard.close()
    assert verify(log, SECRET).lines == 1
    assert "Bavaria" not in log.read_text(encoding="utf-8")


def test_a_log_that_cannot_be_written_costs_no_verdict_and_is_told(start, place):
    log = place.folder / "decisions.jsonl"
    guard = start(log=str(log))
    away = log.rename(place.folder / "away")
    assert ask(guard, SUSPENDED).action is Action.suspend_account
    wait_until(lambda: guard.health()["failures"]["log"] >= 1)
    assert guard.health()["status"] == "degraded"
    assert "cannot be written" in guard.health()["why"][0]
    away.rename(log)
    wait_until(lambda: guard.health()["status"] == "ok")
    assert guard.health()["scorer"]["trouble"]["log"] == 0
    assert verify(log, SECRET).lines == 1


def test_a_log_that_is_gone_while_its_head_stands_is_not_begun_anew(start, place):
    log = place.folder / "decisions.jsonl"
    guard = start(log=str(log))
    ask(guard, SUSPENDED)
    guard.close()
    log.unlink()
    health = start(log=str(log)).health()
    assert health["status"] == "blind"
    assert "is gone" in health["why"][0]


def test_spans_tell_what_was_decided_and_of_nobody(start, monkeypatch):
    kept, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    monkeypatch.setattr("stillhunt.gateway.counting._TRACER", provider.get_tracer("t"))
    ask(start(), SUSPENDED)
    (span,) = kept.get_finished_spans()
    assert span.attributes["stillhunt.action"] == "suspend_account"
    assert SUSPENDED not in str(span.attributes)


MISTAKES = {
    'watchlst = "w"': "There is no setting 'watchlst'. Did you mean 'watchlist'?",
    'policy = "p"': "The setting 'watchlist' is missing.",
    'watchlist = "w"\npolicy = 3': "The setting 'policy' is 3: give text.",
    'watchlist = "w"\npolicy = "p"\nblind = "shut"': "The setting 'blind' is 'shut': give 'open' or 'closed'.",
    'watchlist = "w"\npolicy = "p"\nbudget_ms = 0': "The setting 'budget_ms' is 0.0: give more than 0.",
    'watchlist = "w"\npolicy = "p"\n[headers]\nacount_id = "x"': "No column 'acount_id' can be told by a header.",
    'watchlist = "w"\npolicy = "p"\n[headers]\nip = "X-Stillhunt-IP"': "The header 'x-stillhunt-ip' for 'ip' is taken",
    'watchlist = "w"\npolicy = "p"\nbudget_ms = nan': "The setting 'budget_ms' is nan: give more than 0.",
    'watchlist = "w"\npolicy = "p"\nslow_seconds = -1': "The setting 'slow_seconds' is -1.0: give 0 or more.",
    'watchlist = "w"\npolicy = "p"\nstatus_path = "health"': "The setting 'status_path' is 'health': give a path",
    'watchlist = "w"\npolicy = "p"\n[headers]\nip = ""': "The header for 'ip' has no name",
    "watchlist = ": "The gateway's settings",
    "watchlist = " + "9" * 5000: "are no TOML (a number in it is too long): mend that place.",
    'watchlist = "w"\npolicy = "p"\nbudget_ms = ' + "9" * 400: "The setting 'budget_ms' is a number beyond all use",
    'watchlist = "w"\npolicy = "p"\nlog = "a\\u0000b"': "The setting 'log' holds a null character: take it out.",
}


@pytest.mark.parametrize("text", MISTAKES, ids=range(len(MISTAKES)))
def test_mistakes_in_settings_are_told_in_a_sentence(tmp_path, text):
    (tmp_path / "g.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as told:
        GatewaySettings.load(tmp_path / "g.toml")
    assert MISTAKES[text] in str(told.value)


def test_settings_come_back_as_they_were_written(place, monkeypatch):
    monkeypatch.setenv("STILLHUNT_GATEWAY", str(place.write_settings(blind="closed", budget_ms=7)))
    assert GatewaySettings.from_environment() == place.settings(blind="closed", budget_ms=7.0)
    monkeypatch.delenv("STILLHUNT_GATEWAY")
    with pytest.raises(UsageError, match="not set"):
        GatewaySettings.from_environment()


def test_names_of_headers_may_be_written_in_any_case_in_python_too(start):
    assert ask(start(headers={"account_id": "X-Account-Id"}), SUSPENDED).action is Action.suspend_account
