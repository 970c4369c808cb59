"""
The table of operations: everything that the API can be asked, and all that it can answer.

Whoever adds a method to ``fils.api.routes`` adds its ``Operation`` here (a test walks both ways) and, for a new
document, its type in ``answers``. What holds for many operations is written once, in ``document``: 401 where a key is
needed, 404 where the path names something, 400, 408 and 413 where a body is read, 500 and 503 everywhere.
"""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta, Raw

from fils.api.openapi import examples
from fils.api.openapi.answers import (
    AcceptedPayment,
    Action,
    Health,
    PaymentDetails,
    PaymentList,
    PaymentSetup,
    Readiness,
    identifier,
)
from fils.api.openapi.codes import IDEMPOTENCY_CODES, codes_of, field_codes
from fils.api.openapi.customer_operations import CUSTOMER_OPERATIONS
from fils.api.openapi.operation import Answer, Body, Operation, Parameter
from fils.api.payment_routes import LIMIT_DEFAULT, LIMIT_MAX, SKIP_MAX
from fils.api.schemas.setup import SetupBody
from fils.api.schemas.values import PLAIN
from fils.domain.errors import (
    PaymentMethodInvalid,
    PaymentMethodNotReady,
    PaymentMethodNotSupported,
    PaymentSetupAlreadyConfirmed,
    PaymentSetupExpired,
)
from fils.domain.identifiers import PAYMENT_SETUP
from fils.domain.payment_setup import KNET

_SETUP_ID: Final = Parameter(
    name="setup_id",
    place="path",
    type=Annotated[str, identifier(PAYMENT_SETUP, "The `id` of the setup.")],
    description="The `id` of the setup.",
    example=examples.SETUP_ID,
)
_METHOD: Final = Parameter(
    name="method",
    place="path",
    type=str,
    description=f"The payment method; Fils offers `{KNET}`.",
    example=KNET,
)
_PAYMENT_ID: Final = Parameter(
    name="payment_id",
    place="path",
    type=Annotated[str, Meta(pattern="^(pay|sid)_[A-Za-z0-9_]{26}$")],
    description="The `id` of the payment, or the session id that the customer's return carries.",
    example=examples.PAYMENT_ID,
)

_REQUIRED_CODES: Final = ("processing_channel_id_required", "amount_required", "currency_required")
_LENGTH_CODES: Final = ("phone_number_length_invalid", "country_phone_code_length_invalid")
_BODY_CODES: Final = (
    *_REQUIRED_CODES,
    *field_codes(SetupBody),
    *_LENGTH_CODES,
    "payment_setup_too_large",
    # Of auto_confirm.
    *codes_of(PaymentMethodInvalid, PaymentMethodNotSupported),
)
_FLAGS: Final = (
    *("language_required", "success_url_required", "failure_url_required"),
    *("amount_invalid", "success_url_invalid", "fail_url_invalid"),
    *("currency_not_supported", "capture_not_supported", "payment_type_not_supported", "payee_not_onboarded"),
)
_CUSTOMER_CODES: Final = ("customer_not_found",)
_READ_SETUP: Final = {"readPaymentSetup": {"setup_id": "$response.body#/id"}}
_SETUP_LINKS: Final = {
    **_READ_SETUP,
    "confirmPaymentSetup": {"setup_id": "$response.body#/id", "method": KNET},
}
_PAYMENT_LINKS: Final = {
    "readPayment": {"payment_id": "$response.body#/id"},
    "listPaymentActions": {"payment_id": "$response.body#/id"},
}

_CREATE_SETUP: Final = Operation(
    method="POST",
    path="/payments/setups",
    name="createPaymentSetup",
    tag="Payment setups",
    summary="Create a payment setup",
    description="Checks and stores what is to be paid; nothing happens to anybody's money. What KNET needs and is "
    "missing is told by the flags of `payment_methods.knet`.",
    body=Body(
        type=SetupBody,
        description="Fields that are not listed are ignored.",
        required=("amount", "currency"),
        examples=examples.SETUP_REQUESTS,
    ),
    answers={
        200: Answer(
            description="The setup was created.",
            type=PaymentSetup,
            examples=examples.SETUPS,
            links=_SETUP_LINKS,
        )
    },
    codes=(*_BODY_CODES, *_CUSTOMER_CODES, *IDEMPOTENCY_CODES),
    is_repeatable=True,
)
_READ: Final = Operation(
    method="GET",
    path="/payments/setups/{setup_id}",
    name="readPaymentSetup",
    tag="Payment setups",
    summary="Read a payment setup",
    description="The setup as it stands now, with its latest payment once it was confirmed.",
    parameters=(_SETUP_ID,),
    answers={200: Answer(description="The setup.", type=PaymentSetup, examples=examples.SETUPS)},
    names_something=True,
)
_UPDATE: Final = Operation(
    method="PUT",
    path="/payments/setups/{setup_id}",
    name="updatePaymentSetup",
    tag="Payment setups",
    summary="Update a payment setup",
    description="Objects are merged with what was told before, at every depth; a list or a plain value takes the place "
    "of the one before, and `null` takes a field back. Refused while a payment of the setup is Pending or paid.",
    parameters=(_SETUP_ID,),
    body=Body(
        type=SetupBody,
        description="What changes. Fields that are not listed are ignored.",
        examples=examples.SETUP_CHANGES,
    ),
    answers={200: Answer(description="The setup as it is now.", type=PaymentSetup, examples=examples.SETUPS)},
    codes=(
        *codes_of(PaymentSetupAlreadyConfirmed, PaymentSetupExpired),
        *_BODY_CODES,
        *_CUSTOMER_CODES,
        *IDEMPOTENCY_CODES,
    ),
    is_repeatable=True,
    names_something=True,
)
_CONFIRM: Final = Operation(
    method="POST",
    path="/payments/setups/{setup_id}/confirm/{method}",
    name="confirmPaymentSetup",
    tag="Payment setups",
    summary="Confirm a payment setup",
    description="Turns a setup whose method is `ready` into a payment. Send the customer to the answer's "
    "`_links.redirect.href`.",
    parameters=(_SETUP_ID, _METHOD),
    body=Body(
        type=dict[str, Raw],
        description="None, or any JSON object; its content means nothing.",
        examples={},
        is_required=False,
    ),
    answers={
        200: Answer(
            description="In place of 202, where `FILS_CONFIRM_ANSWER=setup` is set: the setup, with the payment in it.",
            type=PaymentSetup,
            examples=examples.CONFIRMED_SETUPS,
        ),
        202: Answer(
            description="The payment was made, and waits for its customer.",
            type=AcceptedPayment,
            examples=examples.ACCEPTED_PAYMENTS,
            links=_PAYMENT_LINKS,
        ),
    },
    codes=(
        *codes_of(
            PaymentMethodInvalid,
            PaymentMethodNotSupported,
            PaymentMethodNotReady,
            PaymentSetupAlreadyConfirmed,
            PaymentSetupExpired,
        ),
        *_FLAGS,
        "processing_channel_id_invalid",
        *_CUSTOMER_CODES,
        *IDEMPOTENCY_CODES,
    ),
    is_repeatable=True,
    names_something=True,
)
_READ_PAYMENT: Final = Operation(
    method="GET",
    path="/payments/{payment_id}",
    name="readPayment",
    tag="Payments",
    summary="Read a payment",
    description="How a shop learns whether it was paid. While it is `Pending`, ask again.",
    parameters=(_PAYMENT_ID,),
    answers={200: Answer(description="The payment.", type=PaymentDetails, examples=examples.PAYMENTS)},
    names_something=True,
)
_LIST_PAYMENTS: Final = Operation(
    method="GET",
    path="/payments",
    name="listPayments",
    tag="Payments",
    summary="List payments by reference",
    description="The payments with exactly this reference, newest first.",
    parameters=(
        Parameter(
            name="reference",
            place="query",
            type=Annotated[str, Meta(min_length=1, max_length=80, pattern=PLAIN)],
            description="Your name for the order, as the setup had it.",
            example=examples.REFERENCE,
        ),
        Parameter(
            name="limit",
            place="query",
            type=Annotated[int, Meta(ge=1, le=LIMIT_MAX)],
            description=f"How many are told at most; {LIMIT_DEFAULT} if not told.",
            example=LIMIT_DEFAULT,
            is_required=False,
        ),
        Parameter(
            name="skip",
            place="query",
            type=Annotated[int, Meta(ge=0, le=SKIP_MAX)],
            description="How many of the newest are left out; 0 if not told.",
            example=0,
            is_required=False,
        ),
    ),
    answers={200: Answer(description="A page of them.", type=PaymentList, examples=examples.PAYMENT_LISTS)},
    codes=(
        *("reference_required", "reference_invalid", "paging_limit_invalid", "paging_skip_invalid"),
        "parameter_invalid",
    ),
)
_LIST_ACTIONS: Final = Operation(
    method="GET",
    path="/payments/{payment_id}/actions",
    name="listPaymentActions",
    tag="Payments",
    summary="List a payment's actions",
    description="What was done to it, newest first; empty until it was captured.",
    parameters=(_PAYMENT_ID,),
    answers={200: Answer(description="The actions.", type=list[Action], examples=examples.ACTIONS)},
    names_something=True,
)
_HEALTH: Final = Operation(
    method="GET",
    path="/health",
    name="reportHealth",
    tag="Installation",
    summary="Say how each part of Fils is",
    description="For people and for what watches.",
    answers={
        200: Answer(description="Every part works.", type=Health, examples=examples.HEALTH),
        503: Answer(description="A part does not work.", type=Health, examples=examples.FAILING),
    },
    is_public=True,
)
_READY: Final = Operation(
    method="GET",
    path="/ready",
    name="reportReadiness",
    tag="Installation",
    summary="Say whether requests should come here",
    description="For whatever shares requests out among several processes.",
    answers={
        200: Answer(description="They should.", type=Readiness, examples=examples.READY),
        503: Answer(description="They should not.", type=Readiness, examples=examples.NOT_READY),
    },
    is_public=True,
)

OPERATIONS: Final = (
    _CREATE_SETUP,
    _READ,
    _UPDATE,
    _CONFIRM,
    _READ_PAYMENT,
    _LIST_PAYMENTS,
    _LIST_ACTIONS,
    *CUSTOMER_OPERATIONS,
    _HEALTH,
    _READY,
)
"""In the order in which they are shown."""
