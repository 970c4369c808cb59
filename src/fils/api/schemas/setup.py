"""
The body of a payment setup (Checkout.com, Payment Setup API), for creating and for updating one.

Every field is optional, because a setup fills up step by step; what is required, and whether a value makes sense, is
not decided here. Fields that only answers have, and fields nobody knows, are ignored.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

from msgspec import Meta, Struct

from fils.api.schemas.order import IndustryBody, OrderBody
from fils.api.schemas.people import AccountFundingTransactionBody, BillingBody, CustomerBody
from fils.api.schemas.values import PLAIN, Amount, CurrencyCode, Moment, Number, OtherAmount
from fils.domain.currency import Currency
from fils.domain.identifiers import PROCESSING_CHANNEL
from fils.domain.payment_setup import Language
from fils.domain.return_urls import RETURN_URL_LENGTH

METADATA_KEYS_MAX: Final = 20
METADATA_TEXT_MAX: Final = 255

ChannelId = Annotated[str, Meta(pattern=rf"\A{PROCESSING_CHANNEL}_[A-Za-z0-9_]{{26}}\Z")]
Reference = Annotated[str, Meta(max_length=80, pattern=PLAIN)]
Description = Annotated[str, Meta(max_length=100, pattern=PLAIN)]
Url = Annotated[str, Meta(max_length=RETURN_URL_LENGTH)]
MethodName = Annotated[str, Meta(max_length=50, pattern=PLAIN)]
MethodNames = Annotated[list[MethodName], Meta(max_length=100)]
MetadataText = Annotated[str, Meta(max_length=METADATA_TEXT_MAX)]
Metadata = Annotated[
    dict[MetadataText, MetadataText | bool | Number | None], Meta(max_length=METADATA_KEYS_MAX)
]
"""One level. A value of null is no value, here as everywhere."""
DescriptorName = Annotated[str, Meta(max_length=25)]
DescriptorCity = Annotated[str, Meta(max_length=13)]
DescriptorReference = Annotated[str, Meta(max_length=50)]
CardTerminalId = Annotated[str, Meta(min_length=8, max_length=8)]


class PaymentType(StrEnum):
    """The payment types, as answers spell them."""

    REGULAR = "Regular"
    RECURRING = "Recurring"
    MOTO = "MOTO"
    INSTALLMENT = "Installment"
    PAY_LATER = "PayLater"
    UNSCHEDULED = "Unscheduled"

    @classmethod
    def _missing_(cls, value: object) -> PaymentType | None:
        """Clients spell them in any case, and some with an underscore."""
        return _PAYMENT_TYPES.get(str(value).replace("_", "").lower())


_PAYMENT_TYPES: Final = {member.lower(): member for member in PaymentType}


class KnetBody(Struct):
    """``payment_methods.knet``."""

    language: Language | None = None


class MethodsBody(Struct):
    """``payment_methods``. Methods that Fils does not offer are not read: ``card`` could hold a card's number."""

    knet: KnetBody | None = None
    auto_confirm: MethodName | None = None


class SettingsBody(Struct):
    """``settings``."""

    success_url: Url | None = None
    failure_url: Url | None = None
    capture: bool | None = None
    excluded_payment_methods: MethodNames | None = None


class TermsBody(Struct):
    """The fields of a payment setup that Fils acts on."""

    processing_channel_id: ChannelId | None = None
    amount: Amount | None = None
    currency: Currency | None = None
    payment_type: PaymentType | None = None
    reference: Reference | None = None
    description: Description | None = None
    payment_methods: MethodsBody | None = None
    settings: SettingsBody | None = None


class RiskBody(Struct):
    """``risk``."""

    enabled: bool | None = None


class BillingDescriptorBody(Struct):
    """``billing_descriptor``."""

    name: DescriptorName | None = None
    city: DescriptorCity | None = None
    reference: DescriptorReference | None = None


class PresentmentDetailsBody(Struct):
    """``presentment_details``: what the customer sees, where that is another currency."""

    amount: OtherAmount | None = None
    currency: CurrencyCode | None = None


class CardTerminalBody(Struct):
    """``terminal``: a shop's card machine, which has nothing to do with a terminal of KNET."""

    id: CardTerminalId | None = None
    local_date_time: Moment | None = None


class SetupBody(TermsBody):
    """The body of ``POST /payments/setups`` and ``PUT /payments/setups/{setup_id}``."""

    risk: RiskBody | None = None
    metadata: Metadata | None = None
    customer: CustomerBody | None = None
    billing: BillingBody | None = None
    order: OrderBody | None = None
    industry: IndustryBody | None = None
    billing_descriptor: BillingDescriptorBody | None = None
    presentment_details: PresentmentDetailsBody | None = None
    terminal: CardTerminalBody | None = None
    account_funding_transaction: AccountFundingTransactionBody | None = None


FIELDS: Final = SetupBody.__struct_fields__
CARRIED: Final = tuple(name for name in FIELDS if name not in TermsBody.__struct_fields__)
"""The fields that are carried and echoed without being acted on, in the order in which they are echoed."""
