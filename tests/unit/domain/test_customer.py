"""What is known about a customer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from fils.domain.customer import Customer, CustomerDetails, Phone, comparable_email
from fils.domain.identifiers import AccountId, CustomerId

NOW = datetime(2026, 4, 30, tzinfo=UTC)
PHONE = Phone(country_code="965", number="99887766")
CUSTOMER = Customer(
    id=CustomerId("cus_o5czyuv4nbxuhc4ckxnmubmo2i"),
    account_id=AccountId("cli_vkuhvk4vjn2edkps7dfsq6emqm"),
    created_at=NOW,
    email="nour@example.com",
    name="Nour",
    phone=PHONE,
    metadata={"tier": "gold"},
    version=3,
)


def test_what_is_not_told_stays() -> None:
    assert CUSTOMER.told(CustomerDetails()) == CUSTOMER


def test_what_is_told_takes_the_place_of_what_was_known() -> None:
    other = Phone(country_code="966", number="5551234")
    told = CUSTOMER.told(CustomerDetails(email="Noor@Example.com", name="Noor", phone=other, metadata={}))
    assert (told.email, told.name, told.phone, told.metadata) == ("noor@example.com", "Noor", other, {})
    assert (told.id, told.created_at, told.version) == (CUSTOMER.id, NOW, 3)


def test_an_address_is_compared_without_its_case() -> None:
    assert comparable_email("NOUR@Example.COM") == "nour@example.com"


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("\N{KELVIN SIGN}han@example.com", id="a letter whose lower case is a k"),
        pytest.param(
            "\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}pek@example.com", id="a letter that would grow"
        ),
        pytest.param("\N{LATIN CAPITAL LETTER E WITH ACUTE}va@example.com", id="another letter"),
    ],
)
def test_letters_beyond_ascii_are_compared_as_they_are(address: str) -> None:
    assert comparable_email(address) == address


def test_of_a_deleted_customer_nothing_about_a_person_is_left() -> None:
    later = NOW + timedelta(days=1)
    left = CUSTOMER.deleted(later)
    assert left == Customer(
        id=CUSTOMER.id, account_id=CUSTOMER.account_id, created_at=NOW, deleted_at=later, version=3
    )
