"""What the issuer says about each card."""

from __future__ import annotations

import re

import pytest

from fils.knet.simulator.outcomes import (
    TEST_CARDS,
    CardKind,
    Decision,
    NumberedCard,
    Result,
    asks_for_otp,
    decide,
    kind_of,
)
from fils.knet.wire import ERROR_CODES

APPROVING = (2030, 9)
ISSUERS_CODES = {"05", "51", "54", "55", "61", "62", "65", "75", "91"}


def test_ordinary_card_is_captured_with_the_approving_expiry_alone() -> None:
    assert decide(CardKind.ORDINARY, (2030, 9), APPROVING) == Decision(Result.CAPTURED, "00")
    assert decide(CardKind.ORDINARY, (2031, 9), APPROVING) == Decision(Result.NOT_CAPTURED, "05")
    assert decide(CardKind.ORDINARY, (2030, 10), APPROVING) == Decision(Result.NOT_CAPTURED, "05")


@pytest.mark.parametrize("card", TEST_CARDS, ids=lambda card: card.kind)
def test_test_card_has_its_own_end_with_the_approving_expiry_and_is_declined_with_any_other(
    card: NumberedCard,
) -> None:
    kind = kind_of(card.digits)

    assert kind is card.kind
    assert decide(kind, APPROVING, APPROVING) == card.decision
    assert decide(kind, (2031, 9), APPROVING) == Decision(Result.NOT_CAPTURED, "05")


@pytest.mark.parametrize("digits", ["0000000001", "1000000055", "0000000056", "4703915826"])
def test_number_that_is_not_in_the_table_is_ordinary(digits: str) -> None:
    assert kind_of(digits) is CardKind.ORDINARY


def test_every_kind_but_the_ordinary_has_one_card_of_ten_digits() -> None:
    assert [card.kind for card in TEST_CARDS] == list(CardKind)[1:]
    assert len({card.digits for card in TEST_CARDS}) == len(TEST_CARDS)
    assert all(re.fullmatch("[0-9]{10}", card.digits) for card in TEST_CARDS)


def test_last_four_digits_alone_tell_the_cards_apart() -> None:
    """Books and pages show no more than these."""
    assert len({card.digits[-4:] for card in TEST_CARDS}) == len(TEST_CARDS)


def test_each_number_ends_in_the_code_that_it_stands_for() -> None:
    for card in TEST_CARDS:
        code = card.decision.auth_resp_code
        if card.decision.result is Result.NOT_CAPTURED:
            assert card.digits == f"{code:0>10}"
        else:
            assert f"IPAY0100{card.digits[-3:]}" in ERROR_CODES
    declined = {card.decision.auth_resp_code for card in TEST_CARDS} - {None, "00"}
    assert declined == ISSUERS_CODES


def test_timeout_alone_may_be_captured_later() -> None:
    later = [card.decision for card in TEST_CARDS if card.decision.captured_later]

    assert later == [Decision(Result.HOST_TIMEOUT, None, captured_later=True)]


@pytest.mark.parametrize("kind", list(CardKind))
def test_one_time_password_is_asked_for_one_card_unless_it_is_declined_anyway(kind: CardKind) -> None:
    assert asks_for_otp(kind, APPROVING, APPROVING) is (kind is CardKind.OTP)
    assert not asks_for_otp(kind, (2031, 9), APPROVING)
