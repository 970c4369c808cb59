"""
The laws that one payment's stored records show by themselves, each as a function that yields what breaks it.

They hold at every moment between two commits, whatever the customer, the bank and the network did. What needs the
bank's own books (that both are equal) or the passing of time is no law of stored records and not here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from fils.domain.events import Event, EventType
from fils.domain.evidence import Evidence, EvidenceKind, Outcome, Resolution
from fils.domain.knowing import disagreement
from fils.domain.payment import TRANSITIONS, PaymentStatus
from fils.domain.payment_attempt import AttemptState, NotificationMode, PaymentAttempt
from fils.domain.payment_setup import PaymentSetup
from fils.domain.settling import Case


class Law(StrEnum):
    """What is broken, by the names of ``docs/how-to/back-up-and-restore.md``; the last two are about the records."""

    EVIDENCE = "I1"
    """No payment is Captured without KNET's evidence."""
    ONE_EVENT = "I4"
    """Each row of the lifecycle table that fires writes exactly one event."""
    ONE_COUNTS = "I5"
    """At most one capture of a setup counts; a surplus one is marked."""
    TRANSITIONS = "I6"
    """Statuses move only along the table, and only on evidence."""
    SECRETS = "I8"
    """No secret stands in clear."""
    MONEY = "I9"
    """Money is integer minor units of a known currency."""
    ACTS_ONCE = "I10"
    """An idempotency key never acts twice."""
    LOOKED_AT = "due"
    """Whatever is undecided is looked at again, or a person has been called."""
    RECORDS = "records"
    """What is stored can be read, agrees with its columns, opens, and names what exists."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that breaks a law."""

    law: Law
    subject: str
    """The id of what breaks it."""
    what: str
    """In words, without a full stop. No secret is in it."""


@dataclass(frozen=True, slots=True)
class PaymentRecords:
    """A payment with everything that is stored about it."""

    case: Case
    events: tuple[Event, ...]
    """In their sequence."""
    is_due: bool
    """Whether it stands on the list of payments that have to be looked at."""


PaymentLaw = Callable[[PaymentRecords], Iterator[Violation]]


def broken_laws(records: PaymentRecords) -> Iterator[Violation]:
    """Everything in *records* that breaks a law."""
    for law in _LAWS:
        yield from law(records)


def _one_event_for_each_row(records: PaymentRecords) -> Iterator[Violation]:
    payment, events = records.case.payment, records.events
    sequence = [event.sequence for event in events]
    if payment.event_count != len(sequence) or sequence != list(range(1, len(sequence) + 1)):
        yield Violation(
            Law.ONE_EVENT, payment.id, f"has {payment.event_count} events, stored are those of {sequence}"
        )
    captures = sum(event.type is EventType.PAYMENT_CAPTURED for event in events)
    has_been_captured = payment.status in (PaymentStatus.CAPTURED, PaymentStatus.VOIDED)
    if captures != int(has_been_captured):
        yield Violation(Law.ONE_EVENT, payment.id, f"is {payment.status} with {captures} events of a capture")
    for event in events:
        if event.amount != payment.amount:
            yield Violation(
                Law.ONE_EVENT, event.id, f"is over {event.amount}, its payment over {payment.amount}"
            )
        if event.reference != payment.reference:
            yield Violation(
                Law.ONE_EVENT, event.id, f"is of {event.reference}, its payment of {payment.reference}"
            )


def _actions_are_those_of_events(records: PaymentRecords) -> Iterator[Violation]:
    payment = records.case.payment
    actions = {
        EventType.PAYMENT_CAPTURED: payment.capture_action_id,
        EventType.PAYMENT_VOIDED: payment.void_action_id,
    }
    for kind, action in actions.items():
        told = [event.action_id for event in records.events if event.type is kind]
        if told != ([] if action is None else [action]):
            yield Violation(Law.ONE_EVENT, payment.id, f"has another action than its event {kind}")


def _status_follows_the_table(records: PaymentRecords) -> Iterator[Violation]:
    payment = records.case.payment
    status: PaymentStatus | None = None
    for event in records.events:
        following = TRANSITIONS[status].get(event.type)
        if following is None:
            yield Violation(Law.TRANSITIONS, payment.id, f"has {event.type} after {status}")
            return
        status = following
    if payment.status is None:
        yield Violation(Law.TRANSITIONS, payment.id, "has no status")
    if status is not payment.status:
        yield Violation(Law.TRANSITIONS, payment.id, f"is {payment.status}, and its events say {status}")


def _status_rests_on_attempts(records: PaymentRecords) -> Iterator[Violation]:
    case = records.case
    payment = case.payment
    counted = [attempt.id for attempt in case.attempts if attempt.counts]
    if payment.is_captured != bool(counted):
        yield Violation(
            Law.EVIDENCE, payment.id, f"is {payment.status}, and {len(counted)} of its attempts count"
        )
    if payment.is_captured and counted and payment.decided_by not in counted:
        yield Violation(
            Law.EVIDENCE, payment.id, f"was decided by {payment.decided_by}, which does not count"
        )
    if payment.status is PaymentStatus.VOIDED:
        words = [_word(item) for item in case.evidence if item.attempt_id == payment.decided_by]
        if not any(word and not word.is_captured for word in words):
            yield Violation(Law.TRANSITIONS, payment.id, "is Voided, and no named person said so")
    if payment.status in (PaymentStatus.CANCELED, PaymentStatus.DECLINED):
        known = {attempt.id for attempt in case.attempts}
        if payment.decided_by not in known:
            yield Violation(
                Law.TRANSITIONS, payment.id, f"is {payment.status}, and no attempt of it says why"
            )


def _captures_have_evidence(records: PaymentRecords) -> Iterator[Violation]:
    case = records.case
    for attempt in case.attempts:
        if attempt.state is not AttemptState.CAPTURED:
            continue
        evidence = _evidence_of(case, attempt)
        if any(word.is_captured for item in evidence if (word := _word(item))):
            continue
        agreeing = [item for item in evidence if _confirms(attempt, item)]
        if not agreeing:
            yield Violation(
                Law.EVIDENCE, attempt.id, "is captured, and neither an inquiry nor a named person said so"
            )
        elif len(agreeing) == 1 and attempt.counts and _was_reversible(attempt):
            yield Violation(
                Law.EVIDENCE, attempt.id, "is captured by one answer while KNET could still take it back"
            )


def _confirms(attempt: PaymentAttempt, item: Evidence) -> bool:
    """Whether *item* is KNET's answer that *attempt* was captured, and all it names agrees."""
    statement, amount = item.statement, attempt.captured_amount
    if item.kind is not EvidenceKind.INQUIRY or statement is None or amount is None:
        return False
    return (
        statement.outcome is Outcome.CAPTURED
        and disagreement(replace(attempt, amount=amount), statement) is None
    )


def _word(item: Evidence) -> Resolution | None:
    """What a person said, if *item* is that: somebody who is named and cites something."""
    word = item.resolution
    is_one = item.kind is EvidenceKind.RESOLUTION and word and word.by.strip() and word.why.strip()
    return word if is_one else None


def _was_reversible(attempt: PaymentAttempt) -> bool:
    """A terminal that is wrongly set to mode L may tell so only after the capture: such an attempt is not judged."""
    return attempt.returned_at is None and attempt.mode is NotificationMode.SERVER


def _returns_have_evidence(records: PaymentRecords) -> Iterator[Violation]:
    case = records.case
    for attempt in case.attempts:
        kinds = {item.kind for item in _evidence_of(case, attempt)}
        if attempt.returned_at is not None and EvidenceKind.RETURN not in kinds:
            yield Violation(Law.EVIDENCE, attempt.id, "is marked as returned, and no browser did")


def _what_is_noted_has_evidence(records: PaymentRecords) -> Iterator[Violation]:
    """What later decisions rest on: that KNET said "captured" before, and a person's word."""
    for attempt in records.case.attempts:
        evidence = _evidence_of(records.case, attempt)
        answers = [
            item.statement for item in evidence if item.kind is EvidenceKind.INQUIRY and item.statement
        ]
        is_noted = attempt.provisional_at is not None or attempt.other_capture is not None
        # A person's word of a capture needs no answer of KNET.
        if is_noted and not any(answer.outcome is Outcome.CAPTURED for answer in answers):
            yield Violation(Law.EVIDENCE, attempt.id, "is marked as captured at KNET, and KNET never said so")
        if attempt.resolution is not None and attempt.resolution not in map(_word, evidence):
            yield Violation(Law.EVIDENCE, attempt.id, "cites a person's word that is no evidence of it")


def _ends_have_evidence(records: PaymentRecords) -> Iterator[Violation]:
    case = records.case
    for attempt in case.attempts:
        if attempt.state is not AttemptState.NEGATIVE:
            continue
        evidence = _evidence_of(case, attempt)
        by_person = any(not word.is_captured for item in evidence if (word := _word(item)))
        by_knet = any(
            item.kind is EvidenceKind.INQUIRY and item.statement and item.statement.outcome is attempt.outcome
            for item in evidence
        )
        if not by_person and not by_knet:
            yield Violation(
                Law.TRANSITIONS,
                attempt.id,
                f"ended as {attempt.outcome}, and nobody is on record to have said so",
            )


def _attempts_are_in_one_state(records: PaymentRecords) -> Iterator[Violation]:
    for attempt in records.case.attempts:
        is_open = attempt.state is AttemptState.OPEN
        if is_open != (attempt.outcome is None) or is_open != (attempt.decided_at is None):
            yield Violation(Law.TRANSITIONS, attempt.id, f"is {attempt.state} with outcome {attempt.outcome}")
        is_captured = attempt.state is AttemptState.CAPTURED
        if is_captured != (attempt.outcome is Outcome.CAPTURED):
            yield Violation(Law.TRANSITIONS, attempt.id, f"is {attempt.state} with outcome {attempt.outcome}")
        if attempt.counts and not is_captured:
            yield Violation(Law.ONE_COUNTS, attempt.id, f"counts and is {attempt.state}")
        if attempt.counts and attempt.captured_amount != attempt.amount:
            yield Violation(
                Law.ONE_COUNTS,
                attempt.id,
                f"counts over {attempt.captured_amount} instead of {attempt.amount}",
            )
        if attempt.is_surplus and attempt.attention is None and attempt.resolution is None:
            yield Violation(Law.ONE_COUNTS, attempt.id, "is a surplus capture, and nobody is told")


def _what_counts_is_named(records: PaymentRecords) -> Iterator[Violation]:
    setup, payment = records.case.setup, records.case.payment
    for attempt in records.case.attempts:
        if attempt.counts and setup.counted_attempt_id != attempt.id:
            yield Violation(
                Law.ONE_COUNTS, attempt.id, f"counts, and its setup says {setup.counted_attempt_id or 'none'}"
            )
    if setup.latest_payment_id is None:
        yield Violation(Law.ONE_COUNTS, setup.id, "has payments and names none")
    if setup.latest_payment_id != payment.id:
        if not payment.is_decided:
            yield Violation(
                Law.ONE_COUNTS, payment.id, f"is Pending beside {setup.latest_payment_id} of the same setup"
            )
        return
    # A capture found late leaves the flag as it is: then what counts keeps the setup from being confirmed again.
    if setup.latest_payment_blocks != (not payment.is_decided) and not payment.is_captured:
        door = "shut" if setup.latest_payment_blocks else "open"
        yield Violation(
            Law.ONE_COUNTS,
            setup.id,
            f"is {door} for a further confirm while {payment.id} is {payment.status}",
        )


def _parts_belong_together(records: PaymentRecords) -> Iterator[Violation]:
    case = records.case
    payment = case.payment
    parts: list[PaymentSetup | PaymentAttempt | Evidence | Event] = [case.setup, *case.attempts]
    parts += (*case.evidence, *records.events)
    for part in parts:
        if part.account_id != payment.account_id:
            yield Violation(Law.RECORDS, part.id, f"is of another account than {payment.id}")
    if payment.amount.amount < 1:
        yield Violation(Law.MONEY, payment.id, f"is over {payment.amount}")
    attempts = {attempt.id: attempt for attempt in case.attempts}
    for attempt in attempts.values():
        if (attempt.setup_id, attempt.terminal_id) != (payment.setup_id, payment.terminal_id):
            yield Violation(Law.RECORDS, attempt.id, f"has another setup or terminal than {payment.id}")
        if attempt.amount != payment.amount:
            yield Violation(
                Law.MONEY, attempt.id, f"is over {attempt.amount}, {payment.id} over {payment.amount}"
            )
    for item in case.evidence:
        if item.attempt_id not in attempts:
            yield Violation(
                Law.RECORDS, item.id, f"is about {item.attempt_id}, which {payment.id} does not have"
            )

    for event in records.events:
        if event.attempt_id is not None and event.attempt_id not in attempts:
            yield Violation(
                Law.RECORDS, event.id, f"is about {event.attempt_id}, which {payment.id} does not have"
            )


def _undecided_is_looked_at(records: PaymentRecords) -> Iterator[Violation]:
    """
    A person who was called, or a surplus capture, keeps a payment Pending with nothing left to look at.

    Late evidence may open an attempt of a decided payment again, which is then looked at as any other.
    """
    case = records.case
    if records.is_due:
        return
    waits_for_person = any(attempt.attention is not None or attempt.is_surplus for attempt in case.attempts)
    if not case.payment.is_decided and not waits_for_person:
        yield Violation(Law.LOOKED_AT, case.payment.id, "is Pending, and nothing will look at it again")
    for attempt in case.open_attempts:
        if attempt.attention is None:
            yield Violation(Law.LOOKED_AT, attempt.id, "is open, and nothing will look at it again")


def _evidence_of(case: Case, attempt: PaymentAttempt) -> list[Evidence]:
    return [item for item in case.evidence if item.attempt_id == attempt.id]


_LAWS: Final[tuple[PaymentLaw, ...]] = (
    _one_event_for_each_row,
    _actions_are_those_of_events,
    _status_follows_the_table,
    _status_rests_on_attempts,
    _captures_have_evidence,
    _returns_have_evidence,
    _what_is_noted_has_evidence,
    _ends_have_evidence,
    _attempts_are_in_one_state,
    _what_counts_is_named,
    _parts_belong_together,
    _undecided_is_looked_at,
)
