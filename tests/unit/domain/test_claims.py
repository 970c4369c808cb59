"""Notifications that name another amount: KNET is asked with it too, and no forged one stands in a payment's way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from fils.domain.claims import CLAIMS_MAX, OTHER_AMOUNT
from fils.domain.events import EventType
from fils.domain.evidence import BankStatement, EvidenceKind, Outcome, Resolution
from fils.domain.knowing import CAPTURED_AFTER_REVERSED, SUSPECT
from fils.domain.money import KWD, Money
from fils.domain.payment import PaymentStatus
from fils.domain.payment_attempt import AttemptState, NotificationMode, OtherCapture
from fils.domain.settling import Case, expire, hear, hear_claims, next_look_at, returned
from tests.support import cases
from tests.support.cases import CLOSED, START, TIMING, evidence, notified, said, with_evidence

SOON = START + timedelta(minutes=2)
WINDOW = TIMING.reversal_window
HORIZON = START + TIMING.inquiry_horizon
CLAIMED = Money(2000, KWD)
SURPLUS = f"{OTHER_AMOUNT}: this capture is surplus"

Answer = Outcome | BankStatement | None


def claim(case: Case, amount: Money = CLAIMED, *, at: datetime = START + timedelta(minutes=1)) -> Case:
    """The case after KNET's server notified a capture of the first attempt over *amount*."""
    return notified(case, Outcome.CAPTURED, amount=amount, at=at)


def claimed_in_mode_l() -> Case:
    """A claim that the browser carried, of a terminal that is set to mode L."""
    case = cases.case()
    by_browser = replace(case.attempts[0], mode=NotificationMode.BROWSER)
    word = said(by_browser, Outcome.CAPTURED, amount=CLAIMED)
    item = evidence(by_browser, word, kind=EvidenceKind.BROWSER_NOTIFICATION)
    return with_evidence(case.with_attempt(by_browser), item)


def asked(
    case: Case,
    ours: Answer,
    theirs: Answer = None,
    *,
    others: Mapping[Money, Answer] | None = None,
    now: datetime = SOON,
    asked_at: datetime | None = None,
) -> Case:
    """The case after KNET answered about the first attempt: to our amount, and to the claimed one."""
    about, at = case.attempts[0], asked_at or now

    def statement(answer: Answer, amount: Money) -> BankStatement | None:
        return said(about, answer, amount=amount) if isinstance(answer, Outcome) else answer

    answer = statement(ours, about.amount)
    answers = {amount: statement(item, amount) for amount, item in (others or {CLAIMED: theirs}).items()}
    case = hear(case, about.id, answer, asked_at=at, now=now, timing=TIMING)
    return hear_claims(case, about.id, answers, beside=answer, asked_at=at, now=now, timing=TIMING)


def amounts(case: Case) -> tuple[Money, ...]:
    return case.told(case.attempts[0].id).claimed_amounts


# Which amounts are claimed


def test_only_another_amount_that_is_called_captured_of_this_attempt_is_claimed() -> None:
    assert amounts(claim(cases.case())) == (CLAIMED,)
    assert amounts(notified(cases.case(), Outcome.CAPTURED)) == ()
    assert amounts(notified(cases.case(), Outcome.CAPTURED, amount=None)) == ()
    assert amounts(notified(cases.case(), Outcome.CAPTURED, amount=CLAIMED, track_id="T0")) == ()
    for outcome in set(Outcome) - {Outcome.CAPTURED}:
        assert amounts(notified(cases.case(), outcome, amount=CLAIMED)) == ()
    silent = cases.case()
    assert amounts(with_evidence(silent, evidence(silent.attempts[0], None))) == ()


def test_the_newest_few_claims_are_asked_about_each_once() -> None:
    case = cases.case()
    for minor in (1, 2, 3, 4, 3):
        case = claim(case, Money(minor, KWD))
    assert CLAIMS_MAX == 3
    assert amounts(case) == (Money(3, KWD), Money(4, KWD), Money(2, KWD))


def test_a_claim_is_no_question_once_knet_has_confirmed_our_amount() -> None:
    once = asked(claim(cases.case()), Outcome.CAPTURED)
    assert once.attempts[0].provisional_at is not None
    assert amounts(once) == ()
    twice = asked(once, Outcome.CAPTURED, now=SOON + WINDOW)
    assert twice.payment.is_captured
    assert amounts(twice) == ()


def test_a_claim_from_before_a_persons_word_is_no_question_and_a_later_one_is() -> None:
    case = claim(cases.case(), at=SOON)
    word = Resolution(is_captured=False, by="Amal", why="line 7", at=SOON)
    spoken = case.with_attempt(replace(case.attempts[0], resolution=word))
    assert amounts(spoken) == ()
    later = claim(spoken, Money(3000, KWD), at=SOON + timedelta(seconds=1))
    assert amounts(later) == (Money(3000, KWD),)


# Forged claims


@pytest.mark.parametrize(
    "to_claim", [Outcome.SUSPECT, Outcome.FAILED, Outcome.NOT_FOUND, None, Outcome.CAPTURED]
)
def test_a_forged_claim_does_not_keep_knets_word_from_deciding(to_claim: Answer) -> None:
    case = claim(cases.case())
    case = returned(case, case.attempts[0].id, now=SOON)
    after = asked(case, Outcome.CAPTURED, to_claim)
    assert after.payment.status is PaymentStatus.CAPTURED
    assert after.attempts[0].attention is None
    assert after.attempts[0].captured_amount == after.payment.amount
    assert after.happened == (EventType.PAYMENT_CAPTURED,)


def test_a_forged_claim_makes_no_provisional_answer_wait_longer() -> None:
    once = asked(claim(cases.case()), Outcome.CAPTURED, Outcome.SUSPECT)
    assert once.happened == (EventType.PAYMENT_CAPTURE_PENDING,)
    late_claim = claim(once, Money(7, KWD), at=SOON + timedelta(seconds=1))
    after = asked(late_claim, Outcome.CAPTURED, Outcome.SUSPECT, now=SOON + WINDOW)
    assert after.payment.is_captured


def test_in_mode_l_a_forged_claim_does_not_keep_knets_word_from_deciding() -> None:
    after = asked(claimed_in_mode_l(), Outcome.CAPTURED, Outcome.SUSPECT)
    assert after.payment.is_captured
    assert after.attempts[0].other_capture is None


def test_what_knet_says_to_a_claim_about_our_own_amount_is_no_word_about_the_claim() -> None:
    """A bank that does not compare amounts answers every inquiry with its order."""
    case = claimed_in_mode_l()
    ours = said(case.attempts[0], Outcome.CAPTURED)
    after = asked(case, None, ours)
    assert after.attempts[0].state is AttemptState.OPEN
    assert after.attempts[0].attention is None
    assert asked(case, ours, ours).payment.is_captured


@pytest.mark.parametrize("details", [{"track_id": "T0"}, {"track_id": None}, {"amount": None}], ids=str)
def test_an_answer_that_does_not_name_the_claim_proves_nothing_of_it(details: dict[str, object]) -> None:
    case = claimed_in_mode_l()
    answer = said(case.attempts[0], Outcome.CAPTURED, **({"amount": CLAIMED} | details))
    after = asked(case, None, answer)
    assert after.attempts[0].state is AttemptState.OPEN
    assert after.attempts[0].other_capture is None


@pytest.mark.parametrize("outcome", [Outcome.REVERSED, Outcome.NOT_CAPTURED])
@pytest.mark.parametrize("details", [{"track_id": None}, {"amount": None}], ids=str)
def test_no_end_of_a_claim_is_believed_that_leaves_out_what_it_is_about(
    outcome: Outcome, details: dict[str, object]
) -> None:
    case = claim(cases.case())
    answer = said(case.attempts[0], outcome, **({"amount": CLAIMED} | details))
    after = asked(case, None, answer, now=CLOSED)
    assert (after.attempts[0].state, after.attempts[0].attention) == (AttemptState.OPEN, None)


def test_an_answer_with_another_payment_id_than_knet_gave_before_proves_nothing_of_a_claim() -> None:
    case = claimed_in_mode_l()
    known = case.with_attempt(replace(case.attempts[0], said=said(case.attempts[0], Outcome.NOT_CAPTURED)))
    answer = said(known.attempts[0], Outcome.CAPTURED, amount=CLAIMED, knet_payment_id="1")
    assert asked(known, None, answer).attempts[0].other_capture is None


def test_answers_to_amounts_that_nobody_claims_any_more_are_not_heard() -> None:
    case = cases.case()
    by_browser = case.with_attempt(replace(case.attempts[0], mode=NotificationMode.BROWSER))
    after = asked(by_browser, None, Outcome.CAPTURED)
    assert after.attempts[0].state is AttemptState.OPEN


# Claims that KNET confirms


def test_in_mode_n_a_confirmed_claim_is_booked_as_surplus_after_the_reversal_window() -> None:
    once = asked(claim(cases.case()), Outcome.SUSPECT, Outcome.CAPTURED)
    attempt = once.attempts[0]
    assert (attempt.state, attempt.other_capture) == (AttemptState.OPEN, OtherCapture(CLAIMED, since=SOON))
    assert (attempt.attention, attempt.captured_amount) == (OTHER_AMOUNT, None)
    early = asked(once, Outcome.SUSPECT, Outcome.CAPTURED, now=SOON + WINDOW - timedelta(seconds=1))
    assert early.attempts[0].state is AttemptState.OPEN
    after = asked(early, Outcome.SUSPECT, Outcome.CAPTURED, now=SOON + WINDOW)
    booked = after.attempts[0]
    assert (booked.state, booked.captured_amount) == (AttemptState.CAPTURED, CLAIMED)
    assert booked.other_capture == OtherCapture(CLAIMED, since=SOON)
    assert booked.is_surplus
    assert booked.attention == SURPLUS
    assert booked.decided_at == SOON + WINDOW
    assert booked.said is not None
    assert booked.said.amount == CLAIMED
    assert (after.payment.status, after.payment.event_count) == (PaymentStatus.PENDING, 1)
    assert after.happened == ()
    assert after.setup.counted_attempt_id is None


def test_the_window_of_a_claim_is_looked_at_when_it_has_passed() -> None:
    once = asked(claim(cases.case()), Outcome.SUSPECT, Outcome.CAPTURED, now=CLOSED + timedelta(minutes=1))
    assert next_look_at(once, now=CLOSED + timedelta(minutes=2), timing=TIMING) == CLOSED + timedelta(
        minutes=6
    )


def test_the_browsers_return_shows_nothing_about_a_claim_because_no_claim_is_acknowledged() -> None:
    case = claim(cases.case())
    case = returned(case, case.attempts[0].id, now=SOON)
    after = asked(case, Outcome.SUSPECT, Outcome.CAPTURED)
    assert after.attempts[0].state is AttemptState.OPEN
    assert after.attempts[0].other_capture is not None


def test_in_mode_l_a_confirmed_claim_is_booked_at_once() -> None:
    after = asked(claimed_in_mode_l(), Outcome.SUSPECT, Outcome.CAPTURED)
    assert after.attempts[0].captured_amount == CLAIMED
    assert not after.attempts[0].counts
    assert after.payment.status is PaymentStatus.PENDING


def test_a_confirmed_claim_of_another_amount_than_before_waits_for_a_window_of_its_own() -> None:
    other = Money(3000, KWD)
    case = claim(claim(cases.case()), other)
    once = asked(case, Outcome.SUSPECT, others={CLAIMED: Outcome.CAPTURED})
    after = asked(once, Outcome.SUSPECT, others={other: Outcome.CAPTURED}, now=SOON + WINDOW)
    assert after.attempts[0].other_capture == OtherCapture(other, since=SOON + WINDOW)
    assert after.attempts[0].state is AttemptState.OPEN


def test_a_second_answer_that_was_asked_for_before_the_window_had_passed_books_nothing() -> None:
    once = asked(claim(cases.case()), Outcome.SUSPECT, Outcome.CAPTURED)
    slow = asked(
        once, None, Outcome.CAPTURED, asked_at=SOON + WINDOW - timedelta(seconds=1), now=SOON + WINDOW
    )
    assert slow.attempts[0].state is AttemptState.OPEN


def test_a_claim_that_is_booked_leaves_the_payment_waiting_for_a_person_and_not_for_time() -> None:
    after = asked(claimed_in_mode_l(), Outcome.SUSPECT, Outcome.CAPTURED)
    assert after.may_have_paid
    assert next_look_at(after, now=HORIZON, timing=TIMING) is None
    assert expire(after, now=HORIZON, timing=TIMING) == after


def test_knets_word_for_our_amount_undoes_what_it_said_of_a_claim() -> None:
    once = asked(claim(cases.case()), Outcome.SUSPECT, Outcome.CAPTURED)
    after = asked(once, Outcome.CAPTURED, None, now=SOON + WINDOW)
    assert after.attempts[0].other_capture is None
    assert after.attempts[0].provisional_at == SOON + WINDOW
    final = asked(after, Outcome.CAPTURED, None, now=SOON + WINDOW * 2)
    assert final.payment.is_captured
    assert final.attempts[0].attention is None
    came_back = returned(once, once.attempts[0].id, now=SOON)
    at_once = asked(came_back, Outcome.CAPTURED, Outcome.CAPTURED, now=SOON + WINDOW)
    assert at_once.payment.is_captured
    assert at_once.attempts[0].captured_amount == at_once.payment.amount


def test_a_late_claim_of_an_ended_payment_is_booked_and_moves_no_status() -> None:
    ended = asked(cases.case(), said(cases.case().attempts[0], Outcome.NOT_FOUND), now=CLOSED)
    ended = expire(ended, now=CLOSED + WINDOW * 2, timing=TIMING)
    assert ended.payment.status is PaymentStatus.EXPIRED
    late = claim(ended, at=CLOSED + WINDOW * 2)
    once = asked(late, Outcome.SUSPECT, Outcome.CAPTURED, now=CLOSED + WINDOW * 3)
    assert (once.attempts[0].state, once.attempts[0].outcome) == (AttemptState.OPEN, None)
    after = asked(once, Outcome.SUSPECT, Outcome.CAPTURED, now=CLOSED + WINDOW * 4)
    assert after.attempts[0].captured_amount == CLAIMED
    assert after.payment == ended.payment
    assert after.happened == ended.happened


# Claims that KNET takes back


def test_a_claim_that_knet_took_back_ends_the_attempt_once_it_is_closed() -> None:
    once = asked(claim(cases.case()), Outcome.SUSPECT, Outcome.CAPTURED)
    early = asked(once, Outcome.SUSPECT, Outcome.REVERSED, now=CLOSED - timedelta(seconds=1))
    assert early.attempts[0].state is AttemptState.OPEN
    after = asked(early, Outcome.SUSPECT, Outcome.REVERSED, now=CLOSED)
    ended = after.attempts[0]
    assert (ended.state, ended.outcome) == (AttemptState.NEGATIVE, Outcome.REVERSED)
    assert (ended.attention, ended.other_capture, ended.captured_amount) == (None, None, None)
    assert after.payment.status is PaymentStatus.DECLINED
    assert after.happened == (EventType.PAYMENT_CAPTURE_DECLINED,)


def test_a_suspicion_is_explained_when_knet_took_the_claim_back() -> None:
    doubted = asked(cases.case(), Outcome.SUSPECT)
    assert doubted.attempts[0].attention == SUSPECT
    after = asked(claim(doubted), Outcome.SUSPECT, Outcome.REVERSED, now=CLOSED)
    assert after.attempts[0].attention is None


def test_the_want_of_an_answer_is_settled_when_knet_took_the_claim_back() -> None:
    unanswered = expire(asked(claim(cases.case()), None, None), now=HORIZON, timing=TIMING)
    assert unanswered.attempts[0].attention == "KNET gave no answer that decides"
    after = asked(unanswered, Outcome.SUSPECT, Outcome.REVERSED, now=HORIZON)
    assert after.attempts[0].attention is None


def test_what_else_a_person_was_called_for_is_not_explained_by_it() -> None:
    case = claim(cases.case())
    doubted = case.with_attempt(replace(case.attempts[0], attention="another reason"))
    after = asked(doubted, Outcome.SUSPECT, Outcome.REVERSED, now=CLOSED)
    assert after.attempts[0].attention == "another reason"


def test_an_ended_attempt_is_not_ended_again() -> None:
    ended = asked(claim(cases.case()), Outcome.SUSPECT, Outcome.REVERSED, now=CLOSED)
    again = asked(ended, Outcome.SUSPECT, Outcome.REVERSED, now=CLOSED + WINDOW)
    assert again.attempts[0].decided_at == CLOSED


def test_captured_after_reversed_needs_a_person() -> None:
    ended = asked(claim(cases.case()), Outcome.SUSPECT, Outcome.REVERSED, now=CLOSED)
    after = asked(ended, Outcome.SUSPECT, Outcome.CAPTURED, now=CLOSED + WINDOW)
    assert after.attempts[0].state is AttemptState.NEGATIVE
    assert after.attempts[0].attention == CAPTURED_AFTER_REVERSED


def test_a_reversal_that_was_asked_for_before_the_claim_came_is_outdated() -> None:
    case = claim(cases.case(), at=CLOSED + timedelta(seconds=1))
    after = asked(case, None, Outcome.REVERSED, asked_at=CLOSED, now=CLOSED + timedelta(seconds=2))
    assert after.attempts[0].state is AttemptState.OPEN


# Denials and contradictions


@pytest.mark.parametrize("ours", [Outcome.SUSPECT, Outcome.FAILED])
@pytest.mark.parametrize("theirs", [None, Outcome.UNKNOWN])
@pytest.mark.parametrize("now", [SOON, CLOSED])
def test_a_denial_of_our_amount_proves_nothing_while_knet_has_not_answered_to_the_claim(
    ours: Outcome, theirs: Answer, now: datetime
) -> None:
    after = asked(claim(cases.case()), ours, theirs, now=now)
    attempt = after.attempts[0]
    assert (attempt.state, attempt.attention) == (AttemptState.OPEN, None)
    assert (attempt.said, attempt.inquiry_outcome) == (None, None)


@pytest.mark.parametrize(
    ("ours", "reason"),
    [(Outcome.SUSPECT, SUSPECT), (Outcome.FAILED, "KNET says failed after it said CAPTURED")],
)
@pytest.mark.parametrize("theirs", [Outcome.SUSPECT, Outcome.FAILED, Outcome.NOT_FOUND])
def test_a_denial_of_every_amount_needs_a_person_and_decides_nothing(
    ours: Outcome, theirs: Outcome, reason: str
) -> None:
    after = asked(claim(cases.case()), ours, said(cases.case().attempts[0], theirs), now=CLOSED)
    assert (after.attempts[0].state, after.attempts[0].attention) == (AttemptState.OPEN, reason)


def test_a_denial_of_some_amounts_waits_for_the_answer_to_the_others() -> None:
    case = claim(claim(cases.case()), Money(3000, KWD))
    after = asked(case, Outcome.SUSPECT, others={CLAIMED: Outcome.SUSPECT})
    assert after.attempts[0].attention is None


def test_a_word_about_our_amount_is_no_denial_of_it() -> None:
    after = asked(claim(cases.case()), None, Outcome.SUSPECT)
    assert after.attempts[0].attention is None


def test_a_person_who_has_spoken_about_a_doubt_is_not_called_for_it_again() -> None:
    case = cases.case()
    word = Resolution(is_captured=False, by="Amal", why="line 7", at=START, about=SUSPECT)
    spoken = claim(case.with_attempt(replace(case.attempts[0], resolution=word)))
    assert asked(spoken, Outcome.SUSPECT, Outcome.SUSPECT).attempts[0].attention is None


@pytest.mark.parametrize(
    "outcome", [Outcome.NOT_FOUND, Outcome.NOT_CAPTURED, Outcome.CANCELED, Outcome.HOST_TIMEOUT]
)
def test_a_refusal_of_our_amount_against_a_claim_needs_a_person(outcome: Outcome) -> None:
    case = claim(cases.case())
    after = asked(case, said(case.attempts[0], outcome), Outcome.SUSPECT, now=CLOSED)
    assert after.attempts[0].state is AttemptState.OPEN
    assert after.attempts[0].attention == f"KNET says {outcome} after it said CAPTURED"


@pytest.mark.parametrize("outcome", [Outcome.NOT_CAPTURED, Outcome.CANCELED, Outcome.HOST_TIMEOUT])
def test_a_refusal_of_what_was_claimed_needs_a_person(outcome: Outcome) -> None:
    after = asked(claim(cases.case()), Outcome.SUSPECT, outcome, now=CLOSED)
    assert after.attempts[0].state is AttemptState.OPEN
    assert after.attempts[0].attention == f"KNET says {outcome} after it said CAPTURED"


def test_a_silent_bank_calls_a_person_at_the_horizon() -> None:
    case = asked(claim(cases.case()), None, None)
    after = expire(case, now=HORIZON, timing=TIMING)
    assert after.attempts[0].attention == "KNET gave no answer that decides"
