"""A truth that cannot be used."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillhunt.errors import UsageError
from stillhunt.evaluate import evaluate


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda t: (t / "accounts.jsonl").unlink(), "No truth at"),
        (lambda t: (t / "exchanges.parquet").unlink(), "No truth at"),
        (lambda t: (t / "accounts.jsonl").write_text("account_id,kind\n"), "is not JSON Lines"),
        (lambda t: (t / "accounts.jsonl").write_text('{"account": "a0"}\n'), "without account_id or kind"),
        (
            lambda t: (t / "accounts.jsonl").write_text('{"account_id": "a", "kind": "k"}\n' * 2),
            "named twice",
        ),
        (lambda t: (t / "exchanges.parquet").write_text("no"), "is not a Parquet file"),
        (
            lambda t: pq.write_table(pa.table({"exchange_id": ["x"]}), t / "exchanges.parquet"),
            "no column campaign",
        ),
        (
            lambda t: pq.write_table(pa.table({"exchange_id": [1], "campaign": ["x"]}), t / "exchanges.parquet"),
            "no text in column exchange_id",
        ),
    ],
)
def test_a_bad_truth_is_told_in_one_sentence(make_run, truth, spoil, message):
    spoil(truth)
    with pytest.raises(UsageError, match=message) as error:
        evaluate(make_run({}), truth)
    assert str(error.value).endswith(".")
    assert "\n" not in str(error.value)
