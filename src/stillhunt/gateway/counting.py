"""Metrics for Prometheus and spans for OpenTelemetry, each if its package is there. No label names an account."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Final

from stillhunt.gateway.decision import Decision

FAILURES: Final = {
    "blind": "requests without a verdict because no watch list or policy could be loaded",
    "timeout": "requests whose verdict did not come within the time budget",
    "busy": "requests not asked about because the scorer had stopped to answer",
    "error": "requests on which the scorer failed",
    "too_large": "requests whose body was too long to read",
    "unreadable": "requests whose body was no JSON that could be read",
    "hung_up": "requests whose client hung up, or broke off, before their body was there",
    "unknown_message": "messages of Envoy of a kind that is not known here, which are passed over",
    "not_carried_out": "actions that the gateway could not carry out, so that the rule's `on_failure` decided",
    "watchlist_missing": "times that the watch list file vanished",
    "watchlist_refused": "times that a new watch list file was refused as damaged or unsigned",
    "store": "times that the shared store could not be reached",
    "log": "times that the decision log could not be written",
    "load": "tries to load watch list, policy and log that failed",
}
"""What can go wrong, and is counted."""


class Counting:
    """Counts decisions and failures."""

    def __init__(self, registry: Any = None) -> None:
        """Count from zero, in a Prometheus registry of its own or in the one given."""
        self.decisions: dict[str, int] = {}
        self.failures = dict.fromkeys(FAILURES, 0)
        self.registry: Any = None
        self._metrics: dict[str, Any] = {}
        try:
            prometheus = import_module("prometheus_client")
        except ImportError:
            return
        taken = registry is not None and "stillhunt_decisions" in getattr(registry, "_names_to_collectors", {})
        # A second guard in one process, as a test or a reload makes, cannot have the same names there.
        self.registry = prometheus.CollectorRegistry() if registry is None or taken else registry
        counter, gauge, histogram = prometheus.Counter, prometheus.Gauge, prometheus.Histogram
        buckets = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 1.0)
        own = {"registry": self.registry}
        self._metrics = {
            "decisions": counter("stillhunt_decisions", "Requests by what was done", ["action", "simulated"], **own),
            "failures": counter("stillhunt_failures", "What went wrong, by kind", ["kind"], **own),
            "seconds": histogram("stillhunt_decision_seconds", "Time until a decision", buckets=buckets, **own),
            "state": gauge("stillhunt_state", "1 for the state that the gateway is in", ["state"], **own),
            "innocent": gauge("stillhunt_innocent_per_million", "Innocent requests touched, expected", **own),
            "expired": gauge("stillhunt_watchlist_expired", "1 if the watch list is too old to act on", **own),
        }
        for kind in FAILURES:
            self._metrics["failures"].labels(kind)

    def decided(self, decision: Decision, seconds: float) -> None:
        """Count one decision; what a simulated verdict would have done counts under its own name."""
        verdict = decision.verdict
        name = decision.action.name if decision.action is not None else "refuse"
        simulated = bool(verdict and verdict.simulated and verdict.action)
        name = verdict.action.name if simulated and verdict else name
        self.decisions[name] = self.decisions.get(name, 0) + 1
        if self._metrics:
            self._metrics["decisions"].labels(name, str(simulated).lower()).inc()
            self._metrics["seconds"].observe(seconds)

    def failed(self, kind: str) -> None:
        """Count one failure."""
        self.failures[kind] += 1
        if self._metrics:
            self._metrics["failures"].labels(kind).inc()

    def stands(self, health: Mapping[str, Any]) -> None:
        """Show the state of the gateway."""
        if not self._metrics:
            return
        for state in ("ok", "degraded", "blind"):
            self._metrics["state"].labels(state).set(state == health["status"])
        scorer = health.get("scorer") or {}
        self._metrics["innocent"].set(scorer.get("innocent_per_million", 0.0))
        self._metrics["expired"].set(bool(scorer.get("expired")))

    def names(self) -> list[str]:
        """Return the names of the metrics as Prometheus shows them."""
        return [f"{m.name}_total" if m.type == "counter" else m.name for m in self.registry.collect()]

    def page(self) -> tuple[str, bytes]:
        """Return content type and text of the metrics, as Prometheus reads them."""
        if self.registry is None:
            return "text/plain", b"# prometheus-client is not installed: pip install 'stillhunt[gateway]'\n"
        prometheus = import_module("prometheus_client")
        return str(prometheus.CONTENT_TYPE_LATEST), bytes(prometheus.generate_latest(self.registry))


@contextmanager
def span(name: str) -> Iterator[Any]:
    """Open a span if OpenTelemetry's API is installed; yield what attributes are set on, or None."""
    if _TRACER is None:
        yield None
        return
    with _TRACER.start_as_current_span(name) as current:
        yield current


def tell(current: Any, decision: Decision) -> None:
    """Write onto a span what was decided; never whose request it was."""
    if current is None:
        return
    current.set_attribute("stillhunt.action", decision.action.name if decision.action is not None else "refuse")
    if decision.failure:
        current.set_attribute("stillhunt.failure", decision.failure)
    if (verdict := decision.verdict) is not None:
        current.set_attribute("stillhunt.bits", verdict.bits)
        current.set_attribute("stillhunt.simulated", verdict.simulated)
        current.set_attribute("stillhunt.policy", verdict.policy)
        current.set_attribute("stillhunt.watchlist", verdict.watchlist)
        if verdict.campaign_id:
            current.set_attribute("stillhunt.campaign", verdict.campaign_id)


def _tracer() -> Any:
    try:
        return import_module("opentelemetry.trace").get_tracer("stillhunt.gateway")
    except ImportError:
        return None


_TRACER = _tracer()
