"""Cases for tests of the domain: a payment with its setup, and what was said about its attempts, in one line each."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final

from fils.domain.events import EventType
from fils.domain.evidence import BankStatement, Evidence, EvidenceKind, Outcome
from fils.domain.identifiers import (
    AccountId,
    CustomerId,
    EvidenceId,
    PaymentAttemptId,
    PaymentId,
    PaymentSetupId,
    ProcessingChannelId,
    SessionId,
    TerminalId,
)
from fils.domain.knowing import Timing
from fils.domain.money import KWD, Money
from fils.domain.payment import Payment
from fils.domain.payment_attempt import PaymentAttempt
from fils.domain.payment_setup import Language, PaymentSetup, SetupTerms
from fils.domain.settling import Case

START: Final = datetime(2026, 4, 30, 10, 0, tzinfo=UTC)
"""When a payment is confirmed and its first attempt starts."""
TIMING: Final = Timing()
CLOSED: Final = START + timedelta(minutes=50)
"""When an attempt that started at START is closed: link deadline, page limit and host margin."""
AMOUNT: Final = Money(1000, KWD)
KNET_PAYMENT_ID: Final = "100201914315601265"

_ACCOUNT: Final = AccountId("cli_vkuhvk4vjn2edkps7dfsq6emqm")
_CHANNEL: Final = ProcessingChannelId("pc_wzjki6hw5puepb5fnvqlizj2e4")
_TERMINAL: Final = TerminalId("trm_4gubyq2w335upc54dx7a4257lq")
_SETUP: Final = PaymentSetupId("set_4gubyq2w335upc54dx7a4257lq")
_numbers = count(1)


def terms() -> SetupTerms:
    """Everything that KNET needs."""
    return SetupTerms(
        processing_channel_id=_CHANNEL,
        amount_minor=AMOUNT.amount,
        currency=KWD,
        language=Language.ENGLISH,
        success_url="https://shop.example/paid",
        failure_url="https://shop.example/failed",
    )


def setup() -> PaymentSetup:
    return PaymentSetup(id=_SETUP, account_id=_ACCOUNT, terms=terms(), created_at=START)


def payment() -> Payment:
    """Pending since START."""
    unborn = Payment(
        id=PaymentId(f"pay_{next(_numbers):026d}"),
        account_id=_ACCOUNT,
        setup_id=_SETUP,
        session_id=SessionId("sid_4gubyq2w335upc54dx7a4257lq"),
        processing_channel_id=_CHANNEL,
        terminal_id=_TERMINAL,
        customer_id=CustomerId("cus_4gubyq2w335upc54dx7a4257lq"),
        amount=AMOUNT,
        language=Language.ENGLISH,
        success_url="https://shop.example/paid",
        failure_url="https://shop.example/failed",
        requested_at=START,
        link_expires_at=START + TIMING.link_lifetime,
        expires_at=START + TIMING.payment_lifetime,
    )
    return unborn.after(EventType.PAYMENT_PENDING)


def attempt(of: Payment, *, started_at: datetime = START) -> PaymentAttempt:
    number = next(_numbers)
    return PaymentAttempt(
        id=PaymentAttemptId(f"att_{number:026d}"),
        account_id=_ACCOUNT,
        setup_id=_SETUP,
        payment_id=of.id,
        terminal_id=_TERMINAL,
        credentials_version=1,
        track_id=f"T{number}",
        amount=of.amount,
        return_secret_hash=f"hash {number}",
        return_secret_sealed="sealed",
        started_at=started_at,
    )


def case(attempt_count: int = 1) -> Case:
    """A payment that is Pending, with so many attempts, all of which started at START."""
    pending = payment()
    return Case(
        setup=setup().confirmed(pending.id),
        payment=pending,
        attempts=tuple(attempt(pending) for _ in range(attempt_count)),
    )


def said(about: PaymentAttempt, outcome: Outcome, **details: object) -> BankStatement:
    """What KNET says about an attempt, as inquiries and notifications do; *details* differ from the attempt's own."""
    statement = BankStatement(outcome=outcome, result=outcome.upper())
    if outcome is not Outcome.NOT_FOUND:
        statement = replace(
            statement,
            track_id=about.track_id,
            amount=about.amount,
            knet_payment_id=f"{KNET_PAYMENT_ID}{about.track_id}",
        )
    return replace(statement, **details)  # type: ignore[arg-type]  # names are checked by replace itself


def evidence(
    about: PaymentAttempt,
    statement: BankStatement | None,
    *,
    kind: EvidenceKind = EvidenceKind.NOTIFICATION,
    at: datetime = START + timedelta(minutes=1),
) -> Evidence:
    number = next(_numbers)
    return Evidence(
        id=EvidenceId(f"evd_{number:026d}"),
        account_id=about.account_id,
        payment_id=about.payment_id,
        attempt_id=about.id,
        kind=kind,
        digest=f"digest {number}",
        received_at=at,
        statement=statement,
    )


def with_evidence(case: Case, *items: Evidence) -> Case:
    return replace(case, evidence=(*case.evidence, *items))


def notified(
    case: Case, outcome: Outcome, *, at: datetime = START + timedelta(minutes=1), **details: object
) -> Case:
    """The case after KNET notified *outcome* of the first attempt."""
    first = case.attempts[0]
    return with_evidence(case, evidence(first, said(first, outcome, **details), at=at))
