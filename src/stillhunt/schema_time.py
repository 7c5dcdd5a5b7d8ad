"""More tables: what lasts from run to run, and what happens in the life of a campaign. Null is unknown, as always."""

from stillhunt.schema import DOUBLE, STRING, Column, Table

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
