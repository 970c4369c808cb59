"""Reading the card form."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fils.knet.simulator.cards import (
    BANK_OPTION,
    CardFault,
    CardFaults,
    expiry_years,
    read_card,
)
from fils.knet.simulator.orders import Card
from fils.knet.simulator.outcomes import TEST_CARDS, CardKind, NumberedCard

YEARS = range(2026, 2037)
GOOD = {
    "bank": BANK_OPTION,
    "dcprefix": "888888",
    "debitNumber": "0123456789",
    "month": "9",
    "year": "2030",
    "cardPin": "1234",
}


def test_card_is_kept_as_its_first_six_and_last_four_digits() -> None:
    assert read_card(GOOD, YEARS) == Card("888888******6789", (2030, 9), CardKind.ORDINARY)


@pytest.mark.parametrize("card", TEST_CARDS, ids=lambda card: card.kind)
def test_card_of_the_table_is_kept_as_its_kind(card: NumberedCard) -> None:
    read = read_card(GOOD | {"debitNumber": card.digits}, YEARS)

    assert read == Card(f"888888******{card.digits[-4:]}", (2030, 9), card.kind)


def test_blanks_inside_the_number_are_forgiven() -> None:
    assert read_card(GOOD | {"debitNumber": " 01234 56789 "}, YEARS) == read_card(GOOD, YEARS)


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("bank", "", CardFault.NO_BANK),
        ("bank", "NBK", CardFault.NO_BANK),
        ("dcprefix", "464452", CardFault.NOT_TEST_PREFIX),
        ("debitNumber", "012345678", CardFault.NUMBER_WRONG),
        ("debitNumber", "01234567890", CardFault.NUMBER_WRONG),
        ("debitNumber", "٠١٢٣٤٥٦٧٨٩", CardFault.NUMBER_WRONG),
        ("cardPin", "123", CardFault.PIN_WRONG),
        ("cardPin", "12a4", CardFault.PIN_WRONG),
    ],
)
def test_each_wrong_field_has_its_fault(field: str, value: str, fault: CardFault) -> None:
    assert read_card(GOOD | {field: value}, YEARS) == CardFaults({field: fault})


@pytest.mark.parametrize(
    "change", [{"month": ""}, {"year": ""}, {"month": "13"}, {"month": "09"}, {"year": "1999"}]
)
def test_expiry_that_the_page_did_not_offer_is_a_fault_of_the_month(change: dict[str, str]) -> None:
    assert read_card(GOOD | change, YEARS) == CardFaults({"month": CardFault.NO_EXPIRY})


def test_empty_form_names_every_field_in_page_order() -> None:
    read = read_card({}, YEARS)

    assert isinstance(read, CardFaults)
    assert list(read.by_field) == ["bank", "dcprefix", "debitNumber", "month", "cardPin"]


@pytest.mark.parametrize("approving_year", [2021, 2030, 2050])
def test_approving_year_is_always_offered(approving_year: int) -> None:
    years = expiry_years(datetime(2026, 12, 31, 22, 0, tzinfo=UTC), approving_year)

    assert approving_year in years
    assert 2027 in years  # it is already 2027 in Kuwait
