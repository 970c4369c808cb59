"""
The types of the documents that the API answers with, for its description alone.

``fils.api.answers`` builds the documents themselves; every answer that a test of the API gets is held against these
types, strictly, so neither can change without the other. What a request told is echoed in the request's own types.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from fils.api.schemas.customer import KeptMetadata
from fils.api.schemas.order import IndustryBody, OrderBody
from fils.api.schemas.people import AccountFundingTransactionBody, BillingBody, CustomerBody, PhoneBody
from fils.api.schemas.setup import (
    BillingDescriptorBody,
    CardTerminalBody,
    Metadata,
    PaymentType,
    PresentmentDetailsBody,
    RiskBody,
    SettingsBody,
)
from fils.domain.identifiers import ACTION, CUSTOMER, PAYMENT, PAYMENT_SETUP, PROCESSING_CHANNEL
from fils.domain.payment import PaymentStatus
from fils.domain.payment_setup import Language
from fils.domain.readiness import MethodStatus


def identifier(prefix: str, description: str) -> Meta:
    """How an identifier with *prefix* is written, and what it names."""
    return Meta(pattern=rf"^{prefix}_[A-Za-z0-9_]{{26}}$", description=description)


SetupIdText = Annotated[str, identifier(PAYMENT_SETUP, "Names the setup in the other calls.")]
PaymentIdText = Annotated[str, identifier(PAYMENT, "Names the payment; keep it with your order.")]
ActionIdText = Annotated[str, identifier(ACTION, "Names the action.")]
CustomerIdText = Annotated[str, identifier(CUSTOMER, "Names the customer.")]
ChannelIdText = Annotated[str, identifier(PROCESSING_CHANNEL, "The processing channel it goes through.")]
Minor = Annotated[int, Meta(ge=0, description="Whole number of the minor unit: 1000 is 1.000 KWD.")]
CurrencyText = Annotated[str, Meta(pattern="^[A-Z]{3}$", description="Of ISO 4217.")]
ResponseCodeText = Annotated[
    str, Meta(pattern="^[0-9]{5}$", description="Why it ended so; absent while it is undecided.")
]
ResponseSummaryText = Annotated[str, Meta(description="The response code in words, for people.")]


class Link(Struct, kw_only=True):
    """An address to go on with."""

    href: Annotated[str, Meta(description="Absolute; use it as it is.")]


class Method(Struct, kw_only=True):
    """How near a payment method is to being confirmed."""

    status: Annotated[
        MethodStatus, Meta(description="Only `ready` can be confirmed; treat any other as not yet.")
    ]
    flags: Annotated[list[str], Meta(description="A word for each thing that keeps it from being ready.")]


class Methods(Struct, kw_only=True):
    """The methods that the account offers and the setup does not exclude."""

    knet: Method | UnsetType = UNSET


class NamedCustomer(Struct, kw_only=True):
    """Whose payment it is."""

    id: CustomerIdText


class PaymentCustomer(NamedCustomer, kw_only=True):
    """Whose payment it is, as was known when it was confirmed."""

    email: Annotated[str, Meta(description="With A to Z in lower case.")] | UnsetType = UNSET
    name: str | UnsetType = UNSET
    phone: PhoneBody | UnsetType = UNSET


class KeptCustomer(PaymentCustomer, kw_only=True):
    """A customer of the account."""

    metadata: Annotated[KeptMetadata, Meta(description="Your own facts.")] | UnsetType = UNSET
    instruments: Annotated[list[str], Meta(max_length=0, description="Always empty: KNET stores no cards.")]


class AcceptedLinks(Struct, kw_only=True):
    """Where to go on."""

    self: Annotated[Link, Meta(description="The payment.")]
    redirect: (
        Annotated[Link, Meta(description="Where to send the customer; there while the payment is Pending.")]
        | UnsetType
    ) = UNSET


class AcceptedPayment(Struct, kw_only=True):
    """A payment that waits for its customer. Send them to `_links.redirect.href`."""

    id: PaymentIdText
    status: PaymentStatus
    customer: NamedCustomer
    _links: AcceptedLinks


class PaymentSetup(Struct, kw_only=True):
    """A payment setup as it stands: what was told, and how near each payment method is."""

    id: SetupIdText
    processing_channel_id: ChannelIdText
    amount: Minor
    currency: CurrencyText
    payment_type: PaymentType
    reference: Annotated[str, Meta(description="Your name for the order.")] | UnsetType = UNSET
    description: str | UnsetType = UNSET
    risk: RiskBody | UnsetType = UNSET
    metadata: Metadata | UnsetType = UNSET
    customer: CustomerBody | UnsetType = UNSET
    billing: BillingBody | UnsetType = UNSET
    order: OrderBody | UnsetType = UNSET
    industry: IndustryBody | UnsetType = UNSET
    billing_descriptor: BillingDescriptorBody | UnsetType = UNSET
    presentment_details: PresentmentDetailsBody | UnsetType = UNSET
    terminal: CardTerminalBody | UnsetType = UNSET
    account_funding_transaction: AccountFundingTransactionBody | UnsetType = UNSET
    payment_methods: Methods
    available_payment_methods: Annotated[
        list[str], Meta(description="The methods that are neither `unavailable` nor `invalid`.")
    ]
    settings: SettingsBody | UnsetType = UNSET
    latest_payment: (
        Annotated[AcceptedPayment, Meta(description="After a confirm: its payment, with its status of now.")]
        | UnsetType
    ) = UNSET


class KnetSource(Struct, kw_only=True):
    """
    What KNET said of the visit that decided the payment, as far as it told. While the payment is undecided only
    `type` and `language` are there.
    """

    type: Literal["knet"]
    language: Annotated[Language, Meta(description="Of the pages the customer sees.")]
    knet_payment_id: Annotated[str, Meta(description="KNET's id; what the receipt shows.")] | UnsetType = (
        UNSET
    )
    knet_result: (
        Annotated[str, Meta(description="What KNET notified.", examples=["Captured"])] | UnsetType
    ) = UNSET
    inquiry_result: (
        Annotated[
            str, Meta(description="What KNET answered when asked, where that is the only result or another.")
        ]
        | UnsetType
    ) = UNSET
    bank_reference: Annotated[str, Meta(description="The bank's reference.")] | UnsetType = UNSET
    knet_transaction_id: Annotated[str, Meta(description="KNET's id of the transaction.")] | UnsetType = UNSET
    auth_code: Annotated[str, Meta(description="The issuer's authorisation code.")] | UnsetType = UNSET
    auth_response_code: Annotated[str, Meta(description="The issuer's own code.")] | UnsetType = UNSET
    post_date: Annotated[str, Meta(description="The bank's business date, `MMDD`.")] | UnsetType = UNSET
    avr: Annotated[str, Meta(description="KNET's address check; always `N`.")] | UnsetType = UNSET
    error: Annotated[str, Meta(description="KNET's error code, if it answered with one.")] | UnsetType = UNSET
    error_text: Annotated[str, Meta(description="That error in KNET's words.")] | UnsetType = UNSET
    knet_track_id: (
        Annotated[
            str, Meta(description="Fils' own name for the customer's visit to KNET; new for each visit.")
        ]
        | UnsetType
    ) = UNSET


class Risk(Struct, kw_only=True):
    """Fils judges no risk."""

    flagged: bool


class Balances(Struct, kw_only=True):
    """What of the money is where."""

    total_authorized: Minor
    total_voided: Minor
    available_to_void: Minor
    total_captured: Minor
    available_to_capture: Minor
    total_refunded: Minor
    available_to_refund: Minor


class ActionSummary(Struct, kw_only=True):
    """One thing that was done to the payment."""

    id: ActionIdText
    type: Literal["Capture", "Void"]
    response_code: ResponseCodeText | UnsetType = UNSET
    response_summary: ResponseSummaryText | UnsetType = UNSET


class Processing(Struct, kw_only=True):
    """The bank's own numbers of the action."""

    retrieval_reference_number: Annotated[str, Meta(description="The bank's reference.")] | UnsetType = UNSET
    acquirer_transaction_id: Annotated[str, Meta(description="KNET's id of the transaction.")] | UnsetType = (
        UNSET
    )


class Action(Struct, kw_only=True):
    """One thing that was done to the payment, with its facts."""

    id: ActionIdText
    type: Literal["Capture", "Void"]
    processed_on: Annotated[datetime, Meta(tz=True, description="When it was done; UTC.")] | UnsetType = UNSET
    amount: Minor
    approved: bool
    auth_code: Annotated[str, Meta(description="The issuer's authorisation code.")] | UnsetType = UNSET
    response_code: ResponseCodeText | UnsetType = UNSET
    response_summary: ResponseSummaryText | UnsetType = UNSET
    reference: Annotated[str, Meta(description="Of the setup.")] | UnsetType = UNSET
    processing: Processing | UnsetType = UNSET


class PaymentLinks(Struct, kw_only=True):
    """Where to go on."""

    self: Annotated[Link, Meta(description="The payment.")]
    actions: Annotated[Link, Meta(description="What was done to it.")]
    redirect: (
        Annotated[Link, Meta(description="Where to send the customer; there while the payment is Pending.")]
        | UnsetType
    ) = UNSET


class PaymentDetails(Struct, kw_only=True):
    """A payment. Ship on the status `Captured`, and on nothing else."""

    id: PaymentIdText
    requested_on: Annotated[datetime, Meta(tz=True, description="When it was confirmed; UTC.")]
    source: KnetSource
    amount: Minor
    currency: CurrencyText
    payment_type: Annotated[str, Meta(description="KNET takes `Regular` alone.")]
    reference: Annotated[str, Meta(description="Your name for the order.")] | UnsetType = UNSET
    description: str | UnsetType = UNSET
    status: Annotated[PaymentStatus, Meta(description="`Pending` until it is known how it ended.")]
    approved: Annotated[bool, Meta(description="True for `Captured`, else false.")]
    response_code: ResponseCodeText | UnsetType = UNSET
    response_summary: ResponseSummaryText | UnsetType = UNSET
    risk: Risk
    customer: PaymentCustomer
    processing_channel_id: ChannelIdText
    metadata: Annotated[Metadata, Meta(description="As the setup told it.")] | UnsetType = UNSET
    balances: Balances
    processed_on: Annotated[datetime, Meta(tz=True, description="When it was decided; UTC.")] | UnsetType = (
        UNSET
    )
    actions: (
        Annotated[list[ActionSummary], Meta(description="Newest first; only when asked by a session id.")]
        | UnsetType
    ) = UNSET
    _links: PaymentLinks


class PaymentList(Struct, kw_only=True):
    """A page of payments."""

    limit: Annotated[int, Meta(description="As asked for.")]
    skip: Annotated[int, Meta(description="As asked for.")]
    total_count: Annotated[int, Meta(description="How many there are, also those on other pages.")]
    data: list[PaymentDetails]


class Refusal(Struct, kw_only=True):
    """Why a request was refused: every reason at once."""

    request_id: Annotated[str, Meta(description="The request, as in `Cko-Request-Id` and in Fils' log.")]
    error_type: Literal["request_invalid", "request_malformed"]
    error_codes: Annotated[list[str], Meta(description="A word for each reason; there are no sentences.")]


class Health(Struct, kw_only=True):
    """How each part of this process is."""

    status: Annotated[Literal["ok", "failing"], Meta(description="`ok` if every part works.")]
    version: Annotated[str, Meta(description="The version of Fils.")]
    parts: Annotated[dict[str, str], Meta(description="A word for each part; `ok` if it works.")]


class Readiness(Struct, kw_only=True):
    """Whether this process should be given requests."""

    status: Literal["ready", "not_ready", "stopping"]
