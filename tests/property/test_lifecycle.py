"""
The lifecycle of a payment under any order of words, answers, returns and waits: the laws I1, I5 and I6.

The domain is driven directly. A ledger beside it notes what KNET's side really said, so that the laws are checked
against the words and not against what the domain made of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from fils.domain.errors import ResolutionRefused
from fils.domain.events import EventType
from fils.domain.evidence import BankStatement, EvidenceKind, Outcome
from fils.domain.identifiers import PaymentAttemptId
from fils.domain.money import KWD, Money
from fils.domain.payment import TRANSITIONS, PaymentStatus
from fils.domain.payment_attempt import AttemptState, NotificationMode, PaymentAttempt
from fils.domain.resolving import effect_of, new_resolution, resolve
from fils.domain.settling import Case, expire, hear, hear_claims, next_look_at, returned
from tests.support import cases
from tests.support.cases import START, TIMING, evidence, said, with_evidence

WRONG: Final[tuple[Mapping[str, object], ...]] = (
    {},
    {},
    {},
    {"amount": Money(1, KWD)},
    {"amount": None},
    {"track_id": "T0"},
    {"knet_payment_id": "1"},
)
Asked = tuple[PaymentAttemptId, Money]
"""An attempt, and the amount that KNET was asked about it with."""
_MODES: Final = {False: NotificationMode.SERVER, True: NotificationMode.BROWSER}
WAITS: Final = (1, 20, 299, 300, 1800, 3600, 90_000)


@dataclass(frozen=True)
class Step:
    """One thing that happens. *number* picks an attempt, *details* differ from the attempt's own."""

    kind: str
    number: int = 0
    outcome: Outcome = Outcome.UNKNOWN
    details: Mapping[str, object] = field(default_factory=dict)
    to_claims: Outcome = Outcome.SUSPECT
    """What KNET answers when it is asked with an amount that only a notification named."""
    by_browser: bool = False
    """Whether the browser carries the news: of the attempt's terminal, or this once."""
    seconds: int = 0


numbers = st.integers(0, 2)
outcomes = st.sampled_from([*Outcome, Outcome.CAPTURED, Outcome.CAPTURED, Outcome.NOT_FOUND])
words = st.sampled_from(WRONG)
steps = st.one_of(
    st.builds(Step, st.just("start"), by_browser=st.booleans()),
    st.builds(Step, st.just("notify"), numbers, outcomes, words, by_browser=st.booleans()),
    st.builds(
        Step,
        st.just("answer"),
        numbers,
        outcomes,
        words,
        to_claims=outcomes,
        seconds=st.sampled_from((0, 0, 0, 30, 3600)),
    ),
    st.builds(Step, st.just("answer"), numbers, st.just(Outcome.CAPTURED)),
    st.builds(
        Step, st.just("answer"), numbers, st.just(Outcome.SUSPECT), to_claims=st.just(Outcome.CAPTURED)
    ),
    st.builds(Step, st.just("return"), numbers),
    st.builds(Step, st.sampled_from(("found captured", "found not captured")), numbers),
    st.builds(Step, st.just("wait"), seconds=st.sampled_from(WAITS)),
)


@dataclass
class Ledger:
    """A payment, the time, and what KNET's side said about each attempt."""

    case: Case = field(default_factory=lambda: cases.case(0))
    now: datetime = START
    positive_asked_at: dict[Asked, list[datetime]] = field(default_factory=dict)
    positive_heard_at: dict[Asked, list[datetime]] = field(default_factory=dict)
    came_back: set[PaymentAttemptId] = field(default_factory=set)
    told_by_server: set[PaymentAttemptId] = field(default_factory=set)

    def take(self, step: Step) -> None:
        attempts = self.case.attempts
        if step.kind == "start" and len(attempts) < 3 and not self.case.payment.is_decided:
            started = cases.attempt(self.case.payment, started_at=self.now)
            started = replace(started, mode=_MODES[step.by_browser])
            self.case = replace(self.case, attempts=(*attempts, started))
        elif step.kind == "wait":
            self.now += timedelta(seconds=step.seconds)
        elif step.kind != "start" and step.number < len(attempts):
            self._about(attempts[step.number].id, step)
        self.case = expire(self.case, now=self.now, timing=TIMING)

    def _about(self, attempt_id: PaymentAttemptId, step: Step) -> None:
        attempt = self.case.attempt(attempt_id)
        statement = said(attempt, step.outcome, **step.details)
        if step.kind == "notify":
            kind = EvidenceKind.BROWSER_NOTIFICATION if step.by_browser else EvidenceKind.NOTIFICATION
            self.told_by_server |= set() if step.by_browser else {attempt_id}
            self.case = with_evidence(self.case, evidence(attempt, statement, kind=kind, at=self.now))
        elif step.kind.startswith("found"):
            self._resolve(attempt, is_captured=step.kind == "found captured")
        elif step.kind == "return":
            self.came_back.add(attempt_id)
            self.case = returned(self.case, attempt_id, now=self.now)
            arrival = evidence(attempt, None, kind=EvidenceKind.RETURN, at=self.now)
            self.case = with_evidence(self.case, arrival)
        else:
            self._answer(attempt, statement, step, asked_at=self.now - timedelta(seconds=step.seconds))

    def _resolve(self, attempt: PaymentAttempt, *, is_captured: bool) -> None:
        """A person's word about the attempt, unless it is one that is not taken."""
        word = new_resolution(
            is_captured=is_captured, by="Noura", why="report", at=self.now, about=attempt.attention
        )
        try:
            effect = effect_of(self.case, attempt.id, is_captured=is_captured, now=self.now, timing=TIMING)
        except ResolutionRefused:
            return
        spoken = evidence(attempt, None, kind=EvidenceKind.RESOLUTION, at=self.now)
        case = resolve(self.case, attempt.id, effect, word)
        self.case = with_evidence(case, replace(spoken, resolution=word))

    def was_found(self, attempt: PaymentAttempt, *, is_captured: bool) -> bool:
        """Laws I1 and I6: or a named person once said so and cited why, and that is kept."""
        words = [item.resolution for item in self.case.evidence if item.attempt_id == attempt.id]
        return any(word and word.is_captured == is_captured and word.by and word.why for word in words)

    def _answer(
        self, attempt: PaymentAttempt, statement: BankStatement, step: Step, *, asked_at: datetime
    ) -> None:
        claimed = self.case.told(attempt.id).claimed_amounts
        to_claims = {amount: said(attempt, step.to_claims, amount=amount) for amount in claimed}
        for amount, answer in ((attempt.amount, statement), *to_claims.items()):
            agrees = (answer.track_id, answer.amount) == (attempt.track_id, amount)
            if answer.outcome is Outcome.CAPTURED and agrees:
                self.positive_asked_at.setdefault((attempt.id, amount), []).append(asked_at)
                self.positive_heard_at.setdefault((attempt.id, amount), []).append(self.now)
        case = hear(self.case, attempt.id, statement, asked_at=asked_at, now=self.now, timing=TIMING)
        self.case = hear_claims(
            case, attempt.id, to_claims, beside=statement, asked_at=asked_at, now=self.now, timing=TIMING
        )
        for item in (statement, *to_claims.values()):
            heard = evidence(attempt, item, kind=EvidenceKind.INQUIRY, at=self.now)
            self.case = with_evidence(self.case, heard)

    def may_be_captured(self, attempt: PaymentAttempt) -> bool:
        """
        Law I1: a positive answer that agrees with what is booked, and nothing that KNET could take back.

        That is a terminal of which only browsers tell, the browser's return after our acknowledgement, or a second
        such answer a reversal window later. What was booked over another amount was never acknowledged.
        """
        if attempt.captured_amount is None:
            return False
        asked = self.positive_asked_at.get((attempt.id, attempt.captured_amount), [])
        heard = self.positive_heard_at.get((attempt.id, attempt.captured_amount), [])
        if not asked:
            return False
        by_browser = attempt.mode is NotificationMode.BROWSER and attempt.id not in self.told_by_server
        acknowledged = attempt.id in self.came_back and attempt.captured_amount == attempt.amount
        return by_browser or acknowledged or max(asked) >= min(heard) + TIMING.reversal_window


def check_laws(ledger: Ledger, before: Case) -> None:
    case = ledger.case
    captured = [attempt for attempt in case.attempts if attempt.state is AttemptState.CAPTURED]
    were_captured = {attempt.id for attempt in before.attempts if attempt.state is AttemptState.CAPTURED}
    fresh = [attempt for attempt in captured if attempt.id not in were_captured]
    assert all(
        ledger.may_be_captured(attempt) or ledger.was_found(attempt, is_captured=True) for attempt in fresh
    ), "I1"
    assert all(attempt.captured_amount == attempt.amount for attempt in captured if attempt.counts), "I1"
    assert case.payment.is_captured == any(attempt.counts for attempt in captured), "I1"
    counted = [attempt.id for attempt in captured if attempt.counts]
    assert len(counted) <= 1, "I5"
    assert case.setup.counted_attempt_id == (counted[0] if counted else None), "I5"
    surplus = [attempt for attempt in captured if attempt.is_surplus]
    assert all(attempt.attention or _found(attempt, is_captured=True) for attempt in surplus), "I5"
    voided = case.payment.status is PaymentStatus.VOIDED
    assert not voided or any(ledger.was_found(attempt, is_captured=False) for attempt in case.attempts), "I6"
    assert not before.payment.is_captured or case.payment.is_captured or voided, "I6"
    undone = [attempt for attempt in case.attempts if _is_against_a_person(attempt)]
    assert all(attempt.attention for attempt in undone), "a person's word is never undone silently"
    assert _statuses(case)[-1] is case.payment.status, "I6: the events are the rows that fired"
    assert case.payment.event_count == 1 + len(case.happened), "events have no gap"
    assert case.happened[: len(before.happened)] == before.happened
    look_at = next_look_at(case, now=ledger.now, timing=TIMING)
    assert look_at is None or look_at > ledger.now
    needs_person = any(attempt.attention for attempt in case.attempts)
    # A surplus capture that a person dealt with in another way leaves its payment Pending until it is given back.
    is_waited_for = look_at is not None or needs_person or bool(surplus)
    assert case.payment.is_decided or is_waited_for, "an undecided payment is looked at"


def _found(attempt: PaymentAttempt, *, is_captured: bool) -> bool:
    return attempt.resolution is not None and attempt.resolution.is_captured == is_captured


def _is_against_a_person(attempt: PaymentAttempt) -> bool:
    if attempt.state is AttemptState.CAPTURED:
        return _found(attempt, is_captured=False)
    if attempt.state is AttemptState.OPEN:
        return attempt.resolution is not None
    return _found(attempt, is_captured=True)


def _statuses(case: Case) -> list[PaymentStatus | None]:
    """Every status the payment went through; a KeyError is a row that the table does not have."""
    statuses: list[PaymentStatus | None] = [None]
    for event in (EventType.PAYMENT_PENDING, *case.happened):
        statuses.append(TRANSITIONS[statuses[-1]][event])
    return statuses


@settings(max_examples=400)
@given(st.lists(steps, max_size=25))
def test_the_laws_hold_after_any_sequence_of_words_answers_returns_and_waits(taken: list[Step]) -> None:
    ledger = Ledger()
    for step in (Step("start"), *taken):
        before = ledger.case
        ledger.take(step)
        check_laws(ledger, before)


@settings(max_examples=200)
@given(st.lists(steps, max_size=15))
def test_an_honest_bank_that_answers_ends_every_payment_rightly(taken: list[Step]) -> None:
    """
    KNET says nothing but the truth, which is that the first attempt was paid.

    Each step only adds noise in time, or a forged notification of a capture over another amount.
    """
    ledger = Ledger()
    ledger.take(Step("start"))
    for step in taken:
        if step.kind in ("wait", "return"):
            ledger.take(step)
        elif step.kind == "answer":
            ledger.take(Step("answer", 0, Outcome.CAPTURED))
        elif step.kind == "notify":
            ledger.take(replace(step, number=0, outcome=Outcome.CAPTURED, details={"amount": Money(1, KWD)}))
    while not ledger.case.payment.is_captured:
        look_at = next_look_at(ledger.case, now=ledger.now, timing=TIMING)
        if look_at is None:
            look_at = (
                ledger.now
            )  # a person was called, or the schedule has ended: what follows is one late inquiry
        ledger.now = max(ledger.now, look_at)
        ledger.take(Step("answer", 0, Outcome.CAPTURED))
    assert ledger.case.attempts[0].counts
