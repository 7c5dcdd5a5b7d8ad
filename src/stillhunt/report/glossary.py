"""The words of a report, in the order in which data flows."""

from types import MappingProxyType

GLOSSARY = MappingProxyType(
    {
        "exchange": "One call of the API: a request and its answer.",
        "account": "Who made the call, as the provider knows it. An operator registers many.",
        "unknown": "The logs do not say. It never counts for or against anybody.",
        "group": "Accounts that share more than chance allows, such as a card. No crime by itself.",
        "family": "Tests of one kind, which may say one thing twice: their mean counts, not their sum.",
        "bit": "Evidence on a doubling scale. Were the group innocent, b bits would turn up with a chance "
        "below 1 in 2 to the power of b, however often one looks. Negative bits speak for innocence.",
        "campaign": "A group whose requests are held to be harvesting: made to train another model.",
        "operator": "The network of accounts behind campaigns, found on infrastructure. It may serve many.",
        "relay": "A campaign that passes on the requests of an operator's users and keeps the answers.",
        "mixed": "An account most of whose requests are its own; only its harvesting requests count.",
        "harvest share": "The share of an account's requests that are held to be harvesting.",
        "e-BH": "The rule of what is called: it keeps the expected share of false ones under "
        "the stated level, whatever depends on what.",
    }
)
