"""What an answer does to a payment: statuses, events, what counts, and when to look again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from fils.domain.errors import InvariantViolated
from fils.domain.events import EventType
from fils.domain.evidence import BankStatement, EvidenceKind, Outcome
from fils.domain.identifiers import PaymentAttemptId, PaymentId
from fils.domain.knowing import Told
from fils.domain.money import KWD, Money
from fils.domain.payment import PaymentStatus
from fils.domain.payment_attempt import AttemptState, NotificationMode, PaymentAttempt
from fils.domain.response_codes import APPROVED, CUSTOMER_CANCELLATION, NOT_FINISHED, UNIDENTIFIED
from fils.domain.settling import Case, expire, hear, needs_inquiry, next_look_at, returned
from tests.support import cases
from tests.support.cases import CLOSED, START, TIMING, evidence, notified, said, with_evidence

SOON = START + timedelta(minutes=2)
WINDOW = TIMING.reversal_window
HORIZON = START + TIMING.inquiry_horizon


def told(
    case: Case,
    answer: Outcome | BankStatement | None,
    *,
    number: int = 0,
    now: datetime = SOON,
    asked_at: datetime | None = None,
) -> Case:
    """The case after KNET answered an inquiry about the attempt with that number."""
    about = case.attempts[number]
    statement = said(about, answer) if isinstance(answer, Outcome) else answer
    return hear(case, about.id, statement, asked_at=asked_at or now, now=now, timing=TIMING)


def came_back(case: Case, *, number: int = 0) -> Case:
    return returned(case, case.attempts[number].id, now=SOON)


def captured(case: Case, *, number: int = 0, now: datetime = SOON) -> Case:
    return told(came_back(case, number=number), Outcome.CAPTURED, number=number, now=now)


def look_at(case: Case, now: datetime = SOON) -> datetime | None:
    return next_look_at(case, now=now, timing=TIMING)


# The laws


def test_i1_neither_notification_nor_return_captures_without_an_answer() -> None:
    case = came_back(notified(cases.case(), Outcome.CAPTURED))
    assert told(case, None).payment.status is PaymentStatus.PENDING
    assert expire(case, now=HORIZON, timing=TIMING).payment.status is PaymentStatus.PENDING


def test_i1_an_answer_with_another_amount_captures_nothing() -> None:
    case = came_back(notified(cases.case(), Outcome.CAPTURED))
    answer = said(case.attempts[0], Outcome.CAPTURED, amount=Money(1, KWD))
    after = told(case, answer)
    assert after.payment.status is PaymentStatus.PENDING
    assert after.attempts[0].attention == "KNET's statement has another amount"
    assert after.attempts[0].inquiry_outcome is None
    assert after.attempts[0].said == said(case.attempts[0], Outcome.CAPTURED)
    assert after.happened == ()


def test_i5_of_two_captures_of_a_payment_the_second_is_surplus() -> None:
    after = captured(captured(cases.case(2)), number=1)
    first, second = after.attempts
    assert (first.counts, second.counts) == (True, False)
    assert second.is_surplus
    assert not first.is_surplus
    assert second.attention == "the customer paid twice: this capture is surplus"
    assert after.setup.counted_attempt_id == first.id
    assert after.payment.decided_by == first.id
    assert after.happened == (EventType.PAYMENT_CAPTURED,)


def test_i5_a_capture_of_a_setup_that_another_payment_paid_is_surplus() -> None:
    paid = replace(cases.setup(), counted_attempt_id=PaymentAttemptId("att_of_another_payment"))
    after = captured(replace(cases.case(), setup=paid))
    assert after.attempts[0].is_surplus
    assert after.setup == paid
    assert after.payment.status is PaymentStatus.PENDING
    assert after.happened == ()


def test_i6_a_captured_payment_keeps_its_status_whatever_is_said_later() -> None:
    paid = captured(cases.case())
    for outcome in Outcome:
        after = told(paid, outcome, now=CLOSED)
        assert after.payment == paid.payment
        assert after.happened == paid.happened
        assert after.attempts[0].state is AttemptState.CAPTURED
        assert after.attempts[0].counts
    assert expire(paid, now=HORIZON, timing=TIMING) == paid


# Captured


def test_an_inquiry_after_the_return_captures() -> None:
    after = captured(notified(cases.case(), Outcome.CAPTURED))
    assert after.payment.status is PaymentStatus.CAPTURED
    assert after.payment.response == APPROVED
    assert after.payment.processed_at == SOON
    assert after.attempts[0].outcome is Outcome.CAPTURED
    assert after.attempts[0].decided_at == SOON
    assert after.happened == (EventType.PAYMENT_CAPTURED,)


def test_without_a_return_the_second_answer_captures_and_each_row_is_one_event() -> None:
    case = told(cases.case(), Outcome.CAPTURED)
    assert case.payment.status is PaymentStatus.PENDING
    assert case.attempts[0].provisional_at == SOON
    between = told(case, Outcome.CAPTURED, now=SOON + WINDOW - timedelta(seconds=1))
    assert between.happened == (EventType.PAYMENT_CAPTURE_PENDING,)
    after = told(between, Outcome.CAPTURED, now=SOON + WINDOW)
    assert after.payment.status is PaymentStatus.CAPTURED
    assert after.happened == (EventType.PAYMENT_CAPTURE_PENDING, EventType.PAYMENT_CAPTURED)
    assert after.payment.event_count == 3


def test_a_capture_settles_the_attention_it_needed() -> None:
    doubted = told(came_back(cases.case()), Outcome.SUSPECT)
    assert doubted.attempts[0].attention == "KNET calls the transaction suspect"
    assert told(doubted, Outcome.CAPTURED).attempts[0].attention is None


@pytest.mark.parametrize("outcome", [Outcome.NOT_CAPTURED, Outcome.NOT_FOUND])
def test_a_capture_found_after_the_end_counts_after_two_answers(outcome: Outcome) -> None:
    ended = expire(told(cases.case(), outcome, now=CLOSED), now=CLOSED + WINDOW * 2, timing=TIMING)
    assert ended.payment.status in (PaymentStatus.CANCELED, PaymentStatus.EXPIRED)
    found = told(ended, Outcome.CAPTURED, now=CLOSED + WINDOW * 3)
    assert found.payment.status is ended.payment.status
    assert found.happened == ended.happened
    assert look_at(found, CLOSED + WINDOW * 3) == CLOSED + WINDOW * 4
    after = told(found, Outcome.CAPTURED, now=CLOSED + WINDOW * 4)
    assert after.payment.status is PaymentStatus.CAPTURED
    assert after.happened == (*ended.happened, EventType.PAYMENT_CAPTURED)


def test_a_capture_found_at_the_last_inquiry_is_asked_about_once_more() -> None:
    ended = told(cases.case(), Outcome.NOT_CAPTURED, now=CLOSED)
    found = told(ended, Outcome.CAPTURED, now=HORIZON)
    assert look_at(found, HORIZON) == HORIZON + WINDOW
    assert needs_inquiry(found, now=HORIZON + WINDOW, timing=TIMING) == found.attempts
    after = told(found, Outcome.CAPTURED, now=HORIZON + WINDOW)
    assert after.payment.status is PaymentStatus.CAPTURED


def test_a_reversal_of_what_was_found_after_the_end_is_no_second_end() -> None:
    ended = told(cases.case(), Outcome.NOT_CAPTURED, now=CLOSED)
    found = told(ended, Outcome.CAPTURED, now=CLOSED + WINDOW)
    after = told(found, Outcome.REVERSED, now=CLOSED + WINDOW)
    assert after.payment == ended.payment
    assert after.attempts[0].outcome is Outcome.REVERSED
    assert after.happened == (EventType.PAYMENT_CANCELED,)


def test_an_attempt_that_ended_keeps_how_and_when_it_did() -> None:
    ended = told(cases.case(2), Outcome.NOT_CAPTURED, now=CLOSED)
    after = told(ended, Outcome.NOT_FOUND, now=CLOSED + WINDOW)
    assert after.attempts[0].outcome is Outcome.NOT_CAPTURED
    assert after.attempts[0].decided_at == CLOSED


def test_a_payment_does_not_end_while_a_late_capture_of_its_is_provisional() -> None:
    case = told(told(cases.case(2), Outcome.NOT_FOUND, now=CLOSED), Outcome.CAPTURED, now=CLOSED)
    case = told(case, Outcome.NOT_CAPTURED, number=1, now=CLOSED)
    assert case.payment.status is PaymentStatus.PENDING
    assert case.happened == (EventType.PAYMENT_CAPTURE_PENDING,)


def test_a_late_capture_of_an_earlier_payment_leaves_the_later_one_unable_to_start() -> None:
    first = told(notified(cases.case(), Outcome.CANCELED), Outcome.CANCELED)
    later = cases.payment()
    setup = first.setup.confirmed(later.id)
    late = captured(replace(first, setup=setup, evidence=()))
    assert late.attempts[0].counts
    assert late.setup.latest_payment_id == later.id
    assert replace(cases.case(0), payment=later, setup=late.setup).may_have_paid


# Negative


def test_a_notified_cancellation_ends_the_payment_once_the_inquiry_agrees() -> None:
    after = told(notified(cases.case(), Outcome.CANCELED), Outcome.CANCELED)
    assert after.payment.status is PaymentStatus.CANCELED
    assert after.payment.response == CUSTOMER_CANCELLATION
    assert after.payment.decided_by == after.attempts[0].id
    assert after.attempts[0].notified_outcome is Outcome.CANCELED
    assert not after.setup.latest_payment_blocks
    assert after.happened == (EventType.PAYMENT_CANCELED,)


def test_a_payment_turns_negative_only_when_all_its_attempts_have() -> None:
    one = told(cases.case(2), Outcome.NOT_CAPTURED, number=1, now=CLOSED)
    assert one.payment.status is PaymentStatus.PENDING
    assert one.happened == ()
    both = told(one, Outcome.CANCELED, now=CLOSED)
    assert both.payment.status is PaymentStatus.CANCELED
    assert both.happened == (EventType.PAYMENT_CANCELED,)


def test_the_last_attempt_that_knet_knew_says_why() -> None:
    case = told(cases.case(3), Outcome.NOT_FOUND, number=2, now=CLOSED)
    case = told(case, Outcome.CANCELED, number=1, now=CLOSED)
    case = told(case, Outcome.NOT_CAPTURED, number=0, now=CLOSED)
    assert case.payment.response == CUSTOMER_CANCELLATION
    assert case.payment.decided_by == case.attempts[1].id


def test_money_that_knet_took_back_declines_the_capture() -> None:
    case = told(notified(cases.case(), Outcome.CAPTURED), Outcome.CAPTURED)
    after = told(case, Outcome.REVERSED, now=CLOSED)
    assert after.payment.status is PaymentStatus.DECLINED
    assert after.payment.response == UNIDENTIFIED
    assert after.happened == (EventType.PAYMENT_CAPTURE_PENDING, EventType.PAYMENT_CAPTURE_DECLINED)


def test_a_capture_that_was_taken_back_says_why_the_payment_ended_also_when_a_later_attempt_was_cancelled() -> (
    None
):
    case = told(cases.case(2), Outcome.REVERSED, number=0, now=CLOSED)
    after = told(case, Outcome.CANCELED, number=1, now=CLOSED)
    assert after.payment.status is PaymentStatus.DECLINED
    assert after.payment.decided_by == after.attempts[0].id
    assert after.payment.response == UNIDENTIFIED


def test_the_end_of_an_earlier_payment_does_not_free_a_setup_that_was_confirmed_again() -> None:
    case = cases.case()
    setup = case.setup.confirmed(PaymentId("pay_later"))
    after = told(replace(case, setup=setup), Outcome.CANCELED, now=CLOSED)
    assert after.payment.status is PaymentStatus.CANCELED
    assert after.setup == setup


def test_a_contradiction_stays_for_a_person_after_the_attempt_ended() -> None:
    doubted = told(cases.case(), Outcome.SUSPECT)
    after = told(doubted, Outcome.CANCELED, now=CLOSED)
    assert after.payment.status is PaymentStatus.CANCELED
    assert after.attempts[0].attention == "KNET calls the transaction suspect"


# Answers that decide nothing


@pytest.mark.parametrize("answer", [None, Outcome.UNKNOWN])
def test_no_answer_or_an_unfamiliar_word_changes_nothing_but_when_knet_was_asked(
    answer: Outcome | None,
) -> None:
    case = told(cases.case(), Outcome.NOT_FOUND)
    after = told(told(case, answer, now=CLOSED), answer, now=CLOSED + timedelta(seconds=5))
    asked = replace(case.attempts[0], inquired_at=CLOSED + timedelta(seconds=5), unanswered_since=CLOSED)
    assert after.attempts == (asked,)
    assert after.payment == case.payment


def test_an_answer_ends_the_silence() -> None:
    silent = told(cases.case(), None)
    assert told(silent, Outcome.NOT_FOUND).attempts[0].unanswered_since is None


def test_the_details_of_an_unfamiliar_word_do_not_stand_against_the_next_answer() -> None:
    case = came_back(cases.case())
    odd = said(case.attempts[0], Outcome.UNKNOWN, knet_payment_id="1", amount=Money(7, KWD))
    assert told(told(case, odd), Outcome.CAPTURED).payment.status is PaymentStatus.CAPTURED


def test_an_answer_that_was_asked_before_the_notification_came_contradicts_nothing() -> None:
    case = notified(cases.case(), Outcome.CAPTURED, at=SOON)
    after = told(case, Outcome.NOT_FOUND, asked_at=SOON - timedelta(seconds=1))
    assert after.attempts[0].attention is None
    assert after.attempts[0].inquiry_outcome is None
    assert told(case, Outcome.NOT_FOUND, asked_at=SOON).attempts[0].attention is not None


def test_an_answer_that_was_asked_before_another_captured_contradicts_nothing() -> None:
    case = captured(cases.case(), now=SOON)
    answer = said(case.attempts[0], Outcome.CAPTURED)
    heard = evidence(case.attempts[0], answer, kind=EvidenceKind.INQUIRY, at=SOON)
    case = with_evidence(case, heard)
    after = told(case, Outcome.NOT_FOUND, asked_at=SOON - timedelta(seconds=1))
    assert after.attempts[0].attention is None


def test_what_anybody_can_send_does_not_make_an_answer_outdated() -> None:
    case = cases.case()
    hint = evidence(case.attempts[0], None, kind=EvidenceKind.ERROR_RETURN, at=CLOSED + timedelta(seconds=2))
    after = told(with_evidence(case, hint), Outcome.CANCELED, asked_at=CLOSED, now=CLOSED + WINDOW)
    assert after.payment.status is PaymentStatus.CANCELED


def test_a_positive_answer_is_not_outdated_by_what_came_meanwhile() -> None:
    case = came_back(notified(cases.case(), Outcome.CAPTURED, at=SOON))
    after = told(case, Outcome.CAPTURED, asked_at=SOON - timedelta(seconds=1))
    assert after.payment.status is PaymentStatus.CAPTURED


def test_an_answer_that_was_long_under_way_is_judged_by_when_it_was_asked_for() -> None:
    waited = told(cases.case(), Outcome.CANCELED, asked_at=CLOSED - timedelta(seconds=1), now=CLOSED)
    assert waited.payment.status is PaymentStatus.PENDING
    once = told(cases.case(), Outcome.CAPTURED)
    twice = told(once, Outcome.CAPTURED, asked_at=SOON + timedelta(seconds=1), now=SOON + WINDOW)
    assert twice.payment.status is PaymentStatus.PENDING


def test_a_second_captured_word_about_a_captured_attempt_changes_no_state() -> None:
    paid = captured(cases.case())
    by_hand = paid.with_attempt(replace(paid.attempts[0], returned_at=None))
    after = told(by_hand, Outcome.CAPTURED)
    assert after.attempts[0].provisional_at is None
    assert after.attempts[0].state is AttemptState.CAPTURED


# What was said is kept


def test_what_a_notification_said_is_kept_under_what_the_inquiry_says() -> None:
    case = came_back(notified(cases.case(), Outcome.CAPTURED, avr="N", auth_code="B1"))
    answer = said(case.attempts[0], Outcome.CAPTURED, auth_code="B2")
    kept = told(case, answer).attempts[0].said
    assert kept is not None
    assert (kept.avr, kept.auth_code) == ("N", "B2")


def test_an_error_is_forgotten_when_knet_answers_without_one() -> None:
    case = came_back(cases.case())
    missing = said(case.attempts[0], Outcome.NOT_FOUND, error="IPAY0100263", error_text="not found")
    unsure = told(case, missing)
    assert unsure.attempts[0].said == missing
    kept = told(unsure, Outcome.CAPTURED).attempts[0].said
    assert kept is not None
    assert (kept.error, kept.error_text) == (None, None)


def test_a_notification_that_does_not_fit_says_nothing_about_the_attempt() -> None:
    case = notified(cases.case(), Outcome.CANCELED, amount=Money(1, KWD))
    assert case.told(case.attempts[0].id) == Told(by_server=True)
    assert told(case, Outcome.CANCELED).payment.status is PaymentStatus.PENDING


def test_what_a_browser_carried_says_the_same_and_is_not_of_knets_server() -> None:
    case = cases.case()
    word = said(case.attempts[0], Outcome.CANCELED)
    item = evidence(case.attempts[0], word, kind=EvidenceKind.BROWSER_NOTIFICATION)
    case = with_evidence(case, item)
    assert case.told(case.attempts[0].id) == Told(agreeing=(word,), by_server=False)
    assert told(case, Outcome.CANCELED).payment.status is PaymentStatus.CANCELED


def test_in_mode_l_a_notification_without_a_positive_answer_captures_nothing() -> None:
    case = cases.case()
    by_browser = replace(case.attempts[0], mode=NotificationMode.BROWSER)
    case = case.with_attempt(by_browser)
    word = said(by_browser, Outcome.CAPTURED)
    case = with_evidence(case, evidence(by_browser, word, kind=EvidenceKind.BROWSER_NOTIFICATION))
    assert told(case, None).payment.status is PaymentStatus.PENDING
    assert told(case, Outcome.CAPTURED).payment.status is PaymentStatus.CAPTURED


def test_a_browsers_news_may_mean_money() -> None:
    case = cases.case()
    word = said(case.attempts[0], Outcome.CAPTURED)
    item = evidence(case.attempts[0], word, kind=EvidenceKind.BROWSER_NOTIFICATION)
    assert with_evidence(case, item).may_have_paid


def test_one_attempts_notifications_are_not_anothers() -> None:
    case = notified(cases.case(2), Outcome.CANCELED)
    assert [item.outcome for item in case.told(case.attempts[0].id).agreeing] == [Outcome.CANCELED]
    assert case.told(case.attempts[1].id) == Told()


def test_of_several_notifications_the_first_is_shown_and_all_are_weighed() -> None:
    case = notified(notified(cases.case(), Outcome.CAPTURED), Outcome.CANCELED)
    after = told(came_back(case), Outcome.CAPTURED)
    assert after.attempts[0].notified_outcome is Outcome.CAPTURED
    assert after.attempts[0].attention == "KNET says CAPTURED after it notified the opposite"


def test_an_attempt_of_another_payment_is_no_part_of_the_case() -> None:
    with pytest.raises(InvariantViolated, match="not of this payment"):
        cases.case().attempt(cases.case().attempts[0].id)


def test_the_browsers_first_return_is_the_one_that_is_kept() -> None:
    case = came_back(cases.case())
    assert returned(case, case.attempts[0].id, now=CLOSED) == case
    assert case.attempts[0].returned_at == SOON


# Whether money may be moving


def test_nothing_says_that_money_moves_before_knet_said_a_word() -> None:
    assert not cases.case(0).may_have_paid
    assert not cases.case().may_have_paid
    assert not notified(cases.case(), Outcome.CANCELED).may_have_paid


@pytest.mark.parametrize(
    "outcome", [Outcome.CAPTURED, Outcome.HOST_TIMEOUT, Outcome.UNKNOWN, Outcome.FAILED, Outcome.SUSPECT]
)
def test_a_notification_that_is_not_negative_may_mean_money(outcome: Outcome) -> None:
    assert notified(cases.case(), outcome).may_have_paid


def test_a_notification_with_another_amount_may_mean_money() -> None:
    assert notified(cases.case(), Outcome.CAPTURED, amount=Money(1, KWD)).may_have_paid


@pytest.mark.parametrize("answer", [Outcome.CAPTURED, Outcome.SUSPECT])
def test_a_doubtful_answer_may_mean_money(answer: Outcome) -> None:
    assert told(cases.case(), answer).may_have_paid


def test_a_capture_is_money_and_an_ended_attempt_is_not() -> None:
    assert captured(cases.case()).may_have_paid
    assert not told(cases.case(2), Outcome.CANCELED, now=CLOSED).may_have_paid


# The passing of time


def test_a_payment_nobody_came_for_expires() -> None:
    case = cases.case(0)
    expires_at = case.payment.expires_at
    assert look_at(case) == expires_at
    assert expire(case, now=expires_at - timedelta(microseconds=1), timing=TIMING) == case
    after = expire(case, now=expires_at, timing=TIMING)
    assert after.payment.status is PaymentStatus.EXPIRED
    assert after.payment.response == NOT_FINISHED
    assert after.payment.processed_at == expires_at
    assert not after.setup.latest_payment_blocks
    assert after.happened == (EventType.PAYMENT_EXPIRED,)
    assert look_at(after, expires_at) is None


def test_a_payment_whose_attempts_knet_does_not_know_expires() -> None:
    case = told(cases.case(), Outcome.NOT_FOUND, now=CLOSED)
    assert case.payment.status is PaymentStatus.PENDING
    assert look_at(case, CLOSED) == case.payment.expires_at
    assert expire(case, now=case.payment.expires_at, timing=TIMING).happened == (EventType.PAYMENT_EXPIRED,)


def test_a_payment_with_an_open_attempt_does_not_expire() -> None:
    case = cases.case()
    assert expire(case, now=HORIZON - timedelta(seconds=1), timing=TIMING) == case


def test_a_silent_bank_leaves_the_payment_pending_and_calls_a_person_at_the_horizon() -> None:
    after = expire(cases.case(), now=HORIZON, timing=TIMING)
    assert after.payment.status is PaymentStatus.PENDING
    assert after.attempts[0].attention == "KNET gave no answer that decides"
    assert look_at(after, HORIZON) is None


def test_an_answer_after_the_horizon_sends_the_person_away_again() -> None:
    unanswered = expire(cases.case(), now=HORIZON, timing=TIMING)
    after = told(unanswered, Outcome.CANCELED, now=HORIZON)
    assert after.payment.status is PaymentStatus.CANCELED
    assert after.attempts[0].attention is None


def test_the_horizon_does_not_replace_what_a_person_was_called_for() -> None:
    doubted = told(cases.case(), Outcome.SUSPECT)
    assert expire(doubted, now=HORIZON, timing=TIMING) == doubted


def test_a_payment_whose_only_capture_is_surplus_waits_for_a_person_and_not_for_time() -> None:
    paid = replace(cases.setup(), counted_attempt_id=PaymentAttemptId("att_of_another_payment"))
    after = captured(replace(cases.case(), setup=paid))
    assert look_at(after, after.payment.expires_at) is None
    assert expire(after, now=HORIZON, timing=TIMING) == after


def test_an_undecided_payment_is_looked_at_until_a_person_is_called() -> None:
    now = START
    case = cases.case(2)
    while (following := look_at(case, now)) is not None:
        now = following
        case = expire(case, now=now, timing=TIMING)
    assert now == HORIZON
    assert all(attempt.attention for attempt in case.attempts)


def test_a_word_from_outside_brings_the_next_look_forward() -> None:
    word = evidence(cases.case().attempts[0], None, at=SOON)
    case = cases.case()
    for kind in (
        EvidenceKind.NOTIFICATION,
        EvidenceKind.BROWSER_NOTIFICATION,
        EvidenceKind.RETURN,
        EvidenceKind.ERROR_RETURN,
    ):
        item = replace(word, kind=kind, attempt_id=case.attempts[0].id)
        assert look_at(with_evidence(case, item), SOON) == SOON + timedelta(seconds=5)
    inquiry = replace(word, kind=EvidenceKind.INQUIRY, attempt_id=case.attempts[0].id)
    assert look_at(with_evidence(case, inquiry), SOON) == START + timedelta(minutes=3)


def test_an_ended_payment_is_looked_at_to_the_end_of_the_schedule() -> None:
    ended = told(cases.case(), Outcome.CANCELED, now=CLOSED)
    assert look_at(ended, CLOSED) == START + timedelta(hours=1)
    assert look_at(ended, HORIZON) is None


# Which attempts are asked about


def needed(case: Case, now: datetime) -> tuple[PaymentAttempt, ...]:
    return needs_inquiry(case, now=now, timing=TIMING)


def test_an_open_attempt_is_always_asked_about_and_a_captured_one_never() -> None:
    assert len(needed(cases.case(), HORIZON + WINDOW)) == 1
    assert needed(captured(cases.case()), SOON) == ()


def test_an_ended_attempt_is_asked_about_to_the_horizon() -> None:
    ended = told(cases.case(), Outcome.CANCELED, now=CLOSED)
    assert needed(ended, HORIZON) == ended.attempts
    assert needed(ended, HORIZON + timedelta(microseconds=1)) == ()


def test_a_late_notification_is_asked_about_however_late_it_is() -> None:
    ended = expire(told(cases.case(), Outcome.NOT_FOUND, now=CLOSED), now=CLOSED + WINDOW * 2, timing=TIMING)
    late_at = HORIZON + timedelta(hours=6)
    late = notified(ended, Outcome.CAPTURED, at=late_at)
    assert needed(late, late_at + timedelta(seconds=5)) == late.attempts
    assert look_at(late, late_at) == late_at + timedelta(seconds=5)
