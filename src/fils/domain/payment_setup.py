"""
The payment setup: what a shop wants paid, filled up step by step until a payment method is ready.

Whether a single value has the right shape is checked at the edge where it arrives; what makes a setup ready is
decided in ``readiness``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from fils.domain.customer import Phone
from fils.domain.errors import InvariantViolated
from fils.domain.identifiers import (
    AccountId,
    CustomerId,
    PaymentAttemptId,
    PaymentId,
    PaymentSetupId,
    ProcessingChannelId,
)
from fils.domain.money import Currency, Money

KNET: Final = "knet"
"""The name of the one payment method Fils offers, as it stands in addresses and bodies."""

REGULAR: Final = "Regular"
AMOUNT_MAX: Final = 999_999_999
"""The largest amount in minor units: nine digits (Checkout.com, calculating the amount)."""

OTHER_PAYMENT_METHODS: Final = frozenset(
    {
        "instrument",
        "klarna",
        "stcpay",
        "tabby",
        "bizum",
        "paynow",
        "qpay",
        "eps",
        "ideal",
        "bancontact",
        "benefit",
        "blik",
        "vipps",
        "twint",
        "alipay_cn",
        "alipay_hk",
        "gcash",
        "tng",
        "dana",
        "mobilepay",
        "tamara",
        "mbway",
        "multibanco",
        "wechatpay",
        "kakaopay",
        "truemoney",
        "octopus",
        "p24",
        "alma",
        "swish",
        "sequra",
        "ach",
        "sepa",
        "bacs",
        "paypal",
        "googlepay",
        "applepay",
        "card",
        "cashapp",
        "paybybank",
        "stablecoin",
    }
)
"""Methods that the Payment Setup API knows and Fils does not offer."""


class Language(StrEnum):
    """The language of the pages a customer sees (ISO 639-1)."""

    ENGLISH = "en"
    ARABIC = "ar"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerTerms:
    """Whom the shop says it sells to. None means: not told."""

    id: CustomerId | None = None
    """A customer the shop has named before."""
    email: str | None = None
    """As it was written."""
    name: str | None = None
    phone: Phone | None = None
    """None also if only one of its two parts was told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupTerms:
    """What the shop has told so far. None means: not told."""

    processing_channel_id: ProcessingChannelId | None = None
    amount_minor: int | None = None
    """Integer minor units of *currency*."""
    currency: Currency | None = None
    payment_type: str | None = None
    reference: str | None = None
    description: str | None = None
    language: Language | None = None
    auto_confirm: str | None = None
    """The method that Fils confirms by itself as soon as it is ready."""
    success_url: str | None = None
    failure_url: str | None = None
    capture: bool | None = None
    excluded_payment_methods: tuple[str, ...] | None = None
    customer: CustomerTerms | None = None
    """What the carried ``customer`` says about who it is."""
    carried: Mapping[str, object] = field(default_factory=dict)
    """Fields of the request that are stored and echoed as they were told."""

    def missing(self) -> tuple[str, ...]:
        """The error codes of what is required to create a setup and was not told."""
        required = {
            "processing_channel_id_required": self.processing_channel_id,
            "amount_required": self.amount_minor,
            "currency_required": self.currency,
        }
        return tuple(code for code, value in required.items() if value is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentSetup:
    """A payment setup. Decisions about it are guarded by its version."""

    id: PaymentSetupId
    account_id: AccountId
    terms: SetupTerms
    created_at: datetime
    latest_payment_id: PaymentId | None = None
    """The payment of the latest confirm."""
    latest_payment_blocks: bool = False
    """Whether that payment is Pending or paid, so that the setup cannot be confirmed again."""
    counted_attempt_id: PaymentAttemptId | None = None
    """The attempt whose capture counts; at most one of a setup ever does."""
    version: int = 0

    @property
    def money(self) -> Money:
        """The amount to be paid."""
        if self.terms.amount_minor is None or self.terms.currency is None:
            raise InvariantViolated("a stored payment setup has no amount")
        return Money(self.terms.amount_minor, self.terms.currency)

    @property
    def channel_id(self) -> ProcessingChannelId:
        """The processing channel the payment goes through."""
        if self.terms.processing_channel_id is None:
            raise InvariantViolated("a stored payment setup has no processing channel")
        return self.terms.processing_channel_id

    def confirmed(self, payment_id: PaymentId) -> PaymentSetup:
        """The setup with *payment_id* as its latest payment, under way."""
        return replace(self, latest_payment_id=payment_id, latest_payment_blocks=True)
