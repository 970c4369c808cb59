"""
Finding out how payments ended: ask KNET, judge the answer, commit what follows.

The bank is asked before anything is held or open; the case is read again before it is decided, so an answer is
always judged against what is known at that moment.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fils.application.deciding import commit_case, decide, read_case
from fils.application.ports import Answer, Inquiry, Ports
from fils.domain.errors import ConnectorError
from fils.domain.evidence import Evidence, EvidenceKind
from fils.domain.identifiers import EVIDENCE, EvidenceId, PaymentAttemptId, PaymentId
from fils.domain.payment_attempt import PaymentAttempt
from fils.domain.settling import Case, hear, needs_inquiry

LEASE: Final = timedelta(seconds=60)
"""How long a node has a due payment for itself; longer than any inquiry takes."""

_EVIDENCE_PURPOSE: Final = "evidence"


@dataclass(frozen=True, slots=True)
class Asked:
    """An inquiry that was made."""

    at: datetime
    """Aware UTC time just before it was made: the answer says nothing of what happened later."""
    answer: Answer | None
    """None if none came, or none that can be read."""


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
    asked = await ask_bank(ports, needs_inquiry(case, now=now, timing=ports.timing))

    async def decision() -> Case:
        current = await read_case(ports.store, payment_id)
        return await commit_answers(ports, current, current, asked)

    return await decide(ports, case.setup.id, decision)


async def ask_bank(ports: Ports, attempts: Iterable[PaymentAttempt]) -> Mapping[PaymentAttemptId, Asked]:
    """Ask KNET about each of *attempts*, side by side."""
    targets = tuple(attempts)
    asked = await asyncio.gather(*(_ask(ports, attempt) for attempt in targets))
    return {attempt.id: item for attempt, item in zip(targets, asked, strict=True)}


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
        statement = inquiry.answer.statement if inquiry.answer else None
        case = hear(case, attempt_id, statement, asked_at=inquiry.at, now=now, timing=ports.timing)
        if inquiry.answer is not None:
            evidence.append(_inquiry_evidence(ports, case.attempt(attempt_id), inquiry.answer))
    return case, tuple(evidence)


def _inquiry_evidence(ports: Ports, attempt: PaymentAttempt, answer: Answer) -> Evidence:
    """The answer as evidence. Equal answers at different times are different evidence."""
    return new_evidence(
        ports,
        attempt,
        EvidenceKind.INQUIRY,
        content=f"{ports.clock.now().isoformat()} {answer.raw}",
        statement_of=answer,
    )


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
        digest=ports.vault.hash(_EVIDENCE_PURPOSE, f"{kind} {content}"),
        received_at=ports.clock.now(),
        statement=statement_of.statement if statement_of else None,
        sealed=ports.vault.seal(_EVIDENCE_PURPOSE, statement_of.raw) if statement_of else None,
    )


async def _ask(ports: Ports, attempt: PaymentAttempt) -> Asked:
    inquiry = Inquiry(
        terminal_id=attempt.terminal_id,
        credentials_version=attempt.credentials_version,
        track_id=attempt.track_id,
        amount=attempt.amount,
    )
    at = ports.clock.now()
    try:
        return Asked(at, await ports.connector.inquire(inquiry))
    except ConnectorError:
        # No answer decides nothing; the schedule asks again.
        return Asked(at, None)
