"""The news of an order as the bank writes them. Nobody is called."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fils.domain.money import KWD, Money
from fils.knet.simulator.books import Books, End
from fils.knet.simulator.merchant import Merchant
from fils.knet.simulator.orders import Act, Due, NewOrder, News, Order
from fils.knet.simulator.outcomes import Decision, Result
from fils.knet.simulator.settings import SimulatorSettings, SimulatorTerminal
from fils.knet.simulator.telling import Teller
from fils.knet.wire import Language, TerminalKey, read_payment_response

AT = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)
KEY = TerminalKey("SIMKEY0123456789")
TERMINAL = SimulatorTerminal("999901", "simpass01", KEY, frozenset())
AMOUNT = Money(1_500, KWD)
PLACED = NewOrder(
    *("999901", "TRK1", AMOUNT, Language.ENGLISH, "http://127.0.0.1/r", "http://127.0.0.1/e"),
    ("order7", "", "", "", ""),
)
CAPTURED = End(decision=Decision(Result.CAPTURED, "00"), amount=Money(1_501, KWD), news=News.DUE)


@dataclass
class Desk:
    """A teller and an order that it tells of."""

    teller: Teller
    books: Books

    def order(self, *, ended: bool = True) -> Order:
        order = self.books.open_order(PLACED, AT)
        finished = self.books.end(order.payment_id, CAPTURED, AT) if ended else order
        assert finished is not None
        return finished


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    settings = SimulatorSettings(tmp_path / "books", (TERMINAL,))
    books, merchant = Books(settings.books), Merchant(timedelta(seconds=1))
    yield Desk(Teller(books, merchant, settings, lambda: AT), books)
    await merchant.close()
    books.close()


def test_news_hold_what_the_transaction_was_made_over(desk: Desk) -> None:
    order = desk.order()

    told = read_payment_response(desk.teller.news(order, TERMINAL), KEY)

    assert (told.payment_id, told.result, told.track_id) == (order.payment_id, "CAPTURED", "TRK1")
    assert (told.amount, told.udf1, told.auth_resp_code) == (Money(1_501, KWD), "order7", "00")


def test_form_names_the_order_beside_its_news(desk: Desk) -> None:
    order = desk.order()

    form = desk.teller.form(order, TERMINAL)

    assert form == {
        "paymentid": order.payment_id,
        "trackid": "TRK1",
        "trandata": desk.teller.news(order, TERMINAL),
    }


def test_tampering_changes_one_bit_and_the_same_one_each_time(desk: Desk) -> None:
    order = desk.order()

    tampered = desk.teller.news(order, TERMINAL, tampered=True)

    right = desk.teller.news(order, TERMINAL)
    assert len(tampered) == len(right)
    assert (int(tampered, 16) ^ int(right, 16)).bit_count() == 1
    assert tampered == tampered.upper() == desk.teller.news(order, TERMINAL, tampered=True)


def test_order_that_is_not_finished_has_no_news(desk: Desk) -> None:
    with pytest.raises(ValueError, match="only a finished order is told"):
        desk.teller.news(desk.order(ended=False), TERMINAL)


def test_merchant_is_given_up_a_little_after_its_time(desk: Desk) -> None:
    assert desk.teller.giving_up("1", AT) == Due("1", Act.GIVE_UP, AT + timedelta(seconds=15))
