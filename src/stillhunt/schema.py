"""The tables: the only language between modules.

A log line becomes a row of EXCHANGE; the text kernel turns it into a row of FEATURES, which carries no text; signals
turn FEATURES into HOLDS (account, signal, key); grouping turns HOLDS into GROUPS; tests turn those into EVIDENCE; and
what is called becomes CAMPAIGNS with MEMBERS and the EXCHANGES held to be harvesting.

Times are BIGINT microseconds in UTC, keys are BIGINT hashes made by the kernel (never by an engine's own hash
function, which differs between engines). Null always means *unknown*.
"""

from dataclasses import dataclass
from types import MappingProxyType

import pyarrow as pa

STRING, INT64, INT32, DOUBLE, FLOAT, BOOL = (
    pa.string(), pa.int64(), pa.int32(), pa.float64(), pa.float32(), pa.bool_(),
)  # fmt: skip
KEYS = pa.list_(pa.int64())
STRINGS = pa.list_(pa.string())


@dataclass(frozen=True)
class Column:
    """One column: its Arrow type, what it means, its unit, its OpenTelemetry GenAI name, and how it is guarded.

    `sensitive` marks content or personal data that never reaches an output; `required` marks what a row must have.
    """

    name: str
    type: pa.DataType
    meaning: str
    unit: str = ""
    otel: str = ""
    sensitive: bool = False
    required: bool = False


@dataclass(frozen=True)
class Table:
    """A named tuple of columns."""

    name: str
    meaning: str
    columns: tuple[Column, ...]

    @property
    def arrow(self) -> pa.Schema:
        """The Arrow schema: required columns are not nullable."""
        return pa.schema([pa.field(c.name, c.type, nullable=not c.required) for c in self.columns])

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in order."""
        return tuple(c.name for c in self.columns)

    def empty(self) -> pa.Table:
        """A table of this schema without rows."""
        return self.arrow.empty_table()


_ID = (
    Column("exchange_id", STRING, "the provider's id of this call", otel="gen_ai.response.id", required=True),
    Column("ts", INT64, "when the call arrived", unit="µs UTC", required=True),
    Column("account_id", STRING, "the account that made the call", otel="user.id", required=True),
)
_CALL = (
    Column("org_id", STRING, "the organisation that the account says it belongs to"),
    Column("operation", STRING, "chat, completion, embedding", otel="gen_ai.operation.name"),
    Column("model", STRING, "the model asked for", otel="gen_ai.request.model"),
    Column("provider", STRING, "whose model", otel="gen_ai.provider.name"),
)
_NUMBERS = (
    Column("images", INT32, "images in the request", unit="count"),
    Column("temperature", DOUBLE, "sampling temperature", otel="gen_ai.request.temperature"),
    Column("max_tokens", INT64, "output limit asked for", unit="tokens", otel="gen_ai.request.max_tokens"),
    Column("n", INT32, "completions asked for", unit="count", otel="gen_ai.request.choice.count"),
    Column("stream", BOOL, "whether the answer was streamed", otel="gen_ai.request.stream"),
    Column("status", INT32, "HTTP status of the answer", otel="http.response.status_code"),
    Column("stop_reason", STRING, "why generation ended", otel="gen_ai.response.finish_reasons"),
    Column("input_tokens", INT64, "prompt tokens", unit="tokens", otel="gen_ai.usage.input_tokens"),
    Column("output_tokens", INT64, "answer tokens", unit="tokens", otel="gen_ai.usage.output_tokens"),
    Column("reasoning_tokens", INT64, "thinking tokens", unit="tokens",
           otel="gen_ai.usage.reasoning.output_tokens"),
    Column("cached_tokens", INT64, "prompt tokens read from a cache", unit="tokens",
           otel="gen_ai.usage.cache_read.input_tokens"),
    Column("latency_ms", DOUBLE, "time to the whole answer", unit="ms"),
)  # fmt: skip

EXCHANGE = Table(
    "exchange",
    "One API call as logged. Only id, time and account are required.",
    (
        *_ID,
        *_CALL,
        Column("api_key_id", STRING, "id of the key used (never the key)", sensitive=True),
        Column("conversation_id", STRING, "the client's conversation or session", otel="gen_ai.conversation.id",
               sensitive=True),
        Column("system", STRING, "system prompt", otel="gen_ai.system_instructions", sensitive=True),
        Column("opening", STRING, "first user turn, when it is not the last", sensitive=True),
        Column("prompt", STRING, "last user turn", otel="gen_ai.input.messages", sensitive=True),
        Column("response", STRING, "text answered", otel="gen_ai.output.messages", sensitive=True),
        Column("turns", INT32, "user turns in the request", unit="count"),
        Column("tools", STRINGS, "names of the tools offered", otel="gen_ai.tool.definitions"),
        *_NUMBERS,
        Column("ip", STRING, "client address", otel="client.address", sensitive=True),
        Column("asn", INT64, "autonomous system of the address"),
        Column("country", STRING, "country of the address, ISO 3166-1 alpha-2", otel="geo.country.iso_code"),
        Column("ja4", STRING, "TLS client fingerprint, JA4", otel="tls.client.ja4"),
        Column("user_agent", STRING, "User-Agent header", otel="user_agent.original"),
        Column("headers", pa.map_(STRING, STRING), "SDK headers kept, names in lower case", sensitive=True),
        Column("device_id", STRING, "device or installation id sent by the client", sensitive=True),
        Column("reasoning_in", STRINGS, "thinking signatures sent back in the request", sensitive=True),
        Column("reasoning_out", STRINGS, "thinking signatures issued in the answer", sensitive=True),
    ),
)  # fmt: skip

ACCOUNT = Table(
    "account",
    "What is known of an account besides its calls.",
    (
        Column("account_id", STRING, "the account", required=True),
        Column("org_id", STRING, "the organisation that it says it belongs to"),
        Column("created_at", INT64, "when it registered", unit="µs UTC"),
        Column("email_domain", STRING, "domain of its mail address", sensitive=True),
        Column("payment_id", STRING, "fingerprint of the payment instrument", sensitive=True),
        Column("plan", STRING, "plan or tier"),
        Column("pathway", STRING, "standard, education, research, startup, enterprise or cloud"),
        Column("verified", BOOL, "whether somebody checked who stands behind it"),
        Column("country", STRING, "country of registration, ISO 3166-1 alpha-2"),
        Column("suspended_at", INT64, "when it was suspended", unit="µs UTC"),
    ),
)

RELEASE = Table(
    "release",
    "When models became available.",
    (
        Column("model", STRING, "the model's name", required=True),
        Column("released_at", INT64, "when it became available", unit="µs UTC", required=True),
    ),
)

FEATURES = Table(
    "features",
    "What an exchange says without its text: ids, numbers, fingerprints and labels.",
    (
        *_ID,
        Column("account_key", INT64, "keyed hash of the account: what tables are joined and counted by", required=True),
        Column("exchange_key", INT64, "keyed hash of the exchange", required=True),
        *_CALL,
        *_NUMBERS,
        Column("api_key", INT64, "keyed hash of the API key id"),
        Column("conversation", INT64, "keyed hash of the conversation id"),
        Column("opening", INT64, "hash of the first user turn: the session key of relays that have no session id"),
        Column("address", INT64, "keyed hash of the client address"),
        Column("network", INT64, "keyed hash of its /24 (IPv4) or /48 (IPv6)"),
        Column("asn", INT64, "autonomous system of the address"),
        Column("country", STRING, "country of the address, ISO 3166-1 alpha-2"),
        Column("tls", INT64, "hash of the JA4 fingerprint"),
        Column("client", STRING, "client program and major version named by the User-Agent"),
        Column("header_tuple", INT64, "hash of the SDK header names and values, User-Agent included"),
        Column("device", INT64, "keyed hash of the device id"),
        Column("tools_key", INT64, "hash of the sorted tool names"),
        Column("tools_count", INT32, "tools offered", unit="count"),
        Column("turns", INT32, "user turns in the request", unit="count"),
        Column("system_key", INT64, "skeleton hash of the whole system prompt (numbers and quoted text masked)"),
        Column("prompt_key", INT64, "hash of the whole normalised prompt: the same item word for word"),
        Column("body_key", INT64, "hash of system, opening and prompt together: the same request body"),
        Column(
            "head_key",
            INT64,
            "skeleton hash of the prompt's first HEAD_WORDS words, if it is longer than that",
        ),
        Column(
            "tail_key",
            INT64,
            "skeleton hash of the prompt's last HEAD_WORDS words, if it is longer than that",
        ),
        Column(
            "anchors",
            KEYS,
            "hashes of up to 4 runs of 8 words, chosen by content: fixed text anywhere in the prompt",
        ),
        Column(
            "bands",
            KEYS,
            "8 MinHash bands of 4 rows over 3-word shingles: two prompts that share one are near-duplicates",
        ),
        Column("chars", INT32, "length of the prompt", unit="characters"),
        Column("words", INT32, "length of the prompt", unit="words"),
        Column("response_chars", INT32, "length of the answer", unit="characters"),
        Column("script", STRING, "main script of the prompt: latin, han, cyrillic, arabic, other"),
        Column("capability", STRING, "what the prompt exercises most: see features/capability.py"),
        Column("capability_p", FLOAT, "probability of that label"),
        Column("elicit_reasoning", FLOAT, "probability that the request asks for reasoning to be written out"),
        Column("elicit_grading", FLOAT, "probability that it asks for rubric grading, as a reward model would"),
        Column("elicit_rewriting", FLOAT, "probability that it asks for policy-safe rewriting of sensitive text"),
        Column(
            "elicit_generation",
            FLOAT,
            "probability that it asks for training items: tasks, questions, dialogues",
        ),
        Column(
            "elicit_cleaning",
            FLOAT,
            "probability that it asks to clean or reconstruct earlier outputs or traces",
        ),
        Column("elicit_bypass", FLOAT, "probability that it searches for a way past a classifier"),
        Column("semantic", pa.binary(64), "signed 8-bit hashed word projection, 64 dimensions, unit length × 127"),
        Column("reasoning_in", KEYS, "keyed hashes of thinking signatures sent"),
        Column("reasoning_out", KEYS, "keyed hashes of thinking signatures issued"),
    ),
)

ACCOUNT_KEYS = Table(
    "account_keys",
    "ACCOUNT with what is personal replaced by keyed hashes.",
    (
        Column("account_id", STRING, "the account", required=True),
        Column("account_key", INT64, "keyed hash of the account, as in FEATURES", required=True),
        Column("org_id", STRING, "the organisation that it says it belongs to"),
        Column("created_at", INT64, "when it registered", unit="µs UTC"),
        Column("mail_domain", INT64, "keyed hash of the mail domain; null for the large public mail services"),
        Column("mail_pattern", INT64, "keyed hash of the domain with digits and random-looking labels masked"),
        Column("payment", INT64, "keyed hash of the payment instrument"),
        Column("plan", STRING, "plan or tier"),
        Column("pathway", STRING, "standard, education, research, startup, enterprise or cloud"),
        Column("verified", BOOL, "whether somebody checked who stands behind it"),
        Column("country", STRING, "country of registration"),
        Column("suspended_at", INT64, "when it was suspended", unit="µs UTC"),
    ),
)

REJECTED = Table(
    "rejected",
    "Input that could not be read, and why: nothing is lost in silence.",
    (
        Column("file", STRING, "where it stood", required=True),
        Column("line", INT64, "line or row, counted from 1", required=True),
        Column("format", STRING, "format it was read as"),
        Column("reason", STRING, "one sentence", required=True),
    ),
)

INCIDENCE = Table(
    "incidence",
    "What a signal says: this account held this key, in this exchange when the signal is about requests.",
    (
        Column("account_key", INT64, "the account", required=True),
        Column("key", INT64, "what is shared; means something only together with the signal", required=True),
        Column("exchange_key", INT64, "the exchange that showed it; null when the signal is about the account"),
        Column("ts", INT64, "when it showed", unit="µs UTC"),
    ),
)

HOLDS = Table(
    "holds",
    "Account–key rows of all signals: keys, never pairs of accounts.",
    (
        Column("account_id", STRING, "the account", required=True),
        Column("signal", STRING, "which signal says so", required=True),
        Column("family", STRING, "family of the signal: dependent signals share one", required=True),
        Column("key", INT64, "what is shared", required=True),
        Column("n", INT64, "exchanges that showed it (1 for a fact of the account)", required=True),
        Column("first_ts", INT64, "first time", unit="µs UTC"),
        Column("last_ts", INT64, "last time", unit="µs UTC"),
    ),
)

PROFILE = Table(
    "profile",
    "One account over the run.",
    (
        Column("account_id", STRING, "the account", required=True),
        Column("exchanges", INT64, "calls", unit="count", required=True),
        Column("active_days", INT64, "days with a call", unit="count", required=True),
        Column("first_ts", INT64, "first call", unit="µs UTC", required=True),
        Column("last_ts", INT64, "last call", unit="µs UTC", required=True),
        Column("org_id", STRING, "its organisation, from the accounts file or its calls"),
        Column("entity", STRING, "who it openly is: its organisation, else the account alone", required=True),
        Column("verified", BOOL, "whether somebody checked who stands behind it"),
        Column("pathway", STRING, "access pathway"),
        Column("created_at", INT64, "when it registered", unit="µs UTC"),
        Column("suspended_at", INT64, "when it was suspended", unit="µs UTC"),
        Column("day_rhythm", DOUBLE, "squared circular mean of the hour of day, bias removed: 0 flat, 1 one hour"),
        Column("sessions", INT64, "runs of calls with no gap over 30 minutes", unit="count"),
        Column("follow_ups", DOUBLE, "share of calls that continue a conversation"),
        Column("elicitation", DOUBLE, "mean over calls of the highest elicitation probability"),
        Column("distinct_prompts", DOUBLE, "share of calls whose prompt this account sends for the first time"),
    ),
)  # fmt: skip

GROUPS = Table(
    "groups",
    "Every group that was tested, and why it was or was not called a campaign.",
    (
        Column("group_id", STRING, "the group", required=True),
        Column("layer", STRING, "infrastructure (an operator) or content (a harvest)", required=True),
        Column("accounts", INT64, "members", unit="count", required=True),
        Column("entities", INT64, "members as they openly present themselves", unit="count", required=True),
        Column("exchanges", INT64, "requests of the members that carry the group's content, or all", unit="count",
               required=True),
        Column("keys", INT64, "keys that hold the group together", unit="count", required=True),
        Column("coordination_bits", DOUBLE, "how surprising it is that strangers share these keys", unit="bits",
               required=True),
        Column("bits", DOUBLE, "evidence of harvesting, log2 of an e-value", unit="bits", required=True),
        Column("called", BOOL, "whether it is called a campaign", required=True),
        Column("why", STRING, "the reason in words", required=True),
        Column("campaign_id", STRING, "the campaign that it became or joined"),
    ),
)  # fmt: skip

EVIDENCE = Table(
    "evidence",
    "One test of one group.",
    (
        Column("group_id", STRING, "the group", required=True),
        Column("campaign_id", STRING, "the campaign, if called"),
        Column("family", STRING, "tests of one family are averaged, families multiply", required=True),
        Column("test", STRING, "the test", required=True),
        Column("statistic", DOUBLE, "what was measured; null is unknown"),
        Column("reference", DOUBLE, "the same among benign groups of like size, 95th percentile"),
        Column("bits", DOUBLE, "log2 of the e-value; negative speaks for innocence", unit="bits", required=True),
        Column("reason", STRING, "one sentence", required=True),
        Column("exemplars", STRINGS, "ids of exchanges that show it"),
        Column("would_change", STRING, "what would change our mind", required=True),
    ),
)

CAMPAIGNS = Table(
    "campaigns",
    "What was called: a harvest, with who runs it. No row is a good answer.",
    (
        Column("campaign_id", STRING, "the campaign", required=True),
        Column("kind", STRING, "distillation (by template or work list) or relay", required=True),
        Column("bits", DOUBLE, "evidence of harvesting", unit="bits", required=True),
        Column("confidence", DOUBLE, "1 - level at which e-BH still calls it", required=True),
        Column("operators", STRINGS, "operators whose accounts carry it"),
        Column("accounts", INT64, "accounts", unit="count", required=True),
        Column("exchanges", INT64, "requests held to be harvesting", unit="count", required=True),
        Column("first_ts", INT64, "first of them", unit="µs UTC", required=True),
        Column("last_ts", INT64, "last of them", unit="µs UTC", required=True),
        Column("peak_per_day", INT64, "most in one day", unit="count", required=True),
        Column("capabilities", STRINGS, "what it takes, most first", required=True),
        Column("models", STRINGS, "models it asks, most first"),
        Column("beneficiary", STRING, "who profits: an actor of the file given to `--actors`; null if nobody is named"),
        Column("beneficiary_confidence", DOUBLE, "confidence in that name; null if nobody is named"),
        Column("summary", STRING, "one sentence", required=True),
    ),
)

MEMBERS = Table(
    "members",
    "Accounts of campaigns.",
    (
        Column("campaign_id", STRING, "the campaign", required=True),
        Column("account_id", STRING, "the account", required=True),
        Column("role", STRING, "harvester, or mixed when most of its requests are its own", required=True),
        Column("bits", DOUBLE, "how strongly its keys tie it to the group", unit="bits", required=True),
        Column("harvest_share", DOUBLE, "share of its requests held, each counted by its posterior", required=True),
    ),
)

HARVESTED = Table(
    "exchanges",
    "Requests held to be harvesting.",
    (
        Column("exchange_id", STRING, "the exchange", required=True),
        Column("campaign_id", STRING, "the campaign", required=True),
        Column("bits", DOUBLE, "how strongly this request is tied to it", unit="bits", required=True),
        Column("posterior", DOUBLE, "how likely it harvests; in a relay, how much of its account does"),
    ),
)

OPERATORS = Table(
    "operators",
    "Networks of accounts found on infrastructure.",
    (
        Column("operator_id", STRING, "the operator", required=True),
        Column("account_id", STRING, "the account", required=True),
        Column("bits", DOUBLE, "how strongly its keys tie it to the operator", unit="bits", required=True),
    ),
)

TABLES = MappingProxyType(
    {
        t.name: t
        for t in (
            EXCHANGE, ACCOUNT, RELEASE, FEATURES, ACCOUNT_KEYS, REJECTED, INCIDENCE, HOLDS, PROFILE, GROUPS, EVIDENCE,
            CAMPAIGNS, MEMBERS, HARVESTED, OPERATORS,
        )
    }
)  # fmt: skip
"""Every table of this module by name, in the order in which data flows; `schema_actors` and `schema_time` have more."""
