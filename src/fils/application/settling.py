"""
Finding out how payments ended: ask KNET, judge the answer, commit what follows.

The bank is asked before anything is held or open; the case is read again before it is decided, so an answer is
always judged against what is known at that moment.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from fils.application.deciding import commit_case, decide, read_case
from fils.application.ports import Answer, Inquiry, Ports
from fils.domain.errors import ConnectorError
from fils.domain.evidence import BankStatement, Evidence, EvidenceKind
from fils.domain.identifiers import EVIDENCE, EvidenceId, PaymentAttemptId, PaymentId
from fils.domain.knowing import closes_at
from fils.domain.money import Money
from fils.domain.payment_attempt import PaymentAttempt
from fils.domain.settling import Case, hear, hear_claims, needs_inquiry

LEASE: Final = timedelta(seconds=60)
"""How long a node has a due payment for itself; longer than any inquiry takes."""

EVIDENCE_PURPOSE: Final = "evidence"
"""The purpose under which raw messages are sealed."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An inquiry that was made."""

    at: datetime
    """Aware UTC time just before it was made: the answer says nothing of what happened later."""
    answer: Answer | None
    """To our amount; None if none came, or none that can be read."""
    about_claims: Mapping[Money, Answer | None] = field(default_factory=dict)
    """The same to each amount that only notifications named."""


async def settle_due_payments(ports: Ports, *, limit: int) -> int:
    """
    Settle payments whose time has come, at most *limit*.

    Returns:
        How many were taken in hand; when it equals *limit* there may be more.

    Raises:
        Exception: The first of those that payments failed with, after every other one has been settled. Those
            that failed are due again when their lease ends.
    """
    due = await ports.store.claim_due_payments(now=ports.clock.now(), limit=limit, lease=LEASE)
    results = await asyncio.gather(
        *(settle_payment(ports, payment_id) for payment_id in due), return_exceptions=True
    )
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return len(due)


async def settle_payment(ports: Ports, payment_id: PaymentId) -> Case:
    """Ask KNET about every attempt that may still have news, and commit what the answers and the time decide."""
    case = await read_case(ports.store, payment_id)
    now = ports.clock.now()
    asked = await ask_about(ports, case, needs_inquiry(case, now=now, timing=ports.timing))

    async def decision() -> Case:
        current = await read_case(ports.store, payment_id)
        return await commit_answers(ports, current, current, asked)

    return await decide(ports, case.setup.id, decision)


async def ask_about(
    ports: Ports, case: Case, attempts: Iterable[PaymentAttempt]
) -> Mapping[PaymentAttemptId, Asked]:
    """Ask KNET about each of *attempts*, side by side, with our amount and with those that were claimed."""
    targets = tuple(attempts)
    asked = await asyncio.gather(
        *(ask(ports, attempt, claimed=case.told(attempt.id).claimed_amounts) for attempt in targets)
    )
    return {attempt.id: item for attempt, item in zip(targets, asked, strict=True)}


async def ask(ports: Ports, attempt: PaymentAttempt, *, claimed: Sequence[Money] = ()) -> Asked:
    """Ask KNET about *attempt* with our amount and, side by side, with each *claimed* one."""
    at = ports.clock.now()
    answer, *others = await asyncio.gather(
        *(_inquire(ports, attempt, amount) for amount in (attempt.amount, *claimed))
    )
    return Asked(at, answer, dict(zip(claimed, others, strict=True)))


async def commit_answers(
    ports: Ports,
    before: Case,
    after: Case,
    asked: Mapping[PaymentAttemptId, Asked],
    *,
    evidence: tuple[Evidence, ...] = (),
) -> Case:
    """
    Judge the answers and commit them, as evidence, together with what they decide.

    Args:
        before: The case as read.
        after: The same, with what is decided already, such as the browser's return.
        asked: The inquiries, by attempt.
        evidence: Further evidence for the same commit.
    """
    now = ports.clock.now()
    after, answers = hear_answers(ports, after, asked, now=now)
    return await commit_case(ports, before, after, now=now, evidence=(*evidence, *answers))


def hear_answers(
    ports: Ports, case: Case, asked: Mapping[PaymentAttemptId, Asked], *, now: datetime
) -> tuple[Case, tuple[Evidence, ...]]:
    """The case after every answer of *asked*, and the answers as evidence."""
    evidence: list[Evidence] = []
    for attempt_id, inquiry in asked.items():
        case = _hear_one(ports, case, attempt_id, inquiry, now=now)
        attempt = case.attempt(attempt_id)
        for amount, answer in ((attempt.amount, inquiry.answer), *inquiry.about_claims.items()):
            if answer is not None:
                evidence.append(_inquiry_evidence(ports, attempt, answer, amount))
    return case, tuple(evidence)


def _hear_one(ports: Ports, case: Case, attempt_id: PaymentAttemptId, asked: Asked, *, now: datetime) -> Case:
    answer, timing = _said(asked.answer), ports.timing
    case = hear(case, attempt_id, answer, asked_at=asked.at, now=now, timing=timing)
    about_claims = {amount: _said(item) for amount, item in asked.about_claims.items()}
    return hear_claims(
        case, attempt_id, about_claims, beside=answer, asked_at=asked.at, now=now, timing=timing
    )


def _said(answer: Answer | None) -> BankStatement | None:
    return answer.statement if answer else None


def _inquiry_evidence(ports: Ports, attempt: PaymentAttempt, answer: Answer, amount: Money) -> Evidence:
    """The answer as evidence. Equal answers at different times, or to another amount, are different evidence."""
    evidence = new_evidence(
        ports,
        attempt,
        EvidenceKind.INQUIRY,
        content=f"{ports.clock.now().isoformat()} {amount.amount} {answer.raw}",
        statement_of=answer,
    )
    return replace(evidence, asked_amount=amount if amount != attempt.amount else None)


def new_evidence(
    ports: Ports,
    attempt: PaymentAttempt,
    kind: EvidenceKind,
    *,
    content: str,
    statement_of: Answer | None = None,
) -> Evidence:
    """
    A piece of evidence about *attempt*, received now.

    Args:
        content: What makes it this piece and no other; the same content is stored once.
        statement_of: What was said, if anything beyond the arrival; the raw text is sealed.
    """
    return Evidence(
        id=EvidenceId(ports.ids.identifier(EVIDENCE)),
        account_id=attempt.account_id,
        payment_id=attempt.payment_id,
        attempt_id=attempt.id,
        kind=kind,
        digest=ports.vault.hash(EVIDENCE_PURPOSE, f"{kind} {content}"),
        received_at=ports.clock.now(),
        statement=statement_of.statement if statement_of else None,
        sealed=ports.vault.seal(EVIDENCE_PURPOSE, statement_of.raw) if statement_of else None,
    )


def _version_to_ask_with(ports: Ports, attempt: PaymentAttempt) -> int:
    """
    The attempt's own version while it is under way; later the bank need not know that any more.

    Never one with another Tranportal id: the bank would not find there what it has captured.
    """
    own = attempt.credentials_version
    is_under_way = ports.clock.now() < closes_at(attempt, ports.timing)
    current = ports.terminals.newest_version_like(attempt.terminal_id, own)
    return own if is_under_way or current is None else current


async def _inquire(ports: Ports, attempt: PaymentAttempt, amount: Money) -> Answer | None:
    inquiry = Inquiry(
        terminal_id=attempt.terminal_id,
        credentials_version=_version_to_ask_with(ports, attempt),
        track_id=attempt.track_id,
        amount=amount,
    )
    try:
        return await ports.connector.inquire(inquiry)
    except ConnectorError:
        # No answer decides nothing; the schedule asks again.
        return None
