"""What can be asked about payments that need a person, and about what was said of a payment."""

from __future__ import annotations

from datetime import datetime

import msgspec


class ListAttention(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="list_attention"):
    """What needs a person?"""

    limit: int
    after: str | None = None
    """The last attempt of the page before."""


class PreviewResolution(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="preview_resolution"):
    """What would a person's word about an attempt do?"""

    name: str
    """The id of an attempt, or of a payment with one that can be meant."""
    is_captured: bool
    by: str
    why: str


class ResolveAttempt(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="resolve_attempt"):
    """Take a person's word about an attempt."""

    name: str
    is_captured: bool
    by: str
    why: str
    expected: str
    """The effect that the preview told; anything else is not done."""


class ListEvidence(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="list_evidence"):
    """What was said about a payment?"""

    payment_id: str


class ReadRawEvidence(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="read_raw_evidence"):
    """The same with the raw messages. Who reads them, and why, is recorded first."""

    payment_id: str
    by: str
    why: str


PaymentRequest = ListAttention | PreviewResolution | ResolveAttempt | ListEvidence | ReadRawEvidence


class KnetWord(msgspec.Struct, frozen=True, kw_only=True):
    """What KNET said last about an attempt."""

    result: str
    """In KNET's own words."""
    error: str | None
    carried_by: str
    """The kind of evidence, such as ``inquiry``."""
    received_at: datetime


class PersonsWord(msgspec.Struct, frozen=True, kw_only=True):
    """What a person said last about an attempt."""

    is_captured: bool
    by: str
    why: str
    at: datetime


class AttemptEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt as an operator sees it."""

    attempt_id: str
    payment_id: str
    account_id: str
    account_name: str
    reference: str | None
    status: str
    """Of the payment."""
    amount_minor: int
    """What the customer was asked for, in minor units of *currency*."""
    other_amount_minor: int | None
    """What KNET says that it captured instead; None if it names no other amount."""
    currency: str
    terminal_id: str
    track_id: str
    started_at: datetime
    state: str
    counts: bool
    attention: str | None
    """Why it needs a person; None if it does not."""
    attention_since: datetime | None
    knet: KnetWord | None
    person: PersonsWord | None
    next_step: str


class AttentionList(msgspec.Struct, frozen=True, tag="attention_list"):
    """The attempts that need a person, oldest first."""

    attempts: tuple[AttemptEntry, ...]
    next_after: str | None
    """Where the next page begins; None if this is the last."""


class ResolutionEffect(msgspec.Struct, frozen=True, tag="resolution_effect"):
    """An attempt, and what a person's word does to it or has done."""

    attempt: AttemptEntry
    effect: str


class EvidenceEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was said about an attempt, or an arrival that says something by itself."""

    evidence_id: str
    attempt_id: str
    kind: str
    received_at: datetime
    result: str | None
    """KNET's own word."""
    outcome: str | None
    """What Fils takes that word for."""
    error: str | None
    person: PersonsWord | None
    raw: str | None
    """The raw message; None where there is none or it was not asked for."""


class RawReading(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody opened the raw messages."""

    by: str
    why: str
    at: datetime


class EvidenceList(msgspec.Struct, frozen=True, tag="evidence_list"):
    """Everything that was said about a payment, in the order of arrival."""

    payment_id: str
    status: str
    evidence: tuple[EvidenceEntry, ...]
    raw_readings: tuple[RawReading, ...]
    """Who has opened the raw messages so far, this reading included."""


PaymentAnswer = AttentionList | ResolutionEffect | EvidenceList
