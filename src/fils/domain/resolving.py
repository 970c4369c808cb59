"""
What a named person's word about an attempt does to its payment.

A person may know what no inquiry says: a line of the bank's report, a word of the bank on the telephone. ``effect_of``
says what "captured" or "not captured" would do to an attempt as it stands, ``resolve`` does it. Nothing is stored here.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from fils.domain.errors import ResolutionRefused
from fils.domain.events import EventType
from fils.domain.evidence import Outcome, Resolution
from fils.domain.identifiers import PaymentAttemptId
from fils.domain.knowing import Timing, closes_at
from fils.domain.payment_attempt import AttemptState, PaymentAttempt
from fils.domain.person import who_and_why
from fils.domain.settling import Case, book_capture, can_count, end_attempt, end_payment

_NO_REASONS: Final = frozenset({Outcome.NOT_FOUND, Outcome.SUSPECT, Outcome.UNKNOWN})
"""What KNET may say about an attempt that tells nothing about why it ended."""


class Effect(StrEnum):
    """What a person's word does."""

    COUNTS = "counts"
    """Captured: this attempt pays the setup, and its payment is Captured."""
    SURPLUS = "surplus"
    """Captured beside the capture that counts, or too late to count: kept on the attempt, still to be dealt with."""
    CONFIRMED = "confirmed"
    """The capture that counts stands; nobody has to look any more."""
    DEALT_WITH = "dealt_with"
    """The surplus capture stays one; nobody has to look any more."""
    ENDS = "ends"
    """Not captured: the attempt ends, and its payment with it if it was the last."""
    STAYS_ENDED = "stays_ended"
    """The attempt had ended; nobody has to look any more."""
    VOIDS = "voids"
    """The capture that counted was taken back: the payment is Voided for good."""
    GIVEN_BACK = "given_back"
    """The surplus capture was given back to the customer."""


def new_resolution(*, is_captured: bool, by: str, why: str, at: datetime, about: str | None) -> Resolution:
    """
    A person's word, which says who found out and what it rests on.

    Raises:
        CommandRefused: If it does not, or is too long.
    """
    wanted = "say what it rests on, such as the line of the bank's report that shows it"
    name, citation = who_and_why(by, why, wanted=wanted)
    return Resolution(is_captured=is_captured, by=name, why=citation, at=at, about=about)


def effect_of(
    case: Case, attempt_id: PaymentAttemptId, *, is_captured: bool, now: datetime, timing: Timing
) -> Effect:
    """
    Say what a person's "captured" or "not captured" about the attempt would do.

    Raises:
        ResolutionRefused: If it would do nothing, or comes too early.
    """
    attempt = case.attempt(attempt_id)
    if attempt.state is AttemptState.CAPTURED:
        return _effect_on_capture(attempt, is_captured=is_captured)
    if is_captured:
        return Effect.COUNTS if can_count(case, attempt) else Effect.SURPLUS
    if attempt.state is AttemptState.OPEN:
        closing = closes_at(attempt, timing)
        if now < closing:
            raise ResolutionRefused(
                "customer_may_be_paying",
                f"the customer may still be paying; say so after {closing:%Y-%m-%d %H:%M} UTC",
            )
        return Effect.ENDS
    _refuse_if_settled(attempt, "the attempt has already ended without money")
    return Effect.STAYS_ENDED


def resolve(case: Case, attempt_id: PaymentAttemptId, effect: Effect, resolution: Resolution) -> Case:
    """
    The case after a person's word.

    Args:
        case: As it stood before.
        attempt_id: Which attempt the word is about.
        effect: What ``effect_of`` says about this case and this word.
        resolution: The word; its time is that of the decision.
    """
    attempt = replace(case.attempt(attempt_id), attention=None, resolution=resolution)
    match effect:
        case Effect.COUNTS | Effect.SURPLUS:
            return book_capture(case, attempt, now=resolution.at)
        case Effect.ENDS:
            return end_attempt(case, attempt, outcome=_known_outcome(case, attempt), now=resolution.at)
        case Effect.GIVEN_BACK:
            return end_attempt(case, attempt, outcome=Outcome.REVERSED, now=resolution.at)
        case Effect.VOIDS:
            return _void(case, attempt, now=resolution.at)
    return case.with_attempt(attempt)


def _effect_on_capture(attempt: PaymentAttempt, *, is_captured: bool) -> Effect:
    if is_captured:
        _refuse_if_settled(attempt, "the attempt is already captured")
        return Effect.CONFIRMED if attempt.counts else Effect.DEALT_WITH
    return Effect.VOIDS if attempt.counts else Effect.GIVEN_BACK


def _refuse_if_settled(attempt: PaymentAttempt, fact: str) -> None:
    if attempt.attention is not None:
        return
    word = attempt.resolution
    by = f": {word.by} resolved it at {word.at:%Y-%m-%d %H:%M} UTC, citing “{word.why}”" if word else ""
    raise ResolutionRefused("nothing_to_resolve", f"{fact} and needs no person{by}")


def _void(case: Case, attempt: PaymentAttempt, *, now: datetime) -> Case:
    case = end_attempt(case, attempt, outcome=Outcome.REVERSED, now=now)
    payment = replace(case.payment, voided_at=now)
    setup = replace(case.setup, counted_attempt_id=None)
    return end_payment(replace(case, payment=payment, setup=setup), EventType.PAYMENT_VOIDED)


def _known_outcome(case: Case, attempt: PaymentAttempt) -> Outcome:
    """Why an attempt ended that a person found not captured: as KNET told it; if it told nothing, nobody finished."""
    told = [e.statement.outcome for e in case.evidence if e.attempt_id == attempt.id and e.statement]
    if Outcome.CAPTURED in told:
        return Outcome.REVERSED
    reasons = [outcome for outcome in told if outcome not in _NO_REASONS]
    return reasons[-1] if reasons else Outcome.NOT_FOUND
