"""More tables: who carries what, and who may profit from it. Null is unknown, as always."""

from stillhunt.schema import BOOL, DOUBLE, INT32, INT64, STRING, STRINGS, Column, Table

CROSS = Table(
    "crosstable",
    "Operators against campaigns, in exchanges. An account of several operators counts at the one that it is tied to "
    "best, so a campaign's rows add up to its exchanges, and an operator's rows to all that its accounts sent.",
    (
        Column("operator_id", STRING, "the operator; null: accounts of none"),
        Column("campaign_id", STRING, "the campaign; null: requests that none holds, of customers or unknown"),
        Column("accounts", INT64, "accounts that sent them", unit="count", required=True),
        Column("overlapping", INT64, "those of them that are tied to another operator as well", unit="count",
               required=True),
        Column("exchanges", INT64, "requests", unit="count", required=True),
        Column("operator_share", DOUBLE, "share of all exchanges of the operator's accounts; null without operator"),
    ),
)  # fmt: skip

ATTRIBUTION = Table(
    "attribution",
    "Who may profit from a campaign: every actor of the file given to `--actors`, and somebody who is not in it.",
    (
        Column("campaign_id", STRING, "the campaign", required=True),
        Column("actor", STRING, "the actor; null: somebody who is not in the file"),
        Column("rank", INT32, "place among all, 1 the likeliest", required=True),
        Column("confidence", DOUBLE, "posterior share; those of one campaign add up to 1", required=True),
        Column("bits", DOUBLE, "evidence against somebody else, log2 of a likelihood ratio", unit="bits",
               required=True),
        Column("named", BOOL, "whether it is named as the beneficiary", required=True),
        Column("reasons", STRINGS, "what speaks for it, a sentence each, the strongest first", required=True),
        Column("against", STRINGS, "what speaks against it, or for another explanation", required=True),
        Column("would_change", STRING, "what would change the verdict", required=True),
    ),
)  # fmt: skip
