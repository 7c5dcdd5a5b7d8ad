"""Pieces of SQL that several signals need; all give the same answer on every engine (whole numbers, no engine hash)."""

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
"""Lengths of time in the unit of all times: microseconds."""

PRIME = 2_147_483_647  # 2^31 - 1: what a remainder leaves fits 31 bits and a sign
MULTIPLIER = 3_037_000_493  # a prime under sqrt(2^63): a remainder times it, plus another, stays inside a BIGINT


def bucket(time: str, length: int) -> str:
    """SQL for the start of the `length` µs that `time` lies in; no division, which engines round differently."""
    return f"({time} - {time} % {length})"


def combined_key(*parts: str) -> str:
    """SQL for one BIGINT key out of several BIGINT expressions.

    A polynomial over remainders, with p = PRIME and m = MULTIPLIER: (a mod p)·m + (b mod p) for two parts, and a third
    part joins that result in the same way. No step leaves the range of a BIGINT whatever the parts are, so nothing
    wraps (Spark) or fails (DuckDB). About 62 bits survive of two hashed parts. The result is null if a part is.
    """
    key = parts[0]
    for part in parts[1:]:
        key = f"(({key}) % {PRIME} * {MULTIPLIER} + ({part}) % {PRIME})"
    return key


def spread_at_most(percent: int, number: str) -> str:
    """SQL for whether the squared coefficient of variation of `number` in a group is at most `percent` per cent.

    Variance over squared mean is n·Σx²/(Σx)² - 1 for n numbers. Sums are whole and exact; their products leave the
    range of a BIGINT where a few thousand accounts are busy, so they are multiplied as floating numbers.
    """
    squares = f"CAST(SUM(CAST({number} * {number} AS DECIMAL(38, 0))) AS DOUBLE)"
    total = f"CAST(SUM({number}) AS DOUBLE)"
    return f"100 * CAST(COUNT({number}) AS DOUBLE) * {squares} <= {100 + percent} * {total} * {total}"


def label_key(label: str) -> str:
    """SQL for a BIGINT out of a short label (a plan, a pathway, a capability); null counts as the empty label.

    Made of the label's length and of its first three and last characters, since hashing text belongs to the kernel and
    labels are few. Two labels that agree in all of these are taken for one.
    """
    text = f"COALESCE({label}, '')"
    characters = [f"SUBSTRING({text}, {place}, 1)" for place in ("1", "2", "3", f"LENGTH({text})")]
    # 1,114,112 code points: plain positional digits would leave the range, so they are combined as keys are.
    return combined_key(f"CAST(LENGTH({text}) AS BIGINT)", *(f"CAST(ASCII({c}) AS BIGINT)" for c in characters))


def of_calls(column: str) -> str:
    """The SELECT of a signal whose key is one column of `features`."""
    return f"SELECT account_key, {column} AS key, exchange_key, ts FROM features WHERE {column} IS NOT NULL"


def of_accounts(column: str) -> str:
    """The SELECT of a signal whose key is one column of `account_keys`."""
    return (
        f"SELECT account_key, {column} AS key, CAST(NULL AS BIGINT) AS exchange_key, CAST(NULL AS BIGINT) AS ts "
        f"FROM account_keys WHERE {column} IS NOT NULL"
    )
