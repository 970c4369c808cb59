"""What a person's word does to a payment: every standing of an attempt with either word, and what KNET says later."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from fils.domain.errors import CommandRefused, ResolutionRefused
from fils.domain.events import EventType
from fils.domain.evidence import BankStatement, EvidenceKind, Outcome, Resolution
from fils.domain.knowing import PERSON_SAID_NO
from fils.domain.money import KWD, Money
from fils.domain.payment import PaymentStatus
from fils.domain.payment_attempt import AttemptState, PaymentAttempt
from fils.domain.person import NAME_LENGTH_MAX, REASON_LENGTH_MAX
from fils.domain.resolving import (
    Effect,
    effect_of,
    new_resolution,
    resolve,
)
from fils.domain.response_codes import APPROVED, CUSTOMER_CANCELLATION, UNIDENTIFIED
from fils.domain.settling import Case, expire, hear, needs_inquiry, next_look_at, returned
from tests.support import cases
from tests.support.cases import CLOSED, START, TIMING, evidence, notified, said, with_evidence

SOON = START + timedelta(minutes=2)
LATER = CLOSED + timedelta(hours=1)
NEXT_DAY = START + TIMING.inquiry_horizon
EVENTS = EventType


def word(case: Case, *, is_captured: bool, at: datetime = LATER, number: int = 0) -> Resolution:
    about = case.attempts[number].attention
    return new_resolution(is_captured=is_captured, by="Noura", why="report 14, line 3", at=at, about=about)


def resolved(case: Case, *, is_captured: bool, at: datetime = LATER, number: int = 0) -> tuple[Effect, Case]:
    """What a person's word about the attempt with that number does, and the case after it."""
    attempt_id = case.attempts[number].id
    effect = effect_of(case, attempt_id, is_captured=is_captured, now=at, timing=TIMING)
    after = resolve(case, attempt_id, effect, word(case, is_captured=is_captured, at=at, number=number))
    return effect, expire(after, now=at, timing=TIMING)


def answered(case: Case, answer: Outcome | BankStatement, *, number: int = 0, now: datetime = LATER) -> Case:
    about = case.attempts[number]
    statement = said(about, answer) if isinstance(answer, Outcome) else answer
    return hear(case, about.id, statement, asked_at=now, now=now, timing=TIMING)


def captured(case: Case, *, number: int = 0) -> Case:
    """The case after the customer came back and KNET said CAPTURED."""
    return answered(
        returned(case, case.attempts[number].id, now=SOON), Outcome.CAPTURED, number=number, now=SOON
    )


def doubted(attempt_count: int = 1) -> Case:
    """KNET calls the first attempt suspect."""
    return answered(cases.case(attempt_count), Outcome.SUSPECT)


def ended(outcome: Outcome = Outcome.CANCELED) -> Case:
    return answered(cases.case(), outcome, now=CLOSED)


# Captured


def test_an_attempt_that_needs_a_person_counts_once_one_says_captured() -> None:
    effect, after = resolved(doubted(), is_captured=True)
    assert effect is Effect.COUNTS
    [attempt] = after.attempts
    assert (attempt.state, attempt.counts, attempt.attention) == (AttemptState.CAPTURED, True, None)
    assert attempt.resolution == Resolution(
        is_captured=True,
        by="Noura",
        why="report 14, line 3",
        at=LATER,
        about="KNET calls the transaction suspect",
    )
    assert after.setup.counted_attempt_id == attempt.id
    assert after.payment.status is PaymentStatus.CAPTURED
    assert (after.payment.response, after.payment.processed_at) == (APPROVED, LATER)
    assert after.happened == (EVENTS.PAYMENT_CAPTURED,)


def test_an_open_attempt_may_be_resolved_before_it_needs_anybody() -> None:
    effect, after = resolved(cases.case(), is_captured=True, at=SOON)
    assert effect is Effect.COUNTS
    assert after.payment.is_captured
    assert after.attempts[0].resolution == replace(word(cases.case(), is_captured=True, at=SOON), about=None)


@pytest.mark.parametrize("outcome", [Outcome.CANCELED, Outcome.REVERSED, Outcome.NOT_FOUND])
def test_a_payment_that_ended_without_money_is_captured_on_a_persons_word(outcome: Outcome) -> None:
    before = expire(ended(outcome), now=LATER, timing=TIMING)
    assert before.payment.status in {PaymentStatus.CANCELED, PaymentStatus.DECLINED, PaymentStatus.EXPIRED}
    effect, after = resolved(before, is_captured=True)
    assert effect is Effect.COUNTS
    assert after.payment.is_captured
    assert after.happened == (*before.happened, EVENTS.PAYMENT_CAPTURED)


def test_a_capture_beside_the_one_that_counts_is_surplus_and_still_needs_somebody() -> None:
    before = captured(cases.case(2))
    effect, after = resolved(before, is_captured=True, number=1)
    assert effect is Effect.SURPLUS
    assert after.attempts[1].is_surplus
    assert after.attempts[1].attention is not None
    assert after.payment == before.payment


def test_a_contradicted_capture_that_stands_needs_nobody_any_more() -> None:
    before = answered(captured(cases.case()), Outcome.NOT_CAPTURED)
    assert before.attempts[0].attention is not None
    effect, after = resolved(before, is_captured=True)
    assert effect is Effect.CONFIRMED
    assert after.attempts[0].attention is None
    assert after.attempts[0].counts
    assert after.payment == before.payment


def test_a_surplus_capture_that_was_dealt_with_stays_one_and_needs_nobody() -> None:
    before = captured(captured(cases.case(2)), number=1)
    effect, after = resolved(before, is_captured=True, number=1)
    assert effect is Effect.DEALT_WITH
    assert after.attempts[1].is_surplus
    assert after.attempts[1].attention is None
    assert after.attempts[1].resolution is not None
    assert after.payment == before.payment


# Not captured


def test_an_attempt_without_a_word_of_knet_ends_and_its_payment_expires() -> None:
    silent = expire(cases.case(), now=NEXT_DAY, timing=TIMING)
    assert silent.attempts[0].attention == "KNET gave no answer that decides"
    effect, after = resolved(silent, is_captured=False, at=NEXT_DAY)
    assert effect is Effect.ENDS
    [attempt] = after.attempts
    assert (attempt.state, attempt.outcome, attempt.attention) == (
        AttemptState.NEGATIVE,
        Outcome.NOT_FOUND,
        None,
    )
    assert after.payment.status is PaymentStatus.EXPIRED
    assert after.happened == (EVENTS.PAYMENT_EXPIRED,)
    assert not after.setup.latest_payment_blocks
    assert next_look_at(after, now=NEXT_DAY, timing=TIMING) is None


@pytest.mark.parametrize(
    ("told", "outcome", "event"),
    [
        (Outcome.CANCELED, Outcome.CANCELED, EVENTS.PAYMENT_CANCELED),
        (Outcome.DENIED_BY_RISK, Outcome.DENIED_BY_RISK, EVENTS.PAYMENT_CANCELED),
        (Outcome.CAPTURED, Outcome.REVERSED, EVENTS.PAYMENT_CAPTURE_DECLINED),
        (Outcome.SUSPECT, Outcome.NOT_FOUND, EVENTS.PAYMENT_EXPIRED),
        (Outcome.UNKNOWN, Outcome.NOT_FOUND, EVENTS.PAYMENT_EXPIRED),
    ],
)
def test_what_knet_told_says_why_the_payment_ended(told: Outcome, outcome: Outcome, event: EventType) -> None:
    _, after = resolved(notified(doubted(), told), is_captured=False)
    assert after.attempts[0].outcome is outcome
    assert after.happened == (event,)


def test_once_knet_said_captured_later_words_do_not_hide_that_money_moved() -> None:
    case = notified(notified(doubted(), Outcome.CAPTURED), Outcome.CANCELED)
    _, after = resolved(case, is_captured=False)
    assert after.payment.status is PaymentStatus.DECLINED
    assert after.payment.response == UNIDENTIFIED


def test_the_payment_waits_for_its_other_attempts() -> None:
    _, after = resolved(notified(doubted(2), Outcome.CANCELED), is_captured=False)
    assert after.payment.status is PaymentStatus.PENDING
    assert after.happened == ()
    _, last = resolved(after, is_captured=False, number=1)
    assert last.payment.status is PaymentStatus.CANCELED
    assert last.payment.response == CUSTOMER_CANCELLATION


def test_what_is_told_of_another_attempt_says_nothing_of_this_one() -> None:
    case = doubted(2)
    told = evidence(case.attempts[1], said(case.attempts[1], Outcome.CAPTURED))
    _, after = resolved(with_evidence(case, told), is_captured=False)
    assert after.attempts[0].outcome is Outcome.NOT_FOUND


def test_nobody_says_not_captured_while_the_customer_may_be_paying() -> None:
    attempt_id = (case := doubted()).attempts[0].id
    with pytest.raises(ResolutionRefused, match="after 2026-04-30 10:50 UTC") as refused:
        effect_of(case, attempt_id, is_captured=False, now=CLOSED - timedelta(seconds=1), timing=TIMING)
    assert refused.value.codes == ("customer_may_be_paying",)
    assert effect_of(case, attempt_id, is_captured=False, now=CLOSED, timing=TIMING) is Effect.ENDS


def test_an_ended_attempt_that_needs_a_person_stays_ended() -> None:
    before = answered(notified(ended(), Outcome.CANCELED), Outcome.CAPTURED)
    assert before.attempts[0].attention is not None
    effect, after = resolved(before, is_captured=False)
    assert effect is Effect.STAYS_ENDED
    assert after.attempts[0].attention is None
    assert after.payment == before.payment


def test_a_capture_that_was_taken_back_voids_its_payment_for_good() -> None:
    before = captured(cases.case())
    effect, after = resolved(before, is_captured=False)
    assert effect is Effect.VOIDS
    [attempt] = after.attempts
    assert (attempt.state, attempt.outcome, attempt.counts) == (
        AttemptState.NEGATIVE,
        Outcome.REVERSED,
        False,
    )
    assert after.payment.status is PaymentStatus.VOIDED
    assert (after.payment.voided_at, after.payment.processed_at) == (LATER, SOON)
    assert after.payment.response == APPROVED
    assert after.setup.counted_attempt_id is None
    assert not after.setup.latest_payment_blocks
    assert after.happened == (EVENTS.PAYMENT_CAPTURED, EVENTS.PAYMENT_VOIDED)


def test_a_capture_of_a_voided_payment_is_surplus() -> None:
    _, voided = resolved(captured(cases.case()), is_captured=False)
    effect, after = resolved(voided, is_captured=True)
    assert effect is Effect.SURPLUS
    assert after.attempts[0].is_surplus
    assert after.payment.status is PaymentStatus.VOIDED
    assert after.setup.counted_attempt_id is None


def test_a_surplus_capture_that_was_given_back_ends() -> None:
    before = captured(captured(cases.case(2)), number=1)
    effect, after = resolved(before, is_captured=False, number=1)
    assert effect is Effect.GIVEN_BACK
    assert (after.attempts[1].state, after.attempts[1].outcome) == (AttemptState.NEGATIVE, Outcome.REVERSED)
    assert after.attempts[1].attention is None
    assert after.payment == before.payment
    assert after.setup == before.setup


def test_a_payment_whose_only_capture_is_surplus_ends_when_it_is_given_back() -> None:
    paid_before = replace(cases.setup(), counted_attempt_id=cases.attempt(cases.payment()).id)
    before = captured(replace(cases.case(), setup=paid_before))
    assert before.payment.status is PaymentStatus.PENDING
    _, dealt_with = resolved(before, is_captured=True)
    assert dealt_with.payment.status is PaymentStatus.PENDING
    _, after = resolved(dealt_with, is_captured=False)
    assert after.payment.status is PaymentStatus.DECLINED
    assert after.happened == (EVENTS.PAYMENT_CAPTURE_DECLINED,)


# Nothing to resolve


@pytest.mark.parametrize(
    ("before", "is_captured", "fact"),
    [
        (captured(cases.case()), True, "the attempt is already captured and needs no person"),
        (ended(), False, "the attempt has already ended without money and needs no person"),
    ],
)
def test_a_word_that_changes_nothing_is_refused(before: Case, is_captured: bool, fact: str) -> None:
    with pytest.raises(ResolutionRefused, match=f"^{fact}$") as refused:
        resolved(before, is_captured=is_captured)
    assert refused.value.codes == ("nothing_to_resolve",)


def test_whoever_comes_second_is_told_who_was_first() -> None:
    _, after = resolved(doubted(), is_captured=False)
    with pytest.raises(
        ResolutionRefused, match=r"Noura resolved it at 2026-04-30 11:50 UTC, citing “report 14"
    ):
        resolved(after, is_captured=False)


# What KNET says later


def test_knet_cannot_undo_a_persons_no_but_brings_it_to_a_person_again() -> None:
    _, after = resolved(doubted(), is_captured=False)
    told = answered(after, Outcome.CAPTURED)
    assert told.attempts[0].state is AttemptState.NEGATIVE
    assert told.attempts[0].attention == PERSON_SAID_NO
    assert told.payment == after.payment
    assert told.attempts[0].said == after.attempts[0].said
    _, again = resolved(told, is_captured=False)
    assert answered(again, Outcome.CAPTURED).attempts[0].attention is None
    _, counted = resolved(told, is_captured=True)
    assert counted.payment.is_captured


def test_knet_cannot_undo_a_persons_yes_but_brings_it_to_a_person_again() -> None:
    _, after = resolved(doubted(), is_captured=True)
    told = answered(after, Outcome.NOT_CAPTURED, now=LATER + timedelta(seconds=1))
    assert told.payment.is_captured
    assert told.attempts[0].attention == "KNET no longer says CAPTURED about a captured attempt"
    _, confirmed = resolved(told, is_captured=True)
    assert answered(confirmed, Outcome.NOT_CAPTURED).attempts[0].attention is None


def test_an_answer_that_was_asked_for_before_a_persons_yes_says_nothing_against_it() -> None:
    _, after = resolved(doubted(), is_captured=True)
    heard = evidence(after.attempts[0], None, kind=EvidenceKind.RESOLUTION, at=LATER)
    after = with_evidence(after, heard)
    attempt = after.attempts[0]
    late = hear(after, attempt.id, said(attempt, Outcome.NOT_FOUND), asked_at=SOON, now=LATER, timing=TIMING)
    assert late.attempts[0].attention is None


@pytest.mark.parametrize("outcome", [Outcome.SUSPECT, Outcome.NOT_FOUND, Outcome.CANCELED])
def test_what_a_person_has_looked_at_and_what_agrees_with_a_no_is_no_news(outcome: Outcome) -> None:
    _, after = resolved(doubted(), is_captured=False)
    assert answered(after, outcome).attempts[0].attention is None


def test_the_same_wrong_amount_is_not_brought_to_a_person_twice_and_another_doubt_is() -> None:
    def wrong(about: PaymentAttempt) -> BankStatement:
        return said(about, Outcome.CAPTURED, amount=Money(1, KWD))

    case = cases.case()
    before = answered(case, wrong(case.attempts[0]))
    _, after = resolved(before, is_captured=False)
    assert answered(after, wrong(case.attempts[0])).attempts[0].attention is None
    assert answered(after, Outcome.SUSPECT).attempts[0].attention is not None


def test_a_resolved_attempt_is_not_asked_about_for_ever() -> None:
    _, after = resolved(doubted(), is_captured=False)
    assert needs_inquiry(after, now=LATER, timing=TIMING)
    assert not needs_inquiry(after, now=NEXT_DAY + timedelta(seconds=1), timing=TIMING)
    _, paid = resolved(doubted(), is_captured=True)
    assert not needs_inquiry(paid, now=LATER, timing=TIMING)


# The word itself


@pytest.mark.parametrize(
    ("by", "why", "code"),
    [
        ("", "report", "name_required"),
        (" \u202e\n", "report", "name_required"),
        ("Noura", "", "reason_required"),
        ("Noura", "\x00 \u200f\u2028", "reason_required"),
        ("N" * (NAME_LENGTH_MAX + 1), "report", "name_too_long"),
        ("Noura", "r" * (REASON_LENGTH_MAX + 1), "reason_too_long"),
    ],
)
def test_a_word_says_who_and_why_or_is_refused(by: str, why: str, code: str) -> None:
    with pytest.raises(CommandRefused) as refused:
        new_resolution(is_captured=True, by=by, why=why, at=SOON, about=None)
    assert refused.value.codes == (code,)


def test_words_as_long_as_they_may_be_are_kept_whole() -> None:
    kept = new_resolution(
        is_captured=True, by="N" * NAME_LENGTH_MAX, why="r" * REASON_LENGTH_MAX, at=SOON, about=None
    )
    assert (len(kept.by), len(kept.why)) == (NAME_LENGTH_MAX, REASON_LENGTH_MAX)
