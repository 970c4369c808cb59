from __future__ import annotations

import pytest

from fils.domain.money import KWD, Currency, Money
from fils.knet.wire import (
    Language,
    MessageInvalid,
    MessageUnreadable,
    fields,
    find_language,
    parse_form,
    read_loose_amount,
)


def test_a_form_is_read_in_any_order_with_blank_values_kept() -> None:
    assert parse_form("b=2&a=&c=x") == {"b": "2", "a": "", "c": "x"}


def test_one_ampersand_may_end_a_form() -> None:
    assert parse_form("a=1&b=&") == {"a": "1", "b": ""}


def test_nothing_is_a_form_without_fields() -> None:
    assert parse_form("") == {}


def test_values_may_be_raw_or_form_encoded() -> None:
    assert parse_form("a=NOT+CAPTURED&b=https%3A%2F%2Fx&c=https://x?y=1&d=%D8%AF") == {
        "a": "NOT CAPTURED",
        "b": "https://x",
        "c": "https://x?y=1",
        "d": "د",
    }


@pytest.mark.parametrize(
    "text",
    ["a=1&a=1", "a", "a=1&b", "a=1&&b=2", "a=1&&", "&", "a=%FF"],
    ids=["twice", "no equals", "second without", "gap", "two at the end", "only a separator", "not utf-8"],
)
def test_what_is_no_form_is_refused(text: str) -> None:
    with pytest.raises(MessageUnreadable):
        parse_form(text)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("EN", Language.ENGLISH),
        ("USA", Language.ENGLISH),
        ("ENG", Language.ENGLISH),
        ("AR", Language.ARABIC),
        ("ARA", Language.ARABIC),
        ("en", None),
        ("FR", None),
        ("", None),
    ],
)
def test_a_language_is_known_by_every_spelling_of_live_clients(text: str, language: Language | None) -> None:
    assert find_language(text) is language


@pytest.mark.parametrize(
    ("text", "amount"),
    [("1.5", 1500), ("1", 1000), ("1.500", 1500), ("0.001", 1), ("999999.999", 999_999_999)],
)
def test_the_bank_accepts_an_amount_of_fewer_decimals(text: str, amount: int) -> None:
    assert read_loose_amount(text) == Money(amount, KWD)


@pytest.mark.parametrize(
    "text", ["", ".5", "1.", "1.5000", "1,500", "-1", " 1", "1.2.3", "1e3", "1000000", "١"]
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(MessageUnreadable):
        read_loose_amount(text)


@pytest.mark.parametrize("text", ["1.5", "1", "1.500 ", "0001000000.000", ""])
def test_the_banks_own_amounts_have_three_decimals(text: str) -> None:
    with pytest.raises(MessageUnreadable):
        fields.read_amount(text)


def test_the_largest_amount_fits_and_one_more_does_not() -> None:
    assert fields.write_amount(Money(999_999_999, KWD)) == "999999.999"
    with pytest.raises(MessageInvalid, match=r"^amt is longer than 10 characters$"):
        fields.write_amount(Money(1_000_000_000, KWD))


def test_only_dinars_are_written() -> None:
    with pytest.raises(MessageInvalid, match=r"^amt is not in Kuwaiti dinars$"):
        fields.write_amount(Money(1_500, Currency.BHD))


EVERY_RULE = [
    *(pytest.param(rule, id=f"request {name}") for name, rule in fields.REQUEST_FIELDS.items()),
    *(pytest.param(rule, id=f"response {name}") for name, rule in fields.RESPONSE_FIELDS.items()),
    *(pytest.param(rule, id=f"inquiry {rule.name}") for rule in (fields.SEARCH_VALUE, fields.SEARCH_KEY)),
]
BEGINNINGS = {
    "langid": "E",
    "currencycode": "41",
    "responseURL": "https://m",
    "errorURL": "https://m",
    "action": "",
}
"""What a legal value begins with, where the digit one is not it."""


@pytest.mark.parametrize(
    "character", ["&", "=", "+", "%", "\r", "\n", "\0", "د"], ids=lambda character: f"{ord(character):#x}"
)
@pytest.mark.parametrize("rule", EVERY_RULE)
def test_no_field_of_a_message_takes_a_character_that_breaks_it(rule: fields.Field, character: str) -> None:
    beginning = BEGINNINGS.get(rule.name, "1")
    legal = {"langid": "N", "currencycode": "4", "action": "1"}.get(rule.name, "1")
    assert rule.fits(beginning + legal)
    assert not rule.fits(beginning + character)


def test_every_field_says_where_its_rule_comes_from() -> None:
    assert all(rule.source for rule in (*fields.REQUEST_FIELDS.values(), *fields.RESPONSE_FIELDS.values()))


@pytest.mark.parametrize(
    ("url", "fits"),
    [
        ("https://merchant.example/knet/response", True),
        ("http://127.0.0.1:4140/knet/notifications/tml_a-b", True),
        ("http://[::1]:4140/x", True),
        ("https://" + "m" * 247, True),
        ("https://" + "m" * 248, False),
        ("https://merchant.example/?error=1", False),
        ("https://merchant.example/#x", False),
        ("https://user@merchant.example/", False),
        ("https:///merchant.example", False),
        ("ftp://merchant.example/", False),
        ("/knet/response", False),
        ("https://merchant.example/a b", False),
        ("", False),
    ],
)
def test_a_callback_url_is_absolute_and_needs_no_encoding(url: str, *, fits: bool) -> None:
    assert fields.RESPONSE_URL.fits(url) is fits
    assert fields.ERROR_URL.fits(url) is fits


def test_a_refused_value_is_explained_but_never_shown() -> None:
    faults = []
    for value in ("", "s3cret" * 3, "s3cret&", "s3 cret"):
        with pytest.raises(MessageInvalid) as refusal:
            fields.PASSWORD.check_written(value)
        faults.append(str(refusal.value))
        assert refusal.value.field == "password"
    assert faults == [
        "password is empty",
        "password is longer than 15 characters",
        "password holds a character that may not be written",
        "password holds a character that may not be written",
    ]
