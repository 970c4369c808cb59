"""
What an answer of KNET does to a payment: the case, what is heard, and what follows from it.

A ``Case`` is all that is known about one payment. ``hear`` applies one answer, ``expire`` the passing of time; both
return the case as it stands afterwards together with the events that happened. Nothing is stored here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from fils.domain.claims import OTHER_AMOUNT, claimed_amounts, judge_claim, says_nothing
from fils.domain.errors import InvariantViolated
from fils.domain.events import EventType
from fils.domain.evidence import BankStatement, Evidence, EvidenceKind, Outcome
from fils.domain.identifiers import PaymentAttemptId
from fils.domain.knowing import (
    DENIALS,
    SUSPECT,
    Judgement,
    Timing,
    Told,
    Verdict,
    changed_story,
    disagreement,
    inquiries_end_at,
    judge,
    next_inquiry_at,
    proves_nothing,
)
from fils.domain.money import Money
from fils.domain.payment import Payment
from fils.domain.payment_attempt import AttemptState, OtherCapture, PaymentAttempt
from fils.domain.payment_setup import PaymentSetup
from fils.domain.response_codes import NOT_FINISHED, response_code

_WORDS: Final = (
    EvidenceKind.NOTIFICATION,
    EvidenceKind.BROWSER_NOTIFICATION,
    EvidenceKind.RETURN,
    EvidenceKind.ERROR_RETURN,
)
_NO_ANSWER: Final = "KNET gave no answer that decides"
_SETTLED_BY_REVERSAL: Final = frozenset({_NO_ANSWER, SUSPECT, OTHER_AMOUNT})
"""What a person was called for that is explained once KNET has taken back a capture over another amount."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One payment with its setup, its attempts (oldest first) and their evidence."""

    setup: PaymentSetup
    payment: Payment
    attempts: tuple[PaymentAttempt, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    happened: tuple[EventType, ...] = ()
    """The events since the case was read, in order."""

    def attempt(self, attempt_id: PaymentAttemptId) -> PaymentAttempt:
        """The attempt of this case with that id."""
        for attempt in self.attempts:
            if attempt.id == attempt_id:
                return attempt
        raise InvariantViolated("the attempt is not of this payment")

    def told(self, attempt_id: PaymentAttemptId) -> Told:
        """What the attempt's notifications said; those that do not fit the attempt say nothing about it."""
        attempt = self.attempt(attempt_id)
        news = self._news(attempt_id)
        return Told(
            agreeing=tuple(
                item.statement
                for item in news
                if item.statement is not None and disagreement(attempt, item.statement) is None
            ),
            claimed_amounts=claimed_amounts(attempt, news),
            by_server=any(item.kind is EvidenceKind.NOTIFICATION for item in news),
        )

    def last_word_at(self, attempt_id: PaymentAttemptId) -> datetime | None:
        """When something last came in from outside about the attempt."""
        times = (e.received_at for e in self.evidence if e.attempt_id == attempt_id and e.kind in _WORDS)
        return max(times, default=None)

    def with_attempt(self, attempt: PaymentAttempt) -> Case:
        """The case with *attempt* in place of the one with its id."""
        return replace(self, attempts=tuple(attempt if a.id == attempt.id else a for a in self.attempts))

    @property
    def open_attempts(self) -> tuple[PaymentAttempt, ...]:
        """The attempts about which nothing final is known."""
        return tuple(attempt for attempt in self.attempts if attempt.state is AttemptState.OPEN)

    @property
    def may_have_paid(self) -> bool:
        """Whether money may already be moving: a new attempt would then risk a second payment."""
        return self.setup.counted_attempt_id is not None or any(
            attempt.state is AttemptState.CAPTURED
            or (attempt.state is AttemptState.OPEN and self._hopeful(attempt))
            for attempt in self.attempts
        )

    def _hopeful(self, attempt: PaymentAttempt) -> bool:
        """Anything but plain silence or a plain no, also what does not fit the attempt, may mean money."""
        outcomes = [item.statement.outcome for item in self._news(attempt.id) if item.statement]
        doubtful = attempt.provisional_at is not None or attempt.attention is not None
        return doubtful or any(outcome not in _NEGATIVE for outcome in outcomes)

    def _news(self, attempt_id: PaymentAttemptId) -> list[Evidence]:
        """The attempt's notifications, in the order of their arrival."""
        return [item for item in self.evidence if item.attempt_id == attempt_id and item.is_notification]


_NEGATIVE: Final = frozenset(
    {Outcome.CANCELED, Outcome.NOT_CAPTURED, Outcome.DENIED_BY_RISK, Outcome.REVERSED}
)


def hear(
    case: Case,
    attempt_id: PaymentAttemptId,
    answer: BankStatement | None,
    *,
    asked_at: datetime,
    now: datetime,
    timing: Timing,
) -> Case:
    """
    The case after KNET was asked about the attempt.

    Args:
        case: As it stood before the answer.
        attempt_id: Which attempt KNET was asked about.
        answer: What it answered; None if nothing, or nothing that can be read.
        asked_at: Aware UTC time just before it was asked.
        now: Aware UTC time at which the answer is here.
        timing: The waits to judge by.
    """
    told = case.told(attempt_id)
    attempt = _asked(_informed(case.attempt(attempt_id), told.agreeing), answer, asked_at)
    if answer is None or proves_nothing(answer, told) or _is_outdated(case, attempt, answer, asked_at):
        return case.with_attempt(attempt)
    judgement = judge(attempt, answer, told=told, asked_at=asked_at, timing=timing)
    if judgement.verdict is not Verdict.NEEDS_PERSON:
        attempt = replace(attempt, said=answer.over(attempt.said), inquiry_outcome=answer.outcome)
    return _follow(case.with_attempt(attempt), attempt, judgement, outcome=answer.outcome, now=now)


def hear_claims(
    case: Case,
    attempt_id: PaymentAttemptId,
    answers: Mapping[Money, BankStatement | None],
    *,
    beside: BankStatement | None,
    asked_at: datetime,
    now: datetime,
    timing: Timing,
) -> Case:
    """
    The case after KNET was also asked with amounts that only notifications named; see ``claims``.

    Args:
        case: As it stood after ``hear`` of the answer to our amount.
        attempt_id: Which attempt KNET was asked about.
        answers: What it answered to each of the other amounts; None if nothing, or nothing that can be read.
        beside: What it answered to our amount.
        asked_at: Aware UTC time just before it was asked.
        now: Aware UTC time at which the answers are here.
        timing: The waits to judge by.
    """
    claimed = case.told(attempt_id).claimed_amounts
    silent: list[Money] = []
    for amount, answer in answers.items():
        attempt, told = case.attempt(attempt_id), case.told(attempt_id)
        if amount not in told.claimed_amounts or answer is None or answer.outcome is Outcome.UNKNOWN:
            continue
        if says_nothing(attempt, amount, answer):
            silent.append(amount)
        elif not _is_outdated(case, attempt, answer, asked_at):
            judgement = judge_claim(attempt, answer, told=told, asked_at=asked_at, timing=timing)
            capture = _same_or_new(attempt.other_capture, OtherCapture(amount, since=now))
            case = _follow_claim(case, attempt, judgement, capture=capture, answer=answer, now=now)
    if claimed and set(claimed) == set(silent) and beside is not None and beside.outcome in DENIALS:
        # No amount is KNET's: what it answers is no answer to the wrong question, but a doubt.
        reason = SUSPECT if beside.outcome is Outcome.SUSPECT else changed_story(beside.outcome)
        return _call_person(case, case.attempt(attempt_id), reason)
    return case


def returned(case: Case, attempt_id: PaymentAttemptId, *, now: datetime) -> Case:
    """The case after the browser presented the attempt's return secret."""
    attempt = case.attempt(attempt_id)
    return case if attempt.returned_at else case.with_attempt(replace(attempt, returned_at=now))


def expire(case: Case, *, now: datetime, timing: Timing) -> Case:
    """The case after the passing of time: an unfinished payment ends once nobody can be paying it any more."""
    for attempt in case.open_attempts:
        if now >= attempt.started_at + timing.inquiry_horizon and attempt.attention is None:
            case = case.with_attempt(replace(attempt, attention=_NO_ANSWER))
    payment = case.payment
    unfinished = all(
        attempt.state is AttemptState.NEGATIVE and attempt.outcome is Outcome.NOT_FOUND
        for attempt in case.attempts
    )
    if payment.is_decided or not unfinished or now < payment.expires_at:
        return case
    payment = replace(payment, response=NOT_FINISHED, processed_at=now)
    return end_payment(replace(case, payment=payment), EventType.PAYMENT_EXPIRED)


def next_look_at(case: Case, *, now: datetime, timing: Timing) -> datetime | None:
    """When the payment has to be looked at again, or None when time alone changes nothing any more."""
    times = [
        next_inquiry_at(attempt, last_word_at=case.last_word_at(attempt.id), now=now, timing=timing)
        for attempt in case.attempts
    ]
    if not case.payment.is_decided:
        # A payment whose only capture is surplus waits for a person; time alone does not end it.
        if all(attempt.state is AttemptState.NEGATIVE for attempt in case.attempts):
            times.append(max(case.payment.expires_at, now + timedelta(seconds=1)))
        horizons = (a.started_at + timing.inquiry_horizon for a in case.open_attempts if a.attention is None)
        times.extend(time for time in horizons if time > now)
    return min((time for time in times if time is not None), default=None)


def needs_inquiry(case: Case, *, now: datetime, timing: Timing) -> tuple[PaymentAttempt, ...]:
    """The attempts that KNET may still have news about."""
    return tuple(
        attempt
        for attempt in case.attempts
        if attempt.state is AttemptState.OPEN
        or (
            attempt.state is AttemptState.NEGATIVE
            and now <= inquiries_end_at(attempt, last_word_at=case.last_word_at(attempt.id), timing=timing)
        )
    )


def _is_outdated(case: Case, attempt: PaymentAttempt, answer: BankStatement, asked_at: datetime) -> bool:
    """Whether KNET said or did something after it was asked, which an answer that is not positive misses."""
    return answer.outcome is not Outcome.CAPTURED and any(
        item.received_at > asked_at
        for item in case.evidence
        if item.attempt_id == attempt.id and item.kind is not EvidenceKind.ERROR_RETURN
    )


def _informed(attempt: PaymentAttempt, notified: Sequence[BankStatement]) -> PaymentAttempt:
    for statement in notified:
        if attempt.said is None or attempt.notified_outcome is None:
            attempt = replace(attempt, said=statement.over(attempt.said), notified_outcome=statement.outcome)
    return attempt


def _asked(attempt: PaymentAttempt, answer: BankStatement | None, asked_at: datetime) -> PaymentAttempt:
    """The attempt after an inquiry; of those that overlap the latest to be made counts."""
    is_answered = answer is not None and answer.outcome is not Outcome.UNKNOWN
    return replace(
        attempt,
        inquired_at=max(asked_at, attempt.inquired_at or asked_at),
        unanswered_since=None if is_answered else attempt.unanswered_since or asked_at,
    )


def _follow(
    case: Case, attempt: PaymentAttempt, judgement: Judgement, *, outcome: Outcome, now: datetime
) -> Case:
    match judgement.verdict:
        case Verdict.CAPTURED if attempt.state is not AttemptState.CAPTURED:
            return book_capture(case, replace(attempt, other_capture=None), now=now)
        case Verdict.PROVISIONAL if attempt.state is not AttemptState.CAPTURED:
            case = case.with_attempt(replace(_reopened(attempt), other_capture=None, provisional_at=now))
            return case if case.payment.is_decided else _happen(case, EventType.PAYMENT_CAPTURE_PENDING)
        case Verdict.NEGATIVE if attempt.state is AttemptState.OPEN:
            # What a person had to look at for want of an answer is settled by one; a contradiction is not.
            attention = None if attempt.attention == _NO_ANSWER else attempt.attention
            return end_attempt(case, replace(attempt, attention=attention), outcome=outcome, now=now)
        case Verdict.NEEDS_PERSON:
            return _call_person(case, attempt, judgement.reason)
    return case


def _same_or_new(seen: OtherCapture | None, capture: OtherCapture) -> OtherCapture:
    """Since when KNET confirms a claim counts from its first answer over that amount."""
    return seen if seen is not None and seen.amount == capture.amount else capture


def _follow_claim(
    case: Case,
    attempt: PaymentAttempt,
    judgement: Judgement,
    *,
    capture: OtherCapture,
    answer: BankStatement,
    now: datetime,
) -> Case:
    """As ``_follow``, about a capture over another amount: it never counts, and no event tells the shop of it."""
    heard = replace(attempt, said=answer.over(attempt.said), inquiry_outcome=answer.outcome)
    match judgement.verdict:
        case Verdict.CAPTURED:
            return book_capture(case, replace(heard, other_capture=capture), now=now)
        case Verdict.PROVISIONAL:
            reopened = _reopened(attempt)
            return case.with_attempt(replace(reopened, other_capture=capture, attention=OTHER_AMOUNT))
        case Verdict.NEGATIVE if attempt.state is AttemptState.OPEN:
            attention = None if attempt.attention in _SETTLED_BY_REVERSAL else attempt.attention
            return end_attempt(case, replace(heard, attention=attention), outcome=Outcome.REVERSED, now=now)
        case Verdict.NEEDS_PERSON:
            return _call_person(case, attempt, judgement.reason)
    return case


def _reopened(attempt: PaymentAttempt) -> PaymentAttempt:
    """The attempt with its end forgotten: only KNET's second answer can tell how it ended."""
    return replace(attempt, state=AttemptState.OPEN, outcome=None, decided_at=None)


def _call_person(case: Case, attempt: PaymentAttempt, reason: str | None) -> Case:
    """The case with *reason* for a person, unless one has spoken about just this: then it is no news."""
    if attempt.resolution is not None and attempt.resolution.about == reason:
        return case
    return case.with_attempt(replace(attempt, attention=reason))


def can_count(case: Case, attempt: PaymentAttempt) -> bool:
    """Whether a capture of *attempt* found now would be the one that pays the setup; any other is surplus."""
    is_free = case.setup.counted_attempt_id is None and case.payment.can(EventType.PAYMENT_CAPTURED)
    return is_free and attempt.other_capture is None


def book_capture(case: Case, attempt: PaymentAttempt, *, now: datetime) -> Case:
    """The case after *attempt* turned out captured: it pays the setup, or is surplus and needs a person."""
    counts = can_count(case, attempt)
    why = "the customer paid twice" if attempt.other_capture is None else OTHER_AMOUNT
    attempt = replace(
        attempt,
        state=AttemptState.CAPTURED,
        outcome=Outcome.CAPTURED,
        counts=counts,
        decided_at=now,
        attention=None if counts else f"{why}: this capture is surplus",
    )
    case = case.with_attempt(attempt)
    if not counts:
        return case
    payment = replace(
        case.payment,
        decided_by=attempt.id,
        response=response_code(Outcome.CAPTURED),
        processed_at=now,
    )
    setup = replace(case.setup, counted_attempt_id=attempt.id)
    return _happen(replace(case, payment=payment, setup=setup), EventType.PAYMENT_CAPTURED)


def end_attempt(case: Case, attempt: PaymentAttempt, *, outcome: Outcome, now: datetime) -> Case:
    """The case after *attempt* ended without money; its payment ends with it if it was the last."""
    ended = replace(attempt, state=AttemptState.NEGATIVE, outcome=outcome, counts=False, decided_at=now)
    return _turn_negative(case.with_attempt(replace(ended, other_capture=None)), now=now)


def _turn_negative(case: Case, *, now: datetime) -> Case:
    """End the payment if every attempt has ended; the last that was reversed says why, or else the last KNET knew."""
    known = [
        (attempt, outcome)
        for attempt in case.attempts
        if (outcome := attempt.outcome) and outcome is not Outcome.NOT_FOUND
    ]
    all_ended = all(attempt.state is AttemptState.NEGATIVE for attempt in case.attempts)
    if case.payment.is_decided or not all_ended or not known:
        return case
    taken_back = [(attempt, outcome) for attempt, outcome in known if outcome is Outcome.REVERSED]
    last, why = (taken_back or known)[-1]
    payment = replace(
        case.payment,
        decided_by=last.id,
        response=response_code(why, last.said),
        processed_at=now,
    )
    event = EventType.PAYMENT_CAPTURE_DECLINED if taken_back else EventType.PAYMENT_CANCELED
    return end_payment(replace(case, payment=payment), event)


def end_payment(case: Case, event: EventType) -> Case:
    """The payment ends without money by *event*, so its setup may be confirmed again."""
    setup = case.setup
    if setup.latest_payment_id == case.payment.id:
        setup = replace(setup, latest_payment_blocks=False)
    return _happen(replace(case, setup=setup), event)


def _happen(case: Case, event: EventType) -> Case:
    return replace(case, payment=case.payment.after(event), happened=(*case.happened, event))
