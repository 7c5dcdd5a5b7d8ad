"""Accounts keep what links them and lose what names a person."""

import pyarrow as pa
import pytest

from stillhunt.features.accounts import account_keys, looks_random, mail_pattern, private_domain
from stillhunt.schema import ACCOUNT, ACCOUNT_KEYS


def keys_of(*rows, secret=b"secret"):
    table = pa.Table.from_pylist([{"account_id": str(i), **row} for i, row in enumerate(rows)], schema=ACCOUNT.arrow)
    return account_keys(table, secret)


def test_public_mail_is_no_link_and_private_mail_is():
    rows = keys_of(
        {"email_domain": "gmail.com"}, {"email_domain": "Acme.example"}, {"email_domain": "acme.example."}, {}
    )
    public, first, second, unknown = rows.to_pylist()
    assert rows.schema.equals(ACCOUNT_KEYS.arrow)
    assert public["mail_domain"] is public["mail_pattern"] is None
    assert first["mail_domain"] == second["mail_domain"] is not None
    assert unknown["mail_domain"] is unknown["payment"] is None


def test_payment_depends_on_the_secret():
    row = {"payment_id": "card-1"}
    assert keys_of(row, row)["payment"].to_pylist()[0] == keys_of(row)["payment"].to_pylist()[0]
    assert keys_of(row)["payment"] != keys_of(row, secret=b"other")["payment"]


@pytest.mark.parametrize(
    ("domain", "pattern"),
    [
        ("mail17.shop.example", "mail#.shop.example"),
        ("relay-x7k2q9v.example", "relay-*7.example"),
        ("bxkqtrwzm.top", "*9.top"),
        ("acme.example", "acme.example"),
        ("ibm.com", "ibm.com"),
        ("localhost", "localhost"),
    ],
)
def test_mail_pattern(domain, pattern):
    assert mail_pattern(domain) == pattern


@pytest.mark.parametrize("name", ["knightsbridge", "schwartz", "university", "stripe", "web3labs", "münchen-rück"])
def test_names_that_people_choose_do_not_look_random(name):
    assert not looks_random(name)


def test_chunks_and_no_rows_change_nothing():
    table = pa.Table.from_pylist(
        [{"account_id": str(i), "email_domain": f"d{i}.example"} for i in range(6)], schema=ACCOUNT.arrow
    )
    chunked = pa.concat_tables([table.slice(0, 2), table.slice(2)])
    assert account_keys(chunked, b"s").equals(account_keys(table, b"s"))
    assert account_keys(ACCOUNT.empty(), b"s").num_rows == 0


def test_private_domain_takes_an_address_too():
    assert private_domain("Some.One@Sub.Example.") == "sub.example"
