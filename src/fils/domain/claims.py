"""
Claims: what is believed when KNET's notification names another amount than ours.

A notification that says CAPTURED over another amount is not acknowledged, and proves nothing: it may be KNET's truth
or somebody's forgery. So KNET is asked with its amount too, since ours would only be called suspect. What it confirms
is kept as a surplus capture over its amount, which never counts. As soon as KNET confirms our amount no claim matters.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final

from fils.domain.evidence import BankStatement, Evidence, Outcome
from fils.domain.knowing import (
    CAPTURED_AFTER_REVERSED,
    DENIALS,
    UNDECIDED,
    Judgement,
    Timing,
    Told,
    Verdict,
    changed_story,
    closes_at,
    disagreement,
    is_told_by_browser,
)
from fils.domain.money import Money
from fils.domain.payment_attempt import AttemptState, PaymentAttempt

CLAIMS_MAX: Final = 3
"""About so many amounts KNET is asked besides ours: a forger must not make one inquiry into hundreds."""

OTHER_AMOUNT: Final = "KNET captured another amount than it was asked for"


def claimed_amounts(attempt: PaymentAttempt, news: Iterable[Evidence]) -> tuple[Money, ...]:
    """
    The other amounts over which *news* calls *attempt* captured, newest first, at most ``CLAIMS_MAX``.

    None of them once KNET has confirmed our amount, and none from before a person's word about the attempt.
    """
    if attempt.provisional_at is not None or attempt.state is AttemptState.CAPTURED:
        return ()
    spoken_at = attempt.resolution.at if attempt.resolution else None
    unanswered = [item for item in news if spoken_at is None or item.received_at > spoken_at]
    amounts: list[Money] = []
    for item in reversed(unanswered):
        amount = _other_amount(attempt, item.statement)
        if amount is not None and amount not in amounts:
            amounts.append(amount)
    return tuple(amounts[:CLAIMS_MAX])


def _other_amount(attempt: PaymentAttempt, statement: BankStatement | None) -> Money | None:
    """The amount that *statement* calls captured, if it is about the attempt and the amount is not ours."""
    if statement is None or statement.outcome is not Outcome.CAPTURED:
        return None
    is_other = statement.track_id == attempt.track_id and statement.amount != attempt.amount
    return statement.amount if is_other else None


def says_nothing(attempt: PaymentAttempt, amount: Money, answer: BankStatement) -> bool:
    """Whether *answer*, asked for with the claimed *amount*, is not about an order over just that amount."""
    is_silent = answer.outcome in DENIALS or answer.amount != amount or answer.track_id != attempt.track_id
    return is_silent or disagreement(replace(attempt, amount=amount), answer) is not None


def judge_claim(
    attempt: PaymentAttempt, answer: BankStatement, *, told: Told, asked_at: datetime, timing: Timing
) -> Judgement:
    """
    Say what *answer* proves about the capture that it names; CAPTURED means surplus, over the amount of the answer.

    The waits are those of ``judge``. A browser's return shows that KNET took an acknowledgement, and a claim never
    got one, so it makes nothing quicker here.

    Args:
        attempt: As stored; our amount is not confirmed.
        answer: KNET's answer to an inquiry with the claimed amount, which is about an order over that amount.
        told: What the notifications of this attempt said.
        asked_at: Aware UTC time just before KNET was asked.
        timing: The waits to judge by.
    """
    if answer.outcome is Outcome.REVERSED:
        is_closed = asked_at >= closes_at(attempt, timing)
        return Judgement(Verdict.NEGATIVE) if is_closed else UNDECIDED
    if answer.outcome is not Outcome.CAPTURED:
        return Judgement(Verdict.NEEDS_PERSON, changed_story(answer.outcome))
    if attempt.inquiry_outcome is Outcome.REVERSED:
        return Judgement(Verdict.NEEDS_PERSON, CAPTURED_AFTER_REVERSED)
    if is_told_by_browser(attempt, told):
        return Judgement(Verdict.CAPTURED)
    seen = attempt.other_capture
    if seen is None or seen.amount != answer.amount:
        return Judgement(Verdict.PROVISIONAL)
    window_passed = asked_at >= seen.since + timing.reversal_window
    return Judgement(Verdict.CAPTURED) if window_passed else UNDECIDED
