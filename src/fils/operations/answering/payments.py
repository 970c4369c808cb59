"""Requests about payments that need a person, and about what was said of a payment."""

from __future__ import annotations

from typing import assert_never

from fils.application.attention import (
    AttemptView,
    Resolved,
    Word,
    list_attention,
    preview_resolution,
    resolve_attempt,
)
from fils.application.evidence import PaymentEvidence, list_evidence, read_raw_evidence
from fils.application.ports import Ports
from fils.domain.errors import NotFound, ResolutionRefused
from fils.domain.evidence import Evidence, Resolution
from fils.domain.identifiers import PaymentAttemptId, PaymentId
from fils.domain.resolving import Effect
from fils.operations.messages import Refused
from fils.operations.messages.payments import (
    AttemptEntry,
    AttentionList,
    EvidenceEntry,
    EvidenceList,
    KnetWord,
    ListAttention,
    ListEvidence,
    PaymentAnswer,
    PaymentRequest,
    PersonsWord,
    PreviewResolution,
    RawReading,
    ReadRawEvidence,
    ResolutionEffect,
    ResolveAttempt,
)


async def answer_about_payments(ports: Ports, request: PaymentRequest) -> PaymentAnswer | Refused:
    """Do what *request* asks about payments."""
    try:
        return await _answer(ports, request)
    except NotFound:
        return Refused("not_found", "there is no payment and no attempt of that id")


async def _answer(ports: Ports, request: PaymentRequest) -> PaymentAnswer:
    match request:
        case ListAttention():
            return await _list_attention(ports, request)
        case PreviewResolution():
            return _effect(await preview_resolution(ports, request.name, _word(request)))
        case ResolveAttempt():
            return await _resolve(ports, request)
        case ListEvidence():
            return _evidence(await list_evidence(ports, PaymentId(request.payment_id)))
        case ReadRawEvidence():
            payment_id = PaymentId(request.payment_id)
            return _evidence(await read_raw_evidence(ports, payment_id, by=request.by, why=request.why))
        case _:
            assert_never(request)


async def _list_attention(ports: Ports, request: ListAttention) -> AttentionList:
    after = PaymentAttemptId(request.after) if request.after is not None else None
    page = await list_attention(ports, after=after, limit=request.limit)
    return AttentionList(tuple(_entry(view) for view in page.attempts), page.next_after)


async def _resolve(ports: Ports, request: ResolveAttempt) -> ResolutionEffect:
    try:
        expected = Effect(request.expected)
    except ValueError as error:
        raise ResolutionRefused("effect_unknown", "no word of a person does that") from error
    return _effect(await resolve_attempt(ports, request.name, _word(request), expected=expected))


def _word(request: PreviewResolution | ResolveAttempt) -> Word:
    return Word(is_captured=request.is_captured, by=request.by, why=request.why)


def _effect(resolved: Resolved) -> ResolutionEffect:
    return ResolutionEffect(_entry(resolved.view), resolved.effect)


def _entry(view: AttemptView) -> AttemptEntry:
    attempt, payment = view.attempt, view.payment
    return AttemptEntry(
        attempt_id=attempt.id,
        payment_id=payment.id,
        account_id=view.account.id,
        account_name=view.account.name,
        reference=payment.reference,
        status=payment.status or "",
        amount_minor=attempt.amount.amount,
        other_amount_minor=attempt.other_capture.amount.amount if attempt.other_capture else None,
        currency=attempt.amount.currency,
        terminal_id=attempt.terminal_id,
        track_id=attempt.track_id,
        started_at=attempt.started_at,
        state=attempt.state,
        counts=attempt.counts,
        attention=attempt.attention,
        attention_since=attempt.attention_since,
        knet=_knet_word(view.last_word),
        person=_persons_word(attempt.resolution),
        next_step=view.next_step,
    )


def _evidence(found: PaymentEvidence) -> EvidenceList:
    entries = (_evidence_entry(item, raw) for item, raw in zip(found.items, found.raw, strict=True))
    readings = (RawReading(by=entry.by, why=entry.why, at=entry.at) for entry in found.audit)
    return EvidenceList(found.payment.id, found.payment.status or "", tuple(entries), tuple(readings))


def _evidence_entry(item: Evidence, raw: str | None) -> EvidenceEntry:
    statement = item.statement
    return EvidenceEntry(
        evidence_id=item.id,
        attempt_id=item.attempt_id,
        kind=item.kind,
        received_at=item.received_at,
        result=statement.result if statement else None,
        outcome=statement.outcome if statement else None,
        error=statement.error if statement else None,
        person=_persons_word(item.resolution),
        raw=raw,
    )


def _knet_word(evidence: Evidence | None) -> KnetWord | None:
    if evidence is None or evidence.statement is None:
        return None
    return KnetWord(
        result=evidence.statement.result,
        error=evidence.statement.error,
        carried_by=evidence.kind,
        received_at=evidence.received_at,
    )


def _persons_word(resolution: Resolution | None) -> PersonsWord | None:
    if resolution is None:
        return None
    return PersonsWord(
        is_captured=resolution.is_captured, by=resolution.by, why=resolution.why, at=resolution.at
    )
