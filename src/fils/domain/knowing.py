"""
When an answer of KNET decides, and what it decides: the rules of ``docs/explanation/knowing.md`` as pure functions.

Nothing here asks anybody. Given an attempt, everything that was said about it before, and one fresh answer to an
inquiry, ``judge`` says what is known now. A callback, a redirect or a word we do not know decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from fils.domain.evidence import BankStatement, Outcome
from fils.domain.money import Money
from fils.domain.payment_attempt import AttemptState, NotificationMode, PaymentAttempt


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """The waits the rules depend on. Those on KNET's side are guesses on the safe side: it publishes none."""

    link_lifetime: timedelta = timedelta(minutes=30)
    """After the confirm: how long the link starts attempts."""
    payment_lifetime: timedelta = timedelta(minutes=60)
    setup_lifetime: timedelta = timedelta(hours=24)
    session_lifetime: timedelta = timedelta(minutes=15)
    """How long a ``sid_`` names its payment after the browser's return."""
    starts_max: int = 10
    """How many attempts one payment may start."""
    page_limit: timedelta = timedelta(minutes=15)
    """How long KNET's page is taken to wait for its customer."""
    host_margin: timedelta = timedelta(minutes=5)
    """How long after that the bank's host is given to answer."""
    reversal_window: timedelta = timedelta(minutes=5)
    """How long KNET can still take a capture back whose notification it could not deliver."""
    inquiry_horizon: timedelta = timedelta(hours=24)
    """How long after its start an attempt is asked about."""


class Verdict(StrEnum):
    """What is known about an attempt after an answer."""

    CAPTURED = "captured"
    NEGATIVE = "negative"
    PROVISIONAL = "provisional"
    """KNET says CAPTURED and could still reverse it."""
    UNDECIDED = "undecided"
    NEEDS_PERSON = "needs_person"
    """The answer contradicts what we know. It decides nothing until an operator has looked."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, and for NEEDS_PERSON what is wrong."""

    verdict: Verdict
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the notifications of one attempt said, whoever carried them."""

    agreeing: tuple[BankStatement, ...] = ()
    """Those that fit the attempt, in the order of their arrival."""
    claimed_amounts: tuple[Money, ...] = ()
    """Other amounts that KNET was said to have captured, newest first; see ``claims``. Empty once KNET has confirmed
    our amount or a person has spoken: then what somebody claimed is no question any more."""
    by_server: bool = False
    """Whether KNET's own server brought any of them, also one that does not fit."""


UNDECIDED: Final = Judgement(Verdict.UNDECIDED)

_AGREEABLE: Final = frozenset({Outcome.CANCELED, Outcome.NOT_CAPTURED, Outcome.DENIED_BY_RISK})
"""Negative answers that decide at once when a notification says the same."""

DENIALS: Final = frozenset({Outcome.SUSPECT, Outcome.FAILED})
"""What KNET says of an order that it knows and that was asked for with another amount."""

SUSPECT: Final = "KNET calls the transaction suspect"
CAPTURED_AFTER_REVERSED: Final = "KNET says CAPTURED after it said that it took the money back"
PERSON_SAID_NO: Final = "KNET says CAPTURED after a person found that it was not"


def closes_at(attempt: PaymentAttempt, timing: Timing) -> datetime:
    """When the customer of *attempt* can no longer be typing: from then on silence and negative answers decide."""
    return attempt.started_at + timing.link_lifetime + timing.page_limit + timing.host_margin


def judge(
    attempt: PaymentAttempt,
    answer: BankStatement,
    *,
    told: Told,
    asked_at: datetime,
    timing: Timing,
) -> Judgement:
    """
    Say what *answer* proves.

    Args:
        attempt: As stored, with the times of the browser's return and of an earlier provisional answer.
        answer: KNET's answer to an inquiry about this attempt.
        told: What the notifications of this attempt said.
        asked_at: Aware UTC time just before KNET was asked. The answer may reach us much later, and says
            nothing of what happened in between.
        timing: The waits to judge by.
    """
    if proves_nothing(answer, told):
        return UNDECIDED
    contradiction = _contradiction(attempt, answer, told)
    if contradiction is not None:
        return Judgement(Verdict.NEEDS_PERSON, contradiction)
    if answer.outcome is Outcome.CAPTURED:
        return _judge_positive(attempt, told, asked_at=asked_at, timing=timing)
    said_before = any(statement.outcome is answer.outcome for statement in told.agreeing)
    if answer.outcome in _AGREEABLE and said_before:
        return Judgement(Verdict.NEGATIVE)
    return Judgement(Verdict.NEGATIVE) if asked_at >= closes_at(attempt, timing) else UNDECIDED


def proves_nothing(answer: BankStatement, told: Told) -> bool:
    """
    Whether *answer* to an inquiry with our amount says nothing about the attempt.

    A word that we do not know says nothing. Nor does a denial while another amount was claimed: that is what KNET
    answers to an amount that is not its own, and only asking with its amount can tell.
    """
    is_denial = bool(told.claimed_amounts) and answer.outcome in DENIALS
    return answer.outcome is Outcome.UNKNOWN or is_denial


def is_reversible(attempt: PaymentAttempt, told: Told) -> bool:
    """
    Whether KNET may still take a capture of *attempt* back by itself.

    A terminal that is set to mode L by mistake is found out by a message of KNET's server: then the rules of mode N
    hold for the attempt.
    """
    # Only our acknowledged answer carried the return secret, so KNET took the acknowledgement.
    return attempt.returned_at is None and not is_told_by_browser(attempt, told)


def is_told_by_browser(attempt: PaymentAttempt, told: Told) -> bool:
    """Whether nobody but the customer's browser tells of *attempt* (mode L), so that KNET takes nothing back."""
    return attempt.mode is NotificationMode.BROWSER and not told.by_server


def _judge_positive(attempt: PaymentAttempt, told: Told, *, asked_at: datetime, timing: Timing) -> Judgement:
    if not is_reversible(attempt, told):
        return Judgement(Verdict.CAPTURED)
    if attempt.provisional_at is None:
        return Judgement(Verdict.PROVISIONAL)
    window_passed = asked_at >= attempt.provisional_at + timing.reversal_window
    return Judgement(Verdict.CAPTURED) if window_passed else UNDECIDED


def _contradiction(attempt: PaymentAttempt, answer: BankStatement, told: Told) -> str | None:
    if answer.outcome is Outcome.SUSPECT:
        return SUSPECT
    return (
        disagreement(attempt, answer)
        or _change_of_story(attempt, answer.outcome, told)
        or _word_against_a_person(attempt, answer.outcome)
    )


def disagreement(attempt: PaymentAttempt, statement: BankStatement) -> str | None:
    """
    What in *statement* does not fit the attempt: track id, amount or KNET's payment id; None if all agree.

    The terminal is not compared here: the connector asks with the attempt's own terminal and a notification is
    decrypted with its key. The currency is no field of the messages; it is the 414 that was sent.
    """
    known_payment_id = attempt.said.knet_payment_id if attempt.said else None
    must_name = statement.outcome is Outcome.CAPTURED
    expectations = (
        ("track id", statement.track_id, attempt.track_id, must_name),
        ("amount", statement.amount, attempt.amount, must_name),
        (
            "payment id",
            statement.knet_payment_id,
            known_payment_id,
            must_name and known_payment_id is not None,
        ),
    )
    for name, said, expected, required in expectations:
        if said is None and required:
            return f"KNET's statement has no {name}"
        if said is not None and expected is not None and said != expected:
            return f"KNET's statement has another {name}"
    return None


def _change_of_story(attempt: PaymentAttempt, outcome: Outcome, told: Told) -> str | None:
    notified = {statement.outcome for statement in told.agreeing}
    was_captured = (
        Outcome.CAPTURED in notified or attempt.provisional_at is not None or bool(told.claimed_amounts)
    )
    if outcome is Outcome.CAPTURED and notified & _AGREEABLE:
        return "KNET says CAPTURED after it notified the opposite"
    if outcome is Outcome.CAPTURED and Outcome.REVERSED in notified | {attempt.inquiry_outcome}:
        return CAPTURED_AFTER_REVERSED
    if outcome is not Outcome.CAPTURED and attempt.state is AttemptState.CAPTURED:
        return "KNET no longer says CAPTURED about a captured attempt"
    if outcome not in (Outcome.CAPTURED, Outcome.REVERSED) and was_captured:
        return changed_story(outcome)
    return None


def changed_story(outcome: Outcome) -> str:
    """What a person is told when KNET says *outcome* of what it had called captured."""
    return f"KNET says {outcome} after it said CAPTURED"


def _word_against_a_person(attempt: PaymentAttempt, outcome: Outcome) -> str | None:
    """A person's "captured" needs no row of its own: an answer against it is a change of KNET's story."""
    said_no = attempt.resolution is not None and not attempt.resolution.is_captured
    return PERSON_SAID_NO if said_no and outcome is Outcome.CAPTURED else None


_HOUR: Final = timedelta(hours=1)
_EARLY_INQUIRIES: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 3, 10, 30))
_FIRST_REPEAT: Final = timedelta(seconds=10)
"""How long after the first inquiry without an answer the next one is made."""
_AT_ONCE: Final = timedelta(seconds=1)
"""How soon KNET is asked when the time to ask has passed already."""
_AFTER_WORD: Final = tuple(timedelta(seconds=seconds) for seconds in (5, 15, 45, 120))


def inquiries_end_at(attempt: PaymentAttempt, *, last_word_at: datetime | None, timing: Timing) -> datetime:
    """Until when KNET is asked about an ended attempt; a late word about it begins the time anew."""
    return max(attempt.started_at, last_word_at or attempt.started_at) + timing.inquiry_horizon


def next_inquiry_at(
    attempt: PaymentAttempt, *, last_word_at: datetime | None, now: datetime, timing: Timing
) -> datetime | None:
    """
    When KNET should be asked about *attempt* next, or None when it need not be asked again.

    Args:
        attempt: As it stands after the latest answer.
        last_word_at: When a notification or the browser's return last came; an answer is likely soon after.
        now: Aware UTC time.
        timing: The waits to plan by.
    """
    if attempt.state is AttemptState.CAPTURED:
        return None
    start = attempt.started_at
    span = inquiries_end_at(attempt, last_word_at=last_word_at, timing=timing) - start
    # Of the full hours only the next one can be the answer.
    next_hour = timedelta(hours=max((now - start) // _HOUR, 0) + 1)
    times = [start + wait for wait in (*_EARLY_INQUIRIES, next_hour) if wait <= span]
    if last_word_at is not None:
        times.extend(last_word_at + wait for wait in _AFTER_WORD)
    if attempt.state is AttemptState.OPEN:
        unasked = _unasked_times(attempt, asked_at=attempt.inquired_at or now, timing=timing)
        is_late = now >= start + span
        times.extend(time if is_late else max(time, now + _AT_ONCE) for time in unasked)
    return min((time for time in times if time > now), default=None)


def _unasked_times(attempt: PaymentAttempt, *, asked_at: datetime, timing: Timing) -> Iterator[datetime]:
    """When an answer can decide, and when to ask anew for want of one; passed or not, but not asked at since."""
    times = [closes_at(attempt, timing)]
    if attempt.provisional_at is not None:
        times.append(attempt.provisional_at + timing.reversal_window)
    if attempt.other_capture is not None:
        times.append(attempt.other_capture.since + timing.reversal_window)
    if attempt.unanswered_since is not None and asked_at < attempt.started_at + timing.inquiry_horizon:
        # Each wait is as long as KNET has been silent: an outage of minutes costs minutes, one of hours few inquiries.
        times.append(asked_at + max(asked_at - attempt.unanswered_since, _FIRST_REPEAT))
    return (time for time in times if time > asked_at)
