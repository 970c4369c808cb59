"""All 192 cases of ``docs/explanation/outcome-matrix.md``, walked through Fils and its simulator and compared."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from fils.domain.events import EventType
from proofs.support.books import Books, read_books
from proofs.support.laws import broken_laws_of_money
from tests.support.outcome_table import Case, Ending, Expectation, Standing, every_case, expectations
from tests.support.outcome_walk import LATE_CAPTURE_CARD, Trip, walk, were_acknowledged

EXPECTATIONS: Final = expectations()
CASES: Final = [expectation.case for expectation in EXPECTATIONS]
UNDECIDED_EVENTS: Final = {EventType.PAYMENT_PENDING, EventType.PAYMENT_CAPTURE_PENDING}
DOORS: Final = {"Captured": "success", "Pending": "waits"}
"""Where every door leads; any other status is an end without money and leads to the failure url."""
MESSAGE_COUNTS: Final = {
    "once": 1,
    "100 times": 100,
    "reordered": 1,
    "lost": 0,
    "an hour late": 1,
    "after expiry": 1,
}


AT_ONCE: Final = timedelta(), timedelta(minutes=2)
AFTER_THE_WINDOW: Final = timedelta(minutes=5), timedelta(minutes=7)
ONCE_CLOSED: Final = timedelta(minutes=50), timedelta(minutes=56)
DECIDED: Final = {
    **dict.fromkeys("acd", AT_ONCE),
    "b": AFTER_THE_WINDOW,
    **dict.fromkeys("efg", ONCE_CLOSED),
}
"""When the rules that decide do so while KNET answers rightly: not before the first, nor after the second time."""
LATE_CAPTURE: Final = {
    "fine": Standing("Captured", needs_person=False),
    "down": Standing("Pending", needs_person=False),
    "suspect": Standing("Pending", needs_person=True),
    "wrong amount": Standing("Pending", needs_person=True),
}
"""How a payment stands after four hours whose host timeout turned out captured, by its inquiry."""
KNET_IS_BACK: Final = timedelta(hours=4)
ASKED_AGAIN_WITHIN: Final = timedelta(minutes=75)
"""How long after KNET answers again a payment is decided: it is asked every hour, and maybe twice."""


@dataclass(frozen=True, slots=True)
class Walked:
    """What was seen of every case, and both books in the end."""

    trips: Mapping[Case, Trip]
    books: Books
    taken_back: frozenset[str]
    """The track ids of the orders that the bank gave back."""


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Walked:
    """One walk for all tests."""
    database = tmp_path_factory.mktemp("matrix") / "fils.sqlite3"
    trips = asyncio.run(walk(CASES, database=database))
    bank_books = database.with_name("simulator.sqlite3")
    return Walked(
        trips={trip.case: trip for trip in trips},
        books=read_books(database, bank_books),
        taken_back=_taken_back(bank_books),
    )


def test_the_page_names_every_case_once() -> None:
    assert len(CASES) == 192
    assert frozenset(CASES) == every_case()


@pytest.mark.parametrize("expected", EXPECTATIONS, ids=map(str, CASES))
def test_the_case_ends_as_the_page_says(expected: Expectation, walked: Walked) -> None:
    trip = walked.trips[expected.case]
    assert trip.while_it_lasts is not None
    assert trip.in_the_end is not None
    was_told = expected.case.mode == "N" and len(trip.answers) > 0

    assert expected.ending == Ending(
        acknowledged=were_acknowledged(trip.answers) if was_told else None,
        taken_back=trip.track_id in walked.taken_back,
        browser=trip.browser,
        while_it_lasts=trip.while_it_lasts.standing,
        in_the_end=trip.in_the_end.standing,
    )


@pytest.mark.parametrize("expected", EXPECTATIONS, ids=map(str, CASES))
def test_the_case_is_decided_once_and_when_its_rule_says(expected: Expectation, walked: Walked) -> None:
    trip = walked.trips[expected.case]
    [attempt] = [attempt for attempt in walked.books.attempts if attempt.payment_id == trip.payment_id]
    [decided_at] = [
        event.occurred_at
        for event in walked.books.events
        if event.payment_id == trip.payment_id and event.type not in UNDECIDED_EVENTS
    ]
    [rule] = expected.rules & DECIDED.keys()
    earliest, latest = DECIDED[rule]
    if expected.case.inquiry != "fine":
        earliest, latest = KNET_IS_BACK, KNET_IS_BACK + ASKED_AGAIN_WITHIN

    assert earliest <= decided_at - attempt.started_at <= latest


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_news_went_as_the_case_says(case: Case, walked: Walked) -> None:
    assert len(walked.trips[case].answers) == MESSAGE_COUNTS[case.news]


@pytest.mark.parametrize("case", [case for case in CASES if case.news == "after expiry"], ids=str)
def test_news_after_expiry_finds_a_payment_that_time_has_run_out_for(case: Case, walked: Walked) -> None:
    payment_id = walked.trips[case].payment_id
    [payment] = [payment for payment in walked.books.payments if payment.id == payment_id]
    [heard_at] = [
        item.received_at
        for item in walked.books.evidence
        if item.payment_id == payment_id and item.is_notification
    ]

    assert heard_at > payment.expires_at
    if case.inquiry == "fine":
        assert payment.processed_at is not None
        assert heard_at > payment.processed_at


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_door_leads_where_the_payment_stands(case: Case, walked: Walked) -> None:
    trip = walked.trips[case]
    for look in (trip.while_it_lasts, trip.in_the_end):
        assert look is not None
        assert look.door == DOORS.get(look.standing.status, "failure")


def test_every_law_about_money_holds_in_the_end(walked: Walked) -> None:
    assert broken_laws_of_money(walked.books) == []


def test_a_host_timeout_that_turns_out_captured_ends_so_however_the_news_went(tmp_path: Path) -> None:
    cases = [case for case in CASES if case.result == "HOST TIMEOUT" and case.news != "100 times"]
    database = tmp_path / "fils.sqlite3"

    trips = asyncio.run(walk(cases, database=database, timeout_card=LATE_CAPTURE_CARD))

    for trip in trips:
        assert trip.while_it_lasts is not None
        assert trip.in_the_end is not None
        assert trip.while_it_lasts.standing == LATE_CAPTURE[trip.case.inquiry], trip.case
        assert trip.in_the_end.standing == Standing("Captured", needs_person=False), trip.case
    assert broken_laws_of_money(read_books(database, database.with_name("simulator.sqlite3"))) == []


def _taken_back(bank_books: Path) -> frozenset[str]:
    with closing(sqlite3.connect(bank_books)) as books:
        return frozenset(
            track_id for (track_id,) in books.execute("SELECT track_id FROM orders WHERE funds = 'REVERSED'")
        )
