"""The policy: one TOML file that says what is done at which evidence, and how much harm it may do at the most."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints

from stillhunt.errors import UsageError, did_you_mean, of_system, reason
from stillhunt.live.judgement import NOTHING, Judgement, Of
from stillhunt.live.toml import parse_toml
from stillhunt.live.verdict import Action

_DURATION = re.compile(r"([1-9]\d{0,5}) (minute|hour|day)s?")
_SECONDS = {"minute": 60, "hour": 3600, "day": 86_400}
MILLION = 1_000_000
MOST = 1e9
"""No number in a policy means more than this, so that a larger one is a mistake."""


@dataclass(frozen=True)
class Rule:
    """One step: what is done from which evidence on. The text beside each type says what it does."""

    action: Annotated[Action, "what is done, by its name"]
    bits: Annotated[float, "evidence against the account from which on it is done, in bits"]
    expires: Annotated[int, "how long it lasts without new evidence: '30 minutes', '12 hours', '7 days'"]
    group_bits: Annotated[float, "evidence that the campaign has grown again, needed as well; never of members"] = 0.0
    request: Annotated[float, "how likely the request itself must be the campaign's, 0 to 1"] = 0.0
    reversible: Annotated[bool, "whether it can be taken back as if it had not been"] = True
    on_failure: Annotated[str, "`open` or `closed`: what a gateway does if it cannot carry the step out"] = "open"

    def __post_init__(self) -> None:
        """Refuse values that make no sense."""
        if self.action is Action.allow:
            raise UsageError("A rule's action is 'allow', which is what happens without a rule: leave the rule out.")
        if not 0 <= self.request <= 1:
            raise UsageError(f"A rule's 'request' is {self.request}: give a probability from 0 to 1.")
        if self.on_failure not in {"open", "closed"}:
            raise UsageError(f"A rule's 'on_failure' is '{self.on_failure}': give 'open' or 'closed'.")
        if self.action.of_request and self.request < LEAST_REQUEST:
            raise UsageError(
                f"The rule '{self.action.name}' acts on single requests, so its 'request' must be at least "
                f"{LEAST_REQUEST}: in a mixed account the others are an innocent customer's."
            )

    def holds(self, judgement: Judgement, moment: int) -> bool:
        """Whether the evidence is enough at a moment, µs UTC, and no older than the step may last without any."""
        j = judgement
        return (
            j.last is not None
            and moment < j.last + self.lasts
            and j.bits >= self.bits
            and j.probability >= self.request
            and (j.tested or self.group_bits <= 0 or j.group_bits >= self.group_bits)
            and self.action in _ASKED[j.of]
        )

    @property
    def lasts(self) -> int:
        """How long it lasts without new evidence, in µs."""
        return self.expires * 1_000_000


_ASKED = {
    Of.account: frozenset(Action),
    Of.request: frozenset(action for action in Action if not action.of_account),
    Of.holder: frozenset({Action.act_on_organisation}),
}
"""Which rules are asked, by whose evidence it is."""
LEAST_REQUEST = 0.5
"""A rule on single requests may not touch those that are likelier innocent."""


@dataclass(frozen=True)
class Policy:
    """What is done at which evidence. The text beside each type says what it does; the page is made from it."""

    name: Annotated[str, "what people call it"]
    appeal: Annotated[str, "where a customer may object: an address or a page"]
    rules: Annotated[tuple[Rule, ...], "the steps, one `[[rule]]` each; of those that hold, the strongest is taken"]
    simulated: Annotated[bool, "whether decisions are only written down: true until a replay was within the budget"] = (
        True
    )
    harm_budget: Annotated[float, "innocents that steps above 'watch' may hit, per million requests"] = 10.0
    version: str = ""
    """First digits of `digest`."""
    digest: str = ""
    """The file's SHA-256."""
    permitted: bool = False
    """Whether a replay of past traffic stayed within the harm budget and somebody enabled it (permit.py)."""

    @property
    def dry(self) -> bool:
        """Whether its decisions are only written down: because it says so, or because nobody has enabled it."""
        return self.simulated or not self.permitted

    @cached_property
    def title(self) -> str:
        """Name and version."""
        return f"{self.name} {self.version}".strip()

    def __post_init__(self) -> None:
        """Refuse values that make no sense."""
        if not self.rules:
            raise UsageError("The policy has no [[rule]], so it would do nothing: give it one.")
        if self.harm_budget < 0:
            raise UsageError(f"The policy's 'harm_budget' is {self.harm_budget}: give 0 or more.")
        actions = [rule.action for rule in self.rules]
        for action in actions:
            if actions.count(action) > 1:
                raise UsageError(f"The policy has two rules for '{action.name}': keep one.")

    @classmethod
    def load(cls, path: str | Path) -> "Policy":
        """Read and check a policy file.

        Raises:
            UsageError: It is missing, no TOML, or holds a name or value that a policy cannot have.
        """
        try:
            raw = Path(path).read_bytes()
        except OSError as error:
            msg = f"The policy '{path}' cannot be read ({reason(error)}): give a TOML file."
            raise of_system(error, msg) from None
        try:
            return cls.parse(raw)
        except UsageError as error:
            raise UsageError(f"In the policy '{path}': {error}") from None

    @classmethod
    def parse(cls, raw: bytes) -> "Policy":
        """Check the bytes of a policy file.

        Raises:
            UsageError: They are no TOML, or hold a name or value that a policy cannot have.
        """
        try:
            given = parse_toml(raw)
        except ValueError as error:
            raise UsageError(f"This is no TOML ({error}).") from None
        if "rules" in given:  # the field's name and not the file's: beside [[rule]] it would be lost without a word
            raise UsageError("A policy has no 'rules': write [[rule]] above each.")
        if "rule" in given:
            given["rules"] = given.pop("rule")
        values = _checked(cls, given, "policy", hidden=("version", "digest", "permitted"))
        if not isinstance(values["rules"], list) or not all(isinstance(rule, dict) for rule in values["rules"]):
            raise UsageError("The rules must be tables: write [[rule]] above each.")
        rules = tuple(Rule(**_checked(Rule, rule, "rule")) for rule in values.pop("rules"))
        digest = sha256(raw).hexdigest()
        return cls(**values, rules=rules, version=digest[:12], digest=digest)

    def decide(self, judgements: Iterable[Judgement], moment: int) -> tuple[Rule | None, Judgement]:
        """Return the strongest rule that the evidence for any campaign is enough for, if any, and that evidence.

        Each campaign is asked about by itself, so that old evidence for one hides no fresh evidence for another.
        """
        taken = [(self._strongest(judgement, moment), judgement) for judgement in judgements]
        return max(taken, key=_weight, default=(None, NOTHING))

    def _strongest(self, judgement: Judgement, moment: int) -> Rule | None:
        held = [rule for rule in self.rules if rule.holds(judgement, moment)]
        return max(held, key=lambda rule: rule.action, default=None)


def _weight(taken: tuple[Rule | None, Judgement]) -> tuple[Action, bool, float, str]:
    """The strongest action first, an account's own evidence before that of who holds it, and then the most bits."""
    rule, judgement = taken
    own = judgement.of is not Of.holder
    return (rule.action if rule else Action.allow), own, judgement.bits, judgement.campaign_id or ""


DEFAULT = Policy(
    name="watch only",
    appeal="the provider's support",
    rules=(Rule(Action.watch, bits=6.0, expires=30 * 86_400),),
)
"""What a scorer does until it is given a policy: it looks, and touches nobody."""


def _checked(kind: type, given: Mapping[str, Any], what: str, hidden: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the values of a table of the file, each of the type of its field."""
    types = {name: t for name, t in get_type_hints(kind).items() if name not in hidden}
    shown = ["rule" if name == "rules" else name for name in types]
    for name in given:
        if name not in types:
            raise UsageError(f"A {what} has no '{name}'.{did_you_mean(name, shown)} There are: {', '.join(shown)}.")
    for field in fields(kind):
        if field.default is MISSING and field.name not in given:
            missing = "[[rule]]" if field.name == "rules" else f"'{field.name}'"
            raise UsageError(f"A {what} needs {missing}: it is missing.")
    return {name: _value(types[name], name, value) for name, value in given.items()}


def _value(kind: Any, name: str, value: Any) -> Any:
    if kind is Action:
        names = [action.name for action in Action if action]
        if value not in names:
            raise UsageError(f"No action '{value}'.{did_you_mean(str(value), names)} There are: {', '.join(names)}.")
        return Action[value]
    if name == "expires":
        found = _DURATION.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            raise UsageError(f"A rule's 'expires' is {value!r}: write '30 minutes', '12 hours' or '7 days'.")
        return int(found[1]) * _SECONDS[found[2]]
    number = kind is float and isinstance(value, int | float) and not isinstance(value, bool)
    if number:
        if abs(value) > MOST:  # and perhaps with more digits than Python writes
            raise UsageError(f"The value of '{name}' is beyond {MOST:,.0f}: give a smaller number.")
        if not math.isnan(value):
            return float(value)
    elif (kind in {str, bool} and type(value) is kind) or kind not in {float, str, bool}:
        return value
    wanted: Literal["a number", "true or false", "text"] = (
        "a number" if kind is float else "true or false" if kind is bool else "text"
    )
    raise UsageError(f"The value of '{name}' is {value!r}: give {wanted}.")
