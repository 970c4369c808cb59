from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from fils.domain.money import KWD, Currency, Money, MoneyTextInvalid


def test_a_dinar_is_a_thousand_fils() -> None:
    assert (KWD.numeric, KWD.exponent, str(KWD)) == ("414", 3, "KWD")
    assert Money(1_000, KWD).to_text() == "1.000"


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(0, KWD), "0.000"),
        (Money(1, KWD), "0.001"),
        (Money(10_500, KWD), "10.500"),
        (Money(1_234_567_890, KWD), "1234567.890"),
        (Money(1_050, Currency.USD), "10.50"),
        (Money(500, Currency.JPY), "500"),
    ],
    ids=["nothing", "one fils", "dinars", "millions", "two decimals", "no decimals"],
)
def test_text_has_exactly_the_decimals_of_the_currency(money: Money, text: str) -> None:
    assert money.to_text() == text
    assert Money.from_text(text, money.currency) == money


@pytest.mark.parametrize(
    "text",
    [
        *("", ".", "1", "1.", "1.5", "1.50", "1.5000", ".500", "1,500", "1.500.000", "-1.500", "+1.500"),
        *(" 1.500", "1.500 ", "1.500\n", "1 000.000", "1_0.000", "1e3", "0x1.500", "١.٥٠٠", "1.50٠", "nan"),
    ],
)
def test_text_of_any_other_form_is_refused(text: str) -> None:
    with pytest.raises(MoneyTextInvalid, match=r"^not an amount of KWD$"):
        Money.from_text(text, KWD)


@pytest.mark.parametrize("text", ["1.", "1.0", "", "a"])
def test_a_currency_without_decimals_takes_no_point(text: str) -> None:
    with pytest.raises(MoneyTextInvalid, match=r"^not an amount of JPY$"):
        Money.from_text(text, Currency.JPY)


def test_the_longest_text_fits_a_database_and_a_longer_one_is_refused() -> None:
    assert Money.from_text("9" * 14 + ".999", KWD) == Money(99_999_999_999_999_999, KWD)
    assert Money.from_text("9" * 18, Currency.JPY).amount < 2**63
    for text, currency in (("9" * 15 + ".999", KWD), ("9" * 19, Currency.JPY), ("9" * 10_000, Currency.JPY)):
        with pytest.raises(MoneyTextInvalid):
            Money.from_text(text, currency)


def test_leading_zeros_are_read() -> None:
    assert Money.from_text("0001.500", KWD) == Money(1_500, KWD)


@pytest.mark.parametrize(
    "amount", [1.5, 1.0, "1", True, None], ids=["fraction", "whole float", "text", "bool", "none"]
)
def test_an_amount_is_an_integer_of_minor_units(amount: Any) -> None:
    with pytest.raises(TypeError, match="an int of minor units"):
        Money(amount, KWD)


def test_an_amount_is_never_negative() -> None:
    with pytest.raises(ValueError, match="never negative"):
        Money(-1, KWD)


def test_money_of_another_currency_is_other_money() -> None:
    assert Money(1, KWD) != Money(1, Currency.BHD)
    assert Money(1, KWD) == Money(1, KWD)
    assert hash(Money(1, KWD)) == hash(Money(1, KWD))


def test_money_does_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        Money(1, KWD).amount = 2  # type: ignore[misc]


def test_money_for_people_names_its_currency() -> None:
    assert str(Money(10_500, KWD)) == "10.500 KWD"
