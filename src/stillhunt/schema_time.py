"""More tables: what lasts from run to run, and what happens in the life of a campaign. Null is unknown, as always."""

from stillhunt.schema import DOUBLE, INT64, STRING, Column, Table

LINEAGE = Table(
    "lineage",
    "What became of every id that an earlier run gave, and where the ids of this run come from.",
    (
        Column("what", STRING, "campaign or operator", required=True),
        Column("id", STRING, "the id in this run; of one that was dropped, the id that it had", required=True),
        Column("previous_id", STRING, "the id in the earlier run, or of the campaign that it succeeds; null if new"),
        Column("how", STRING, "new, continues, split, merged, dropped (called earlier and not now), or succeeds (began "
               "after the other was banned, with its keys)", required=True),
        Column("share", DOUBLE, "of the earlier one's requests (operator: accounts) that are in this one; for succeeds "
               "the share of accounts that hold keys of the other"),
    ),
)  # fmt: skip

FORMER = Table(
    "former",
    "What belonged to ids that do not go on in this run: should one be found again, it gets its id back.",
    (
        Column("what", STRING, "campaign or operator", required=True),
        Column("id", STRING, "the id that it had", required=True),
        Column("unit", STRING, "a request of the campaign, or an account of the operator", required=True),
    ),
)

EVENTS = Table(
    "events",
    "What happened in the life of each campaign.",
    (
        Column("campaign_id", STRING, "the campaign", required=True),
        Column("kind", STRING, "begin, called, pivot, ban, regrown or failover", required=True),
        Column("ts", INT64, "when: of pivot the release, of regrown and failover the ban before", unit="µs UTC",
               required=True),
        Column("model", STRING, "pivot: the model that it moved to"),
        Column("exchanges", INT64, "called: what it had taken by then, lost before detection", unit="count"),
        Column("accounts", INT64, "begin: on its first day; ban: suspended; regrown, failover: that took over",
               unit="count"),
        Column("share", DOUBLE, "pivot: of its requests that moved; ban: of the accounts then active; called: of all "
               "that it took so far; regrown, failover: of its requests after the ban"),
        Column("others", DOUBLE, "pivot: share of the run's other requests that moved"),
        Column("hours", DOUBLE, "pivot: within which half of that had moved; regrown, failover: until half of these "
               "accounts were at work", unit="hours"),
        Column("days_of_freedom", DOUBLE, "ban: until its daily volume was back at half; null if it is not, or unknown",
               unit="days"),
        Column("words", STRING, "one sentence", required=True),
    ),
)  # fmt: skip
