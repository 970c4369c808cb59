"""
The parts of a payment setup that are about people: the customer, addresses, and who sends money to whom.

Fils carries them and reads only who the customer is. Their limits are Checkout.com's (Payment Setup API); keys that
are not named here are carried unchecked.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from fils.api.schemas.values import PLAIN, Count, Country, Day, Number
from fils.domain.identifiers import CUSTOMER

EMAIL_LENGTH_MAX = 255
CUSTOMER_NAME_LENGTH_MAX = 100

CustomerIdText = Annotated[
    str,
    Meta(
        pattern=rf"\A{CUSTOMER}_[A-Za-z0-9_]{{26}}\Z",
        description=f"`{CUSTOMER}_` and 26 letters, digits or `_`.",
    ),
]
CustomerName = Annotated[str, Meta(max_length=CUSTOMER_NAME_LENGTH_MAX, pattern=PLAIN)]
EmailAddress = Annotated[
    str,
    Meta(
        max_length=EMAIL_LENGTH_MAX,
        pattern=r"\A[^@\s\x00-\x1f\x7f-\x9f]+@[^@\s\x00-\x1f\x7f-\x9f]+\Z",
        description="An address of e-mail.",
    ),
]
"""One ``@`` with something on either side. Only a message that arrives proves more."""
CountryPhoneCode = Annotated[str, Meta(min_length=1, max_length=7, pattern=PLAIN)]
PhoneNumber = Annotated[str, Meta(min_length=6, max_length=25, pattern=PLAIN)]
AddressLine = Annotated[str, Meta(max_length=200)]
Zip = Annotated[str, Meta(max_length=50)]
PersonName = Annotated[str, Meta(max_length=50)]
AccountNumber = Annotated[str, Meta(max_length=34)]


class AddressBody(Struct):
    """An address, wherever one stands."""

    address_line1: AddressLine | None = None
    address_line2: AddressLine | None = None
    city: str | None = None
    state: str | None = None
    zip: Zip | None = None
    country: Country | None = None


class PhoneBody(Struct):
    """A telephone number in two parts."""

    country_code: CountryPhoneCode | None = None
    number: PhoneNumber | None = None


class EmailBody(Struct):
    """``customer.email``: an object here, a text on the payment."""

    address: EmailAddress | None = None
    verified: bool | None = None


class DeviceBody(Struct):
    """``customer.device``."""

    locale: str | None = None
    fingerprint: str | None = None
    ipv4: str | None = None
    ipv6: str | None = None
    client: Literal["web", "mobile_web", "app"] | None = None
    os: Literal["android", "ios"] | None = None


class MerchantAccountBody(Struct):
    """``customer.merchant_account``: the customer's account at the shop."""

    id: str | None = None
    registration_date: Day | None = None
    last_modified: Day | None = None
    returning_customer: bool | None = None
    first_transaction_date: Day | None = None
    last_transaction_date: Day | None = None
    total_order_count: Count | None = None
    last_payment_amount: Number | None = None


class CustomerBody(Struct):
    """``customer``."""

    id: CustomerIdText | None = None
    country: Country | None = None
    name: CustomerName | None = None
    tax_number: str | None = None
    email: EmailBody | None = None
    phone: PhoneBody | None = None
    device: DeviceBody | None = None
    merchant_account: MerchantAccountBody | None = None


class BillingBody(Struct):
    """``billing``."""

    address: AddressBody | None = None


class IdentificationBody(Struct):
    """``account_funding_transaction.sender.identification``."""

    type: Literal["passport", "driving_license", "national_id"] | None = None
    number: str | None = None
    issuing_country: Country | None = None


class SenderBody(Struct):
    """``account_funding_transaction.sender``."""

    date_of_birth: Day | None = None
    reference: str | None = None
    identification: IdentificationBody | None = None


class RecipientBody(Struct):
    """``account_funding_transaction.recipient``."""

    date_of_birth: Day | None = None
    account_number: AccountNumber | None = None
    first_name: PersonName | None = None
    last_name: PersonName | None = None
    address: AddressBody | None = None


class AccountFundingTransactionBody(Struct):
    """``account_funding_transaction``."""

    enabled: bool | None = None
    purpose: (
        Literal[
            "donations",
            "education",
            "emergency_need",
            "expatriation",
            "family_support",
            "financial_services",
            "gifts",
            "income",
            "insurance",
            "investment",
            "it_services",
            "leisure",
            "loan_payment",
            "medical_treatment",
            "other",
            "pension",
            "royalties",
            "savings",
            "travel_and_tourism",
        ]
        | None
    ) = None
    sender: SenderBody | None = None
    recipient: RecipientBody | None = None
