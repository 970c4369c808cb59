"""What a payment setup was told, and what is required of it."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from fils.domain.errors import InvariantViolated
from fils.domain.identifiers import PaymentId
from fils.domain.money import KWD, Money
from fils.domain.payment_setup import SetupTerms
from tests.support import cases


@pytest.mark.parametrize("choice", list(product((False, True), repeat=3)), ids=str)
def test_everything_missing_is_told_at_once(choice: tuple[bool, bool, bool]) -> None:
    required = ("processing_channel_id", "amount_minor", "currency")
    codes = ("processing_channel_id_required", "amount_required", "currency_required")
    absent: dict[str, Any] = {name: None for name, gone in zip(required, choice, strict=True) if gone}
    terms = replace(cases.terms(), **absent)
    assert terms.missing() == tuple(code for code, missing in zip(codes, choice, strict=True) if missing)


def test_zero_is_an_amount_that_was_told() -> None:
    assert SetupTerms(amount_minor=0).missing() == ("processing_channel_id_required", "currency_required")


def test_a_stored_setup_knows_its_money_and_channel() -> None:
    assert cases.setup().money == Money(1000, KWD)
    assert cases.setup().channel_id == cases.terms().processing_channel_id


@pytest.mark.parametrize("absent", ["amount_minor", "currency"])
def test_a_stored_setup_without_money_is_our_bug(absent: str) -> None:
    terms: SetupTerms = replace(cases.terms(), **{absent: None})  # type: ignore[arg-type]  # a field's name
    with pytest.raises(InvariantViolated):
        _ = replace(cases.setup(), terms=terms).money


def test_a_stored_setup_without_a_channel_is_our_bug() -> None:
    with pytest.raises(InvariantViolated):
        _ = replace(cases.setup(), terms=replace(cases.terms(), processing_channel_id=None)).channel_id


def test_a_confirmed_setup_knows_its_payment_which_blocks_it() -> None:
    confirmed = cases.setup().confirmed(PaymentId("pay_1"))
    assert (confirmed.latest_payment_id, confirmed.latest_payment_blocks) == ("pay_1", True)
