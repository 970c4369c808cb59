"""The bank's books, kept in memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fils.domain.money import KWD, Money
from fils.knet.simulator.books import Books, End
from fils.knet.simulator.books_file import BooksRefused
from fils.knet.simulator.faults import Faults, InquiryFault, NotificationFault
from fils.knet.simulator.orders import Act, Card, Due, Funds, NewOrder, News, Order, OrderState
from fils.knet.simulator.outcomes import CardKind, Decision, Result
from fils.knet.simulator.settings import SimulatorTerminal
from fils.knet.wire import Language, SearchKey, TerminalKey

AT = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)
PLACED = NewOrder(
    "999901",
    "TRK1",
    Money(1_500, KWD),
    Language.ARABIC,
    "http://127.0.0.1/r",
    "http://127.0.0.1/e",
    ("1", "", "3", "", "5"),
)
AMOUNT = PLACED.amount
CAPTURED = End(decision=Decision(Result.CAPTURED, "00"), amount=AMOUNT, news=News.DUE)
CANCELED = End(decision=Decision(Result.CANCELED, None), amount=AMOUNT, news=News.DUE)
HIDDEN = End(
    decision=Decision(Result.HOST_TIMEOUT, None, captured_later=True), amount=AMOUNT, news=News.TAKEN
)
TERMINAL = SimulatorTerminal("999901", "simpass01", TerminalKey("SIMKEY0123456789"), frozenset())


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    opened = Books(tmp_path / "books.sqlite3")
    yield opened
    opened.close()


def test_new_order_is_read_back_as_it_was_placed(books: Books) -> None:
    order = books.open_order(PLACED, AT)

    assert books.read(order.payment_id) == order
    assert (order.placed, order.opened_at, order.state) == (PLACED, AT, OrderState.INITIALIZED)
    assert (order.card, order.result, order.news) == (None, None, News.NONE)


def test_track_id_opens_one_order_per_terminal(books: Books) -> None:
    first = books.open_order(PLACED, AT)
    other_terminal = replace(PLACED, terminal_id="999902")

    assert books.open_order(PLACED, AT) == first
    assert books.open_order(other_terminal, AT).payment_id != first.payment_id


def test_order_is_presented_once_and_never_steps_back(books: Books) -> None:
    order = books.open_order(PLACED, AT)
    books.present(order.payment_id)
    assert _read(books, order.payment_id).state is OrderState.PRESENTED

    books.end(order.payment_id, CANCELED, AT)
    books.present(order.payment_id)
    assert _read(books, order.payment_id).state is OrderState.PROCESSED


def test_card_is_held_and_forgotten(books: Books) -> None:
    order = books.open_order(PLACED, AT)
    books.present(order.payment_id)
    card = Card("888888******0055", (2030, 9), CardKind.WRONG_PIN)

    assert books.hold_card(order.payment_id, card)
    assert _read(books, order.payment_id).card == card
    assert books.hold_card(order.payment_id, None)
    assert _read(books, order.payment_id).card is None


def test_one_time_password_is_sent_for_the_held_card_alone(books: Books) -> None:
    order = books.open_order(PLACED, AT)
    books.present(order.payment_id)
    later = AT + timedelta(minutes=1)
    assert not books.resend_otp(order.payment_id, AT)

    books.hold_card(order.payment_id, Card("888888******0092", (2030, 9), CardKind.OTP), otp_sent_at=AT)
    assert _read(books, order.payment_id).otp_sent_at == AT
    assert books.resend_otp(order.payment_id, later)
    assert _read(books, order.payment_id).otp_sent_at == later

    books.hold_card(order.payment_id, Card("888888******0001", (2030, 9)))
    assert _read(books, order.payment_id).otp_sent_at is None


def test_wrong_one_time_passwords_are_counted_for_the_order_whatever_the_card(books: Books) -> None:
    order = books.open_order(PLACED, AT)
    books.present(order.payment_id)

    assert books.count_otp_failure(order.payment_id)
    books.hold_card(order.payment_id, None)
    assert books.count_otp_failure(order.payment_id)

    assert _read(books, order.payment_id).otp_failure_count == 2
    books.end(order.payment_id, CANCELED, AT)
    assert not books.count_otp_failure(order.payment_id)
    assert not books.resend_otp(order.payment_id, AT)


def test_only_one_decision_wins(books: Books) -> None:
    order = books.open_order(PLACED, AT)

    first = books.end(order.payment_id, CAPTURED, AT)
    second = books.end(order.payment_id, CANCELED, AT)

    assert first is not None
    assert second is None
    assert _read(books, order.payment_id) == first
    assert (first.state, first.result, first.news) == (OrderState.PROCESSED, Result.CAPTURED, News.DUE)
    assert not books.hold_card(order.payment_id, Card("888888******0001", (2030, 9)))


def test_cancelled_order_gets_no_numbers_of_the_network(books: Books) -> None:
    order = books.open_order(PLACED, AT)

    cancelled = books.end(order.payment_id, CANCELED, AT)

    assert cancelled is not None
    assert (cancelled.auth, cancelled.ref, cancelled.tran_id, cancelled.post_date) == ("", "", "", "")


@pytest.mark.parametrize("key", list(SearchKey))
def test_order_is_found_by_every_key_of_its_own_terminal_only(books: Books, key: SearchKey) -> None:
    order = books.open_order(PLACED, AT)
    decided = books.end(order.payment_id, CAPTURED, AT)
    assert decided is not None
    value = {
        SearchKey.TRACK_ID: "TRK1",
        SearchKey.PAYMENT_ID: decided.payment_id,
        SearchKey.TRANSACTION_ID: decided.tran_id,
        SearchKey.REFERENCE: decided.ref,
    }[key]

    assert books.find("999901", key, value) == decided
    assert books.find("999902", key, value) is None


@pytest.mark.parametrize("key", list(SearchKey))
def test_empty_value_finds_nothing(books: Books, key: SearchKey) -> None:
    order = books.open_order(PLACED, AT)
    books.end(order.payment_id, CANCELED, AT)

    assert books.find("999901", key, "") is None


@pytest.mark.parametrize(
    ("result", "auth", "has_reference", "has_transaction"),
    [
        (Result.NOT_CAPTURED, "000000", True, True),
        (Result.HOST_TIMEOUT, "", True, True),
        (Result.DENIED_BY_RISK, "", False, True),
    ],
)
def test_order_gets_the_numbers_of_those_who_were_asked(
    books: Books, result: Result, auth: str, has_reference: bool, has_transaction: bool
) -> None:
    order = books.open_order(PLACED, AT)

    ended = books.end(order.payment_id, replace(CAPTURED, decision=Decision(result, None)), AT)

    assert ended is not None
    assert (ended.auth, bool(ended.ref), bool(ended.tran_id)) == (auth, has_reference, has_transaction)
    assert ended.funds is Funds.NONE


def test_given_up_news_take_captured_money_back_when_that_is_due(books: Books) -> None:
    paid = books.open_order(PLACED, AT).payment_id
    books.end(paid, replace(CAPTURED, due=(Due(paid, Act.GIVE_UP, AT),)), AT)
    reversal = Due(paid, Act.REVERSE, AT + timedelta(seconds=20))

    assert books.give_up(paid, reversal.at)

    assert books.due_of(paid) == [reversal]
    assert _read(books, paid).funds is Funds.CAPTURED
    assert books.reverse(paid)
    assert _read(books, paid).funds is Funds.REVERSED
    assert books.due_of(paid) == []
    assert not books.reverse(paid)


def test_given_up_news_of_a_cancelled_order_have_no_consequence(books: Books) -> None:
    cancelled = books.open_order(PLACED, AT).payment_id
    books.end(cancelled, CANCELED, AT)

    assert books.give_up(cancelled, AT)

    assert books.due_of(cancelled) == []
    assert _read(books, cancelled).funds is Funds.NONE


def test_news_are_taken_or_given_up_once(books: Books) -> None:
    payment_id = books.open_order(PLACED, AT).payment_id
    assert not books.mark_taken(payment_id)
    books.end(payment_id, replace(CAPTURED, due=(Due(payment_id, Act.GIVE_UP, AT),)), AT)
    assert [order.payment_id for order in books.being_told()] == [payment_id]

    assert books.mark_taken(payment_id)

    assert not books.give_up(payment_id, AT)
    assert books.being_told() == []
    assert books.next_due_at() is None
    assert _read(books, payment_id).funds is Funds.CAPTURED


def test_late_news_are_taken_up_once_and_then_waited_for(books: Books) -> None:
    payment_id = books.open_order(PLACED, AT).payment_id
    due = (Due(payment_id, Act.TELL, AT),)
    books.end(payment_id, replace(CAPTURED, news=News.LATER, due=due), AT)
    giving_up = Due(payment_id, Act.GIVE_UP, AT + timedelta(seconds=15))

    told = books.begin_telling(payment_id, giving_up)

    assert told is not None
    assert told.news is News.DUE
    assert books.due_of(payment_id) == [giving_up]
    assert books.begin_telling(payment_id, giving_up) is None


def test_late_news_of_a_given_up_order_change_nothing(books: Books) -> None:
    payment_id = books.open_order(PLACED, AT).payment_id
    due = (Due(payment_id, Act.TELL, AT),)
    books.end(payment_id, replace(CAPTURED, news=News.REFUSED, due=due), AT)

    told = books.begin_telling(payment_id, Due(payment_id, Act.GIVE_UP, AT))

    assert told is not None
    assert told.news is News.REFUSED
    assert books.due_of(payment_id) == []
    assert not books.mark_taken(payment_id)


def test_host_timeout_turns_out_captured_once(books: Books) -> None:
    payment_id = books.open_order(PLACED, AT).payment_id
    books.end(payment_id, replace(HIDDEN, due=(Due(payment_id, Act.CAPTURE, AT),)), AT)
    assert not _read(books, payment_id).captured_late

    assert books.capture_late(payment_id)

    order = _read(books, payment_id)
    assert (order.captured_late, order.funds, order.auth_resp_code) == (True, Funds.CAPTURED, "00")
    assert order.auth.startswith("B")
    assert not books.capture_late(payment_id)
    assert books.due_of(payment_id) == []


def test_only_a_host_timeout_turns_out_captured(books: Books) -> None:
    payment_id = books.open_order(PLACED, AT).payment_id
    books.end(payment_id, CANCELED, AT)

    assert not books.capture_late(payment_id)


def test_what_is_due_first_is_found_first_and_not_before_its_time(books: Books) -> None:
    later = Due("2", Act.REVERSE, AT + timedelta(seconds=2))
    first = Due("1", Act.TELL, AT + timedelta(seconds=1, microseconds=1))
    payment_id = books.open_order(PLACED, AT).payment_id
    books.end(payment_id, replace(CAPTURED, due=(later, first)), AT)

    assert books.next_due_at() == first.at
    assert books.first_due(AT + timedelta(seconds=1), Act) is None
    assert books.first_due(first.at, Act) == first
    assert books.first_due(first.at, (Act.REVERSE,)) is None
    assert books.first_due(later.at, (Act.REVERSE,)) == later


def test_refunds_add_up_to_what_was_captured_and_no_further(books: Books) -> None:
    payment_id = books.open_order(PLACED, AT).payment_id
    paid = books.end(payment_id, CAPTURED, AT)
    assert paid is not None

    first = books.refund(payment_id, Money(1_000, KWD), AT)
    too_much = books.refund(payment_id, Money(501, KWD), AT)
    rest = books.refund(payment_id, Money(500, KWD), AT)
    nothing_left = books.refund(payment_id, Money(1, KWD), AT)

    assert (too_much, nothing_left) == (None, None)
    assert first is not None
    assert rest is not None
    assert books.refunds_of(payment_id) == [first, rest]
    assert len({paid.tran_id, first.tran_id, rest.tran_id}) == 3
    assert len({paid.ref, first.ref, rest.ref}) == 3


def test_faults_of_an_order_go_over_those_of_its_terminal(books: Books) -> None:
    order = books.open_order(PLACED, AT)
    of_settings = Faults(inquiry=InquiryFault.DOWN)
    of_terminal = Faults(inquiry=InquiryFault.SLOW, inquiry_delay=timedelta(milliseconds=500))
    of_order = Faults(notification=NotificationFault.REPEATED, notification_count=100)
    terminal = replace(TERMINAL, faults=of_settings)
    assert books.faults_of(terminal, order) == of_settings

    books.set_terminal_faults("999901", of_terminal)
    assert books.faults_of(terminal, order) == of_terminal
    assert books.faults_of(terminal, None) == of_terminal

    books.set_order_faults(order.payment_id, of_order)
    assert books.faults_of(terminal, _read(books, order.payment_id)) == of_order
    books.set_order_faults(order.payment_id, None)
    assert books.faults_of(terminal, _read(books, order.payment_id)) == of_terminal


def test_books_of_another_version_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite3"
    old = sqlite3.connect(path)
    old.execute("CREATE TABLE orders (payment_id TEXT)")
    old.close()

    with pytest.raises(BooksRefused, match=r"old\.sqlite3 was written by another version"):
        Books(path)


def _read(books: Books, payment_id: str) -> Order:
    order = books.read(payment_id)
    assert order is not None
    return order
