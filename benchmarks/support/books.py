"""A book with many payments in it: the store's own rows, without the requests that would have made them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from fils.application.ports import Batch
from fils.bootstrap.sandbox_setup import SANDBOX_ACCOUNT, SANDBOX_TERMINALS
from fils.domain.events import EventType
from fils.domain.identifiers import (
    CUSTOMER,
    PAYMENT,
    PAYMENT_SETUP,
    SESSION,
    CustomerId,
    PaymentId,
    PaymentSetupId,
    SessionId,
    write_identifier,
)
from fils.domain.money import KWD, Money
from fils.domain.payment import Payment
from fils.domain.payment_setup import Language, PaymentSetup, SetupTerms
from fils.domain.response_codes import NOT_FINISHED
from fils.storage import open_store

PAYMENTS_OF_A_REFERENCE: Final = 3
_BATCH_PAYMENTS: Final = 250
_REQUESTED_AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
_URLS: Final = ("https://example.com/payments/success", "https://example.com/payments/failure")


def payment_id(number: int) -> PaymentId:
    """The id of one of the payments, counted from 0."""
    return PaymentId(_name(PAYMENT, number))


def setup_id(number: int) -> PaymentSetupId:
    """The id of its setup."""
    return PaymentSetupId(_name(PAYMENT_SETUP, number))


def reference(number: int) -> str:
    """Its reference, which the payments beside it share."""
    return f"ORD-{number // PAYMENTS_OF_A_REFERENCE}"


async def fill(database: str, count: int) -> None:
    """Store *count* payments that ended without money, each with its setup, in an empty database."""
    store = await open_store(database, mode="sandbox")
    try:
        for first in range(0, count, _BATCH_PAYMENTS):
            numbers = range(first, min(first + _BATCH_PAYMENTS, count))
            payments = [_payment(number) for number in numbers]
            await store.commit(Batch(inserts=(*payments, *map(_setup, numbers))))
    finally:
        await store.close()


def _payment(number: int) -> Payment:
    terminal = SANDBOX_TERMINALS[0]
    unborn = Payment(
        id=payment_id(number),
        account_id=SANDBOX_ACCOUNT.id,
        setup_id=setup_id(number),
        session_id=SessionId(_name(SESSION, number)),
        processing_channel_id=terminal.channel_id,
        terminal_id=terminal.terminal_id,
        customer_id=CustomerId(_name(CUSTOMER, number)),
        amount=Money(1000, KWD),
        language=Language.ENGLISH,
        success_url=_URLS[0],
        failure_url=_URLS[1],
        requested_at=_REQUESTED_AT,
        link_expires_at=_REQUESTED_AT + timedelta(minutes=30),
        expires_at=_REQUESTED_AT + timedelta(minutes=60),
        reference=reference(number),
    )
    ended = unborn.after(EventType.PAYMENT_PENDING).after(EventType.PAYMENT_EXPIRED)
    return replace(ended, processed_at=_REQUESTED_AT + timedelta(minutes=61), response=NOT_FINISHED)


def _setup(number: int) -> PaymentSetup:
    terms = SetupTerms(
        processing_channel_id=SANDBOX_TERMINALS[0].channel_id,
        amount_minor=1000,
        currency=KWD,
        reference=reference(number),
        language=Language.ENGLISH,
        success_url=_URLS[0],
        failure_url=_URLS[1],
    )
    return PaymentSetup(
        id=setup_id(number),
        account_id=SANDBOX_ACCOUNT.id,
        terms=terms,
        created_at=_REQUESTED_AT,
        latest_payment_id=payment_id(number),
    )


def _name(prefix: str, number: int) -> str:
    return write_identifier(prefix, number.to_bytes(16, "big"))
