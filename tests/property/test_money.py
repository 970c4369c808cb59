from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fils.domain.money import Currency, Money, MoneyTextInvalid

CURRENCIES = st.sampled_from(Currency)


@given(st.integers(min_value=0, max_value=10**13 - 1), CURRENCIES)
def test_text_says_exactly_the_amount(amount: int, currency: Currency) -> None:
    money = Money(amount, currency)
    assert Money.from_text(money.to_text(), currency) == money


@given(st.text(max_size=25) | st.from_regex(r"[0-9]{0,20}\.?[0-9]{0,5}", fullmatch=True), CURRENCIES)
def test_any_text_is_an_amount_or_refused(text: str, currency: Currency) -> None:
    try:
        money = Money.from_text(text, currency)
    except MoneyTextInvalid:
        return
    assert money.to_text() == text.lstrip("0").rjust(len(money.to_text()), "0")


@given(st.integers(max_value=-1), CURRENCIES)
def test_no_amount_is_negative(amount: int, currency: Currency) -> None:
    with pytest.raises(ValueError, match="never negative"):
        Money(amount, currency)


@given(st.floats(), CURRENCIES)
def test_no_amount_is_a_float(amount: float, currency: Currency) -> None:
    with pytest.raises(TypeError):
        Money(amount, currency)  # type: ignore[arg-type]
