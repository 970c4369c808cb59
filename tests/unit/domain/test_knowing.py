"""When an answer of KNET decides: one test for each row of the rules, and the times at their edges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from fils.domain.evidence import BankStatement, Outcome
from fils.domain.knowing import (
    Timing,
    Told,
    Verdict,
    closes_at,
    disagreement,
    inquiries_end_at,
    judge,
    next_inquiry_at,
)
from fils.domain.money import KWD, Currency, Money
from fils.domain.payment_attempt import AttemptState, NotificationMode, PaymentAttempt
from tests.support.cases import CLOSED, START, TIMING, attempt, payment, said

SOON = START + timedelta(minutes=2)
INSTANT = timedelta(microseconds=1)
WINDOW = TIMING.reversal_window

NOTIFIABLE_NEGATIVES = (Outcome.CANCELED, Outcome.NOT_CAPTURED, Outcome.DENIED_BY_RISK)
NEGATIVES = (*NOTIFIABLE_NEGATIVES, Outcome.NOT_FOUND, Outcome.FAILED, Outcome.HOST_TIMEOUT, Outcome.REVERSED)


@pytest.fixture
def tried() -> PaymentAttempt:
    return attempt(payment())


def verdict(
    about: PaymentAttempt,
    answer: Outcome | BankStatement,
    *,
    told: Sequence[Outcome] = (),
    by_server: bool = True,
    asked_at: datetime = SOON,
) -> Verdict:
    statement = answer if isinstance(answer, BankStatement) else said(about, answer)
    words = Told(agreeing=tuple(said(about, outcome) for outcome in told), by_server=by_server)
    return judge(about, statement, told=words, asked_at=asked_at, timing=TIMING).verdict


# Positive answers


def test_a_positive_answer_decides_at_once_after_the_browser_presented_the_return_secret(
    tried: PaymentAttempt,
) -> None:
    assert verdict(replace(tried, returned_at=SOON), Outcome.CAPTURED) is Verdict.CAPTURED


def test_a_first_positive_answer_without_a_return_is_provisional(tried: PaymentAttempt) -> None:
    assert verdict(tried, Outcome.CAPTURED) is Verdict.PROVISIONAL
    assert verdict(tried, Outcome.CAPTURED, told=[Outcome.CAPTURED]) is Verdict.PROVISIONAL
    assert verdict(tried, Outcome.CAPTURED, asked_at=CLOSED) is Verdict.PROVISIONAL


def test_a_second_positive_answer_decides_when_the_reversal_window_has_just_passed(
    tried: PaymentAttempt,
) -> None:
    once = replace(tried, provisional_at=SOON)
    assert verdict(once, Outcome.CAPTURED, asked_at=SOON + WINDOW) is Verdict.CAPTURED


def test_a_second_positive_answer_an_instant_before_the_window_has_passed_decides_nothing(
    tried: PaymentAttempt,
) -> None:
    once = replace(tried, provisional_at=SOON)
    assert verdict(once, Outcome.CAPTURED, asked_at=SOON + WINDOW - INSTANT) is Verdict.UNDECIDED


# Positive answers in mode L


def test_what_a_browser_carries_cannot_be_taken_back_so_a_positive_answer_decides_at_once(
    tried: PaymentAttempt,
) -> None:
    by_browser = replace(tried, mode=NotificationMode.BROWSER)
    assert verdict(by_browser, Outcome.CAPTURED, by_server=False) is Verdict.CAPTURED
    assert verdict(by_browser, Outcome.CAPTURED, told=[Outcome.CAPTURED], by_server=False) is Verdict.CAPTURED


def test_a_message_of_knets_server_puts_an_attempt_of_mode_l_under_the_rules_of_mode_n(
    tried: PaymentAttempt,
) -> None:
    by_browser = replace(tried, mode=NotificationMode.BROWSER)
    assert verdict(by_browser, Outcome.CAPTURED, by_server=True) is Verdict.PROVISIONAL
    once = replace(by_browser, provisional_at=SOON)
    assert (
        verdict(once, Outcome.CAPTURED, by_server=True, asked_at=SOON + WINDOW - INSTANT) is Verdict.UNDECIDED
    )
    assert verdict(once, Outcome.CAPTURED, by_server=True, asked_at=SOON + WINDOW) is Verdict.CAPTURED


def test_a_browser_that_carries_news_of_mode_n_makes_no_answer_decide_earlier(tried: PaymentAttempt) -> None:
    assert verdict(tried, Outcome.CAPTURED, told=[Outcome.CAPTURED], by_server=False) is Verdict.PROVISIONAL


# Negative answers


@pytest.mark.parametrize("outcome", NOTIFIABLE_NEGATIVES)
def test_a_negative_answer_decides_at_once_when_a_notification_said_the_same(
    tried: PaymentAttempt, outcome: Outcome
) -> None:
    assert verdict(tried, outcome, told=[outcome]) is Verdict.NEGATIVE


@pytest.mark.parametrize("outcome", NOTIFIABLE_NEGATIVES)
def test_a_negative_answer_decides_nothing_early_when_a_notification_said_another_negative(
    tried: PaymentAttempt, outcome: Outcome
) -> None:
    others = [other for other in NOTIFIABLE_NEGATIVES if other is not outcome]
    assert verdict(tried, outcome, told=others) is Verdict.UNDECIDED


@pytest.mark.parametrize("outcome", [Outcome.NOT_FOUND, Outcome.FAILED, Outcome.HOST_TIMEOUT])
def test_an_answer_that_says_nothing_final_waits_for_the_close_even_when_notified(
    tried: PaymentAttempt, outcome: Outcome
) -> None:
    assert verdict(tried, outcome, told=[outcome]) is Verdict.UNDECIDED


@pytest.mark.parametrize("outcome", NEGATIVES)
def test_a_negative_answer_decides_nothing_an_instant_before_the_attempt_is_closed(
    tried: PaymentAttempt, outcome: Outcome
) -> None:
    assert verdict(tried, outcome, asked_at=CLOSED - INSTANT) is Verdict.UNDECIDED


@pytest.mark.parametrize("outcome", NEGATIVES)
def test_a_negative_answer_decides_once_the_attempt_is_closed(
    tried: PaymentAttempt, outcome: Outcome
) -> None:
    assert verdict(tried, outcome, asked_at=CLOSED) is Verdict.NEGATIVE


def test_an_attempt_closes_after_link_page_and_host_had_their_time(tried: PaymentAttempt) -> None:
    timing = Timing(
        link_lifetime=timedelta(minutes=1), page_limit=timedelta(minutes=2), host_margin=timedelta(minutes=4)
    )
    assert closes_at(tried, timing) == START + timedelta(minutes=7)
    assert closes_at(tried, TIMING) == CLOSED


# Suspect answers and contradictions


@pytest.mark.parametrize("asked_at", [SOON, CLOSED])
def test_a_suspect_answer_never_decides(tried: PaymentAttempt, asked_at: datetime) -> None:
    assert verdict(tried, Outcome.SUSPECT, asked_at=asked_at) is Verdict.NEEDS_PERSON
    returned = replace(tried, returned_at=SOON)
    assert verdict(returned, Outcome.SUSPECT, asked_at=asked_at) is Verdict.NEEDS_PERSON


@pytest.mark.parametrize("outcome", [item for item in NEGATIVES if item is not Outcome.REVERSED])
def test_a_negative_answer_against_a_captured_notification_never_decides(
    tried: PaymentAttempt, outcome: Outcome
) -> None:
    assert verdict(tried, outcome, told=[Outcome.CAPTURED], asked_at=CLOSED) is Verdict.NEEDS_PERSON


@pytest.mark.parametrize("outcome", [item for item in NEGATIVES if item is not Outcome.REVERSED])
def test_a_negative_answer_after_a_positive_one_never_decides(
    tried: PaymentAttempt, outcome: Outcome
) -> None:
    once = replace(tried, provisional_at=SOON)
    assert verdict(once, outcome, asked_at=CLOSED) is Verdict.NEEDS_PERSON


def test_a_reversal_after_captured_is_no_contradiction(tried: PaymentAttempt) -> None:
    once = replace(tried, provisional_at=SOON)
    assert verdict(once, Outcome.REVERSED, told=[Outcome.CAPTURED], asked_at=CLOSED) is Verdict.NEGATIVE


@pytest.mark.parametrize("outcome", NOTIFIABLE_NEGATIVES)
def test_a_positive_answer_against_a_negative_notification_never_decides(
    tried: PaymentAttempt, outcome: Outcome
) -> None:
    returned = replace(tried, returned_at=SOON)
    assert verdict(returned, Outcome.CAPTURED, told=[outcome]) is Verdict.NEEDS_PERSON
    assert verdict(returned, Outcome.CAPTURED, told=[Outcome.CAPTURED, outcome]) is Verdict.NEEDS_PERSON


def test_a_positive_answer_after_a_reversal_never_decides(tried: PaymentAttempt) -> None:
    answered = replace(tried, provisional_at=START, inquiry_outcome=Outcome.REVERSED)
    assert verdict(answered, Outcome.CAPTURED, asked_at=CLOSED) is Verdict.NEEDS_PERSON
    returned = replace(tried, returned_at=SOON)
    assert verdict(returned, Outcome.CAPTURED, told=[Outcome.REVERSED]) is Verdict.NEEDS_PERSON


@pytest.mark.parametrize("outcome", NEGATIVES)
def test_a_captured_attempt_that_knet_denies_later_needs_a_person(
    tried: PaymentAttempt, outcome: Outcome
) -> None:
    paid = replace(tried, state=AttemptState.CAPTURED, returned_at=SOON)
    assert verdict(paid, outcome, asked_at=CLOSED) is Verdict.NEEDS_PERSON


@pytest.mark.parametrize(
    "details",
    [
        pytest.param({"amount": Money(1001, KWD)}, id="another amount"),
        pytest.param({"amount": Money(1000, Currency.BHD)}, id="another currency"),
        pytest.param({"amount": None}, id="no amount"),
        pytest.param({"track_id": "T0"}, id="another track id"),
        pytest.param({"track_id": None}, id="no track id"),
        pytest.param({"knet_payment_id": "1"}, id="another payment id"),
        pytest.param({"knet_payment_id": None}, id="no payment id"),
    ],
)
def test_a_positive_answer_that_does_not_agree_never_decides(
    tried: PaymentAttempt, details: dict[str, object]
) -> None:
    known = replace(tried, returned_at=SOON, said=said(tried, Outcome.CAPTURED))
    assert verdict(known, said(known, Outcome.CAPTURED)) is Verdict.CAPTURED
    assert verdict(known, said(known, Outcome.CAPTURED, **details)) is Verdict.NEEDS_PERSON


@pytest.mark.parametrize(
    "details", [{"amount": Money(1, KWD)}, {"track_id": "T0"}, {"knet_payment_id": "1"}], ids=str
)
def test_a_negative_answer_about_something_else_never_decides(
    tried: PaymentAttempt, details: dict[str, object]
) -> None:
    known = replace(tried, said=said(tried, Outcome.CANCELED))
    answer = said(known, Outcome.CANCELED, **details)
    assert verdict(known, answer, asked_at=CLOSED) is Verdict.NEEDS_PERSON


def test_a_negative_answer_may_leave_details_out(tried: PaymentAttempt) -> None:
    known = replace(tried, said=said(tried, Outcome.CANCELED))
    answer = said(known, Outcome.CANCELED, amount=None, track_id=None, knet_payment_id=None)
    assert disagreement(known, answer) is None


def test_knets_payment_id_may_be_told_first_by_the_inquiry(tried: PaymentAttempt) -> None:
    returned = replace(tried, returned_at=SOON)
    assert verdict(returned, said(returned, Outcome.CAPTURED)) is Verdict.CAPTURED
    assert verdict(returned, said(returned, Outcome.CAPTURED, knet_payment_id=None)) is Verdict.CAPTURED


@pytest.mark.parametrize("asked_at", [SOON, CLOSED])
@pytest.mark.parametrize("told", [[], [Outcome.CAPTURED], [Outcome.UNKNOWN]])
def test_an_unfamiliar_word_decides_nothing(
    tried: PaymentAttempt, asked_at: datetime, told: Sequence[Outcome]
) -> None:
    returned = replace(tried, returned_at=SOON)
    assert verdict(returned, Outcome.UNKNOWN, told=told, asked_at=asked_at) is Verdict.UNDECIDED


def test_what_is_wrong_is_said_for_a_person(tried: PaymentAttempt) -> None:
    answer = said(tried, Outcome.CAPTURED, amount=Money(2000, KWD))
    judgement = judge(tried, answer, told=Told(), asked_at=SOON, timing=TIMING)
    assert judgement.reason == "KNET's statement has another amount"


# The schedule


def schedule(about: PaymentAttempt, *, last_word_at: datetime | None = None) -> list[timedelta]:
    """Every time of the schedule, from the start of the attempt."""
    times: list[timedelta] = []
    now = about.started_at
    while True:
        at = next_inquiry_at(about, last_word_at=last_word_at, now=now, timing=TIMING)
        if at is None:
            return times
        assert at > now
        times.append(at - about.started_at)
        about, now = replace(about, inquired_at=at), at


def minutes(*numbers: float) -> list[timedelta]:
    return [timedelta(minutes=number) for number in numbers]


def test_an_attempt_is_asked_about_early_at_its_close_and_hourly_for_a_day(tried: PaymentAttempt) -> None:
    assert schedule(tried) == [*minutes(1, 3, 10, 30, 50), *(timedelta(hours=hour) for hour in range(1, 25))]


def test_an_attempt_that_ended_is_asked_about_to_the_end_of_the_schedule(tried: PaymentAttempt) -> None:
    ended = replace(tried, state=AttemptState.NEGATIVE)
    assert schedule(ended) == [*minutes(1, 3, 10, 30), *(timedelta(hours=hour) for hour in range(1, 25))]


def test_a_captured_attempt_is_not_asked_about(tried: PaymentAttempt) -> None:
    assert schedule(replace(tried, state=AttemptState.CAPTURED)) == []


def test_after_a_word_of_knet_it_is_asked_quickly(tried: PaymentAttempt) -> None:
    word_at = START + timedelta(minutes=5)
    expected = [timedelta(minutes=5, seconds=wait) for wait in (5, 15, 45, 120)]
    assert [time for time in schedule(tried, last_word_at=word_at) if time < timedelta(minutes=10)] == [
        *minutes(1, 3),
        *expected,
    ]


def test_a_positive_answer_is_asked_again_when_the_reversal_window_has_passed(tried: PaymentAttempt) -> None:
    once = replace(tried, provisional_at=START + timedelta(hours=2, minutes=1))
    assert timedelta(hours=2, minutes=6) in schedule(once)


@pytest.mark.parametrize("provisional_at", [None, CLOSED - WINDOW])
def test_asked_just_before_an_answer_can_decide_and_answered_after_it_knet_is_asked_again_at_once(
    tried: PaymentAttempt, provisional_at: datetime | None
) -> None:
    about = replace(tried, inquired_at=CLOSED - INSTANT, provisional_at=provisional_at)
    now = CLOSED + timedelta(seconds=3)
    at = next_inquiry_at(about, last_word_at=None, now=now, timing=TIMING)
    assert at == now + timedelta(seconds=1)


def test_without_an_answer_knet_is_asked_again_after_as_long_as_it_has_been_silent(
    tried: PaymentAttempt,
) -> None:
    asked_at = START + timedelta(hours=2, minutes=6)
    silent = replace(tried, unanswered_since=asked_at)
    for wait in (10, 10, 20, 40, 80):
        about = replace(silent, inquired_at=asked_at)
        at = next_inquiry_at(about, last_word_at=None, now=asked_at, timing=TIMING)
        assert at == asked_at + timedelta(seconds=wait)
        asked_at = at


def test_however_long_knet_is_silent_it_is_not_asked_after_the_schedules_end(tried: PaymentAttempt) -> None:
    asked_at = START + TIMING.inquiry_horizon
    silent = replace(tried, inquired_at=asked_at, unanswered_since=asked_at)
    assert next_inquiry_at(silent, last_word_at=None, now=asked_at, timing=TIMING) is None


def test_an_attempt_that_ended_keeps_to_its_schedule_without_an_answer(tried: PaymentAttempt) -> None:
    ended = replace(tried, state=AttemptState.NEGATIVE, inquired_at=SOON, unanswered_since=SOON)
    at = next_inquiry_at(ended, last_word_at=None, now=SOON, timing=TIMING)
    assert at == START + timedelta(minutes=3)


def test_a_word_long_after_the_schedule_begins_another_day_of_inquiries(tried: PaymentAttempt) -> None:
    ended = replace(tried, state=AttemptState.NEGATIVE)
    word_at = START + timedelta(hours=30)
    assert inquiries_end_at(ended, last_word_at=None, timing=TIMING) == START + timedelta(hours=24)
    assert inquiries_end_at(ended, last_word_at=word_at, timing=TIMING) == word_at + timedelta(hours=24)
    late = next_inquiry_at(ended, last_word_at=word_at, now=word_at, timing=TIMING)
    assert late == word_at + timedelta(seconds=5)
    assert schedule(ended, last_word_at=word_at)[-1] == timedelta(hours=54)


def test_a_short_horizon_ends_the_schedule_early(tried: PaymentAttempt) -> None:
    timing = replace(TIMING, inquiry_horizon=timedelta(minutes=5))
    ended = replace(tried, state=AttemptState.NEGATIVE)
    now = START + timedelta(minutes=3)
    assert next_inquiry_at(ended, last_word_at=None, now=now, timing=timing) is None
