"""The bank's books, kept in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fils.domain.money import KWD, Money
from fils.knet.simulator.books import Books, Card, NewOrder, News, Order, OrderState
from fils.knet.simulator.outcomes import CardKind, Decision, Result
from fils.knet.wire import Language, SearchKey

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
CAPTURED = Decision(Result.CAPTURED, "00")
CANCELED = Decision(Result.CANCELED, None)


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

    books.decide(order.payment_id, CANCELED, AT)
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
    books.decide(order.payment_id, CANCELED, AT)
    assert not books.count_otp_failure(order.payment_id)
    assert not books.resend_otp(order.payment_id, AT)


def test_only_one_decision_wins(books: Books) -> None:
    order = books.open_order(PLACED, AT)

    first = books.decide(order.payment_id, CAPTURED, AT)
    second = books.decide(order.payment_id, CANCELED, AT)

    assert first is not None
    assert second is None
    assert _read(books, order.payment_id) == first
    assert (first.state, first.result, first.news) == (OrderState.PROCESSED, Result.CAPTURED, News.DUE)
    assert not books.hold_card(order.payment_id, Card("888888******0001", (2030, 9)))


def test_cancelled_order_gets_no_numbers_of_the_network(books: Books) -> None:
    order = books.open_order(PLACED, AT)

    cancelled = books.decide(order.payment_id, CANCELED, AT)

    assert cancelled is not None
    assert (cancelled.auth, cancelled.ref, cancelled.tran_id, cancelled.post_date) == ("", "", "", "")


@pytest.mark.parametrize("key", list(SearchKey))
def test_order_is_found_by_every_key_of_its_own_terminal_only(books: Books, key: SearchKey) -> None:
    order = books.open_order(PLACED, AT)
    decided = books.decide(order.payment_id, CAPTURED, AT)
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
    books.decide(order.payment_id, CANCELED, AT)

    assert books.find("999901", key, "") is None


def test_refused_news_reverse_a_capture_and_nothing_else(books: Books) -> None:
    paid = books.open_order(PLACED, AT).payment_id
    cancelled = books.open_order(replace(PLACED, terminal_id="999902"), AT).payment_id
    books.decide(paid, CAPTURED, AT)
    books.decide(cancelled, CANCELED, AT)

    assert books.mark_refused(paid)
    assert books.mark_refused(cancelled)

    assert _read(books, paid).reversed
    assert not _read(books, cancelled).reversed


def test_news_are_taken_or_refused_once(books: Books) -> None:
    payment_id = books.open_order(PLACED, AT).payment_id
    assert not books.mark_taken(payment_id)
    books.decide(payment_id, CAPTURED, AT)

    assert books.mark_taken(payment_id)
    assert not books.mark_refused(payment_id)
    assert books.refuse_all_due() == 0
    assert not _read(books, payment_id).reversed


def _read(books: Books, payment_id: str) -> Order:
    order = books.read(payment_id)
    assert order is not None
    return order
