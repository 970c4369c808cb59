"""The numbers a bank hands out."""

from __future__ import annotations

from datetime import UTC, datetime

from fils.knet.simulator import identifiers

NEW_YEARS_EVE_IN_UTC = datetime(2026, 12, 31, 21, 0, tzinfo=UTC)


def test_ids_have_the_lengths_and_pattern_of_the_bank() -> None:
    at = datetime(2026, 8, 29, 9, 0, tzinfo=UTC)

    assert identifiers.payment_id(1, at) == "100624110000000001"
    assert identifiers.transaction_id(2, at) == "624110000000002"
    assert identifiers.reference(3, at) == "624110000003"


def test_day_is_kuwaits() -> None:
    assert identifiers.business_date(NEW_YEARS_EVE_IN_UTC) == "0101"
    assert identifiers.transaction_id(1, NEW_YEARS_EVE_IN_UTC).startswith("7001")


def test_references_do_not_repeat_within_a_day_of_millions() -> None:
    at = datetime(2026, 8, 29, 9, 0, tzinfo=UTC)

    assert identifiers.reference(1, at) != identifiers.reference(1_000_001, at)
    assert len(identifiers.reference(12_345_678, at)) == 12


def test_authorisation_is_b_and_five_digits() -> None:
    made = {identifiers.authorisation(number) for number in range(1, 1_000)}

    assert len(made) == 999
    assert all(len(text) == 6 and text[0] == "B" and text[1:].isdigit() for text in made)
