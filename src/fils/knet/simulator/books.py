"""
The bank's books: every order, what became of it and of its money, and whether the merchant took the news.

An SQLite file of its own, never shared with Fils. Calls take well under a millisecond and run on the event loop
itself. Each change of state is one guarded ``UPDATE ... WHERE state``, so that of two browsers that submit one
payment id exactly one acts. What is to happen later is written in the same transaction as what it follows from.
Any ``sqlite3.Error`` passes through: the edge answers 503, and nothing is half-written.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from fils.domain.money import KWD, Money
from fils.knet.simulator import identifiers
from fils.knet.simulator.books_file import BooksFile
from fils.knet.simulator.due_rows import DueRows
from fils.knet.simulator.faults import Faults, read_faults, write_faults
from fils.knet.simulator.orders import Act, Card, Due, Funds, NewOrder, News, Order, OrderState, Refund
from fils.knet.simulator.outcomes import CardKind, Decision, Result
from fils.knet.simulator.refund_rows import RefundRows
from fils.knet.simulator.settings import SimulatorTerminal
from fils.knet.wire import Language, SearchKey

_COLUMNS: Final = {
    SearchKey.PAYMENT_ID: "payment_id",
    SearchKey.TRACK_ID: "track_id",
    SearchKey.TRANSACTION_ID: "tran_id",
    SearchKey.REFERENCE: "ref",
}
_ASKED_OF_THE_HOST: Final = frozenset((Result.CAPTURED, Result.NOT_CAPTURED, Result.HOST_TIMEOUT))
_APPROVED: Final = "00"


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """Everything that is written when an order ends."""

    decision: Decision
    amount: Money
    """What the transaction is made over."""
    news: News
    due: tuple[Due, ...] = ()
    """What follows later."""


class Books:
    """
    The open books. Use from one thread, and close.

    Raises:
        BooksRefused: If the file was written by another version.
        sqlite3.Error: If it cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        self._file = BooksFile(path)
        self._refunds = RefundRows(self._file)
        self._due = DueRows(self._file)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def open_order(self, placed: NewOrder, at: datetime) -> Order:
        """
        Write a new order, or return the one that already has its track id: the caller compares them.

        Args:
            placed: What the start message asked for.
            at: Aware time of the start.
        """
        with self._file.transaction():
            known = self.find(placed.terminal_id, SearchKey.TRACK_ID, placed.track_id)
            if known is not None:
                return known
            payment_id = identifiers.payment_id(self._file.next_number("order"), at)
            self._file.write(
                "INSERT INTO orders (payment_id, terminal_id, track_id, amount_minor, language, response_url,"
                " error_url, udf1, udf2, udf3, udf4, udf5, opened_at, state, transaction_amount_minor)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(payment_id, placed.terminal_id, placed.track_id, placed.amount.amount),
                    *(placed.language.value, placed.response_url, placed.error_url, *placed.user_fields),
                    *(at.isoformat(), OrderState.INITIALIZED.value, placed.amount.amount),
                ),
            )
        return self._must_read(payment_id)

    def read(self, payment_id: str) -> Order | None:
        """Return the order of a payment id, whichever terminal it belongs to, or None."""
        rows = self._file.rows("SELECT * FROM orders WHERE payment_id = ?", (payment_id,))
        return _order(rows[0]) if rows else None

    def find(self, terminal_id: str, key: SearchKey, value: str) -> Order | None:
        """Return the order of a terminal whose *key* has that value, or None; an empty value finds nothing."""
        if not value:
            return None
        # The column comes from the table above, never from a message.
        statement = f"SELECT * FROM orders WHERE {_COLUMNS[key]} = ? AND terminal_id = ?"  # noqa: S608
        rows = self._file.rows(statement, (value, terminal_id))
        return _order(rows[0]) if rows else None

    def present(self, payment_id: str) -> None:
        """Write that the customer has seen the card page; anything later stays as it is."""
        self._change("state = 'PRESENTED'", "state = 'INITIALIZED'", (payment_id,))

    def hold_card(self, payment_id: str, card: Card | None, *, otp_sent_at: datetime | None = None) -> bool:
        """
        Keep (or, with None, forget) the card that awaits the customer's confirmation.

        Args:
            payment_id: Of the order.
            card: The card, or None.
            otp_sent_at: Aware time at which its issuer sent a one-time password, if it wants one.

        Returns:
            Whether the order was still open.
        """
        masked, (year, month) = (card.masked, card.expiry) if card else ("", (0, 0))
        kind = card.kind if card else CardKind.ORDINARY
        sent_at = otp_sent_at.isoformat() if otp_sent_at else None
        return self._change(
            "masked_card = ?, expiry_year = ?, expiry_month = ?, card_kind = ?, otp_sent_at = ?",
            "state = 'PRESENTED'",
            (masked, year, month, kind.value, sent_at, payment_id),
        )

    def resend_otp(self, payment_id: str, at: datetime) -> bool:
        """Write that the issuer sent another one-time password; False if it wants none or the order has ended."""
        guard = "state = 'PRESENTED' AND otp_sent_at IS NOT NULL"
        return self._change("otp_sent_at = ?", guard, (at.isoformat(), payment_id))

    def count_otp_failure(self, payment_id: str) -> bool:
        """Write that a wrong one-time password came back; False if the order has ended."""
        return self._change("otp_failure_count = otp_failure_count + 1", "state = 'PRESENTED'", (payment_id,))

    def end(self, payment_id: str, end: End, at: datetime) -> Order | None:
        """
        Finish an open order, and write with it what follows later.

        Returns:
            The finished order, or None when another submit finished it first.
        """
        result = end.decision.result
        asked_host = result in _ASKED_OF_THE_HOST
        with self._file.transaction():
            # A cancelled order never was a transaction; one that the risk rules refused was, and never left the bank.
            number = 0 if result is Result.CANCELED else self._file.next_number("transaction")
            won = self._change(
                "state = 'PROCESSED', news = ?, funds = ?, result = ?, transaction_amount_minor = ?, auth = ?,"
                " ref = ?, tran_id = ?, post_date = ?, auth_resp_code = ?, processed_at = ?",
                "state IN ('INITIALIZED', 'PRESENTED')",
                (
                    end.news.value,
                    (Funds.CAPTURED if result is Result.CAPTURED else Funds.NONE).value,
                    result.value,
                    end.amount.amount,
                    _authorisation(result, number),
                    identifiers.reference(number, at) if asked_host else "",
                    identifiers.transaction_id(number, at) if number else "",
                    identifiers.business_date(at) if number else "",
                    end.decision.auth_resp_code,
                    at.isoformat(),
                    payment_id,
                ),
            )
            if won:
                self._due.add(end.due)
        return self._must_read(payment_id) if won else None

    def begin_telling(self, payment_id: str, give_up: Due | None) -> Order | None:
        """
        Take the news that are to be told later; in mode N the merchant's answer is then waited for.

        Args:
            payment_id: Whose news are due.
            give_up: When the waiting ends; None in mode L, where nobody answers.

        Returns:
            The order, or None when somebody else has taken them.
        """
        with self._file.transaction():
            if not self._due.take(payment_id, Act.TELL):
                return None
            news = News.CARRIED if give_up is None else News.DUE
            # News of an order that was given up (LATE in mode N) go out and change nothing.
            if self._change("news = ?", "news = 'LATER'", (news.value, payment_id)) and give_up is not None:
                self._due.add((give_up,))
        return self._must_read(payment_id)

    def mark_taken(self, payment_id: str) -> bool:
        """Write that the merchant took the news; False when they were given up meanwhile."""
        with self._file.transaction():
            if not self._change("news = 'TAKEN'", "news = 'DUE'", (payment_id,)):
                return False
            self._due.take(payment_id, Act.GIVE_UP)
        return True

    def give_up(self, payment_id: str, reversal_at: datetime) -> bool:
        """
        Write that the merchant could not be told; False if it was, or was given up before.

        Args:
            payment_id: Whose news were told in vain.
            reversal_at: When captured money goes back.
        """
        with self._file.transaction():
            self._due.take(payment_id, Act.GIVE_UP)
            if not self._change("news = 'REFUSED'", "news = 'DUE'", (payment_id,)):
                return False
            if self._must_read(payment_id).funds is Funds.CAPTURED:
                self._due.add((Due(payment_id, Act.REVERSE, reversal_at),))
        return True

    def being_told(self) -> list[Order]:
        """Return the orders whose merchant is being told."""
        return [_order(row) for row in self._file.rows("SELECT * FROM orders WHERE news = 'DUE'")]

    def reverse(self, payment_id: str) -> bool:
        """Give captured money back, as was due; False if somebody else did."""
        with self._file.transaction():
            self._due.take(payment_id, Act.REVERSE)
            return self._change("funds = 'REVERSED'", "funds = 'CAPTURED'", (payment_id,))

    def capture_late(self, payment_id: str) -> bool:
        """Capture an order that ended with HOST TIMEOUT, as was due; False if somebody else did."""
        with self._file.transaction():
            self._due.take(payment_id, Act.CAPTURE)
            auth = identifiers.authorisation(self._file.next_number("transaction"))
            return self._change(
                "funds = 'CAPTURED', auth = ?, auth_resp_code = ?",
                "funds = 'NONE' AND result = 'HOST TIMEOUT'",
                (auth, _APPROVED, payment_id),
            )

    def first_due(self, at: datetime, acts: Iterable[Act]) -> Due | None:
        """Return what is due first of *acts*, if its time has come *at* an aware time."""
        return self._due.first_due(at, acts)

    def next_due_at(self) -> datetime | None:
        """Return the aware time of what is due next, or None without anything."""
        return self._due.next_at()

    def due_of(self, payment_id: str) -> list[Due]:
        """Return what is to happen to an order, the first due first."""
        return self._due.of(payment_id)

    def refund(self, payment_id: str, amount: Money, at: datetime) -> Refund | None:
        """
        Give back captured money on the merchant's word.

        Args:
            payment_id: A captured order.
            amount: All or a part of what is left of it.
            at: Aware time of the request.

        Returns:
            The refund, or None when that much is not left.
        """
        with self._file.transaction():
            order = self._must_read(payment_id)
            if self._refunds.total_of(payment_id).amount + amount.amount > order.amount.amount:
                return None
            return self._refunds.add(payment_id, amount, at)

    def refunds_of(self, payment_id: str) -> list[Refund]:
        """Return the refunds of an order, the oldest first."""
        return self._refunds.of(payment_id)

    def set_order_faults(self, payment_id: str, faults: Faults | None) -> None:
        """Keep the faults of one order; with None its terminal's hold again."""
        text = None if faults is None else json.dumps(write_faults(faults))
        self._file.write("UPDATE orders SET faults = ? WHERE payment_id = ?", (text, payment_id))

    def set_terminal_faults(self, terminal_id: str, faults: Faults) -> None:
        """Keep the faults of all orders of a terminal, over those of its settings."""
        self._file.write(
            "INSERT OR REPLACE INTO terminal_faults (terminal_id, faults) VALUES (?, ?)",
            (terminal_id, json.dumps(write_faults(faults))),
        )

    def faults_of(self, terminal: SimulatorTerminal, order: Order | None) -> Faults:
        """Return what goes wrong with an order: its own faults, or else its terminal's."""
        if order is not None and order.faults is not None:
            return order.faults
        stored = self.terminal_faults(terminal.tranportal_id)
        return terminal.faults if stored is None else stored

    def terminal_faults(self, terminal_id: str) -> Faults | None:
        """Return what was set for a terminal, or None when its settings hold."""
        statement = "SELECT faults FROM terminal_faults WHERE terminal_id = ?"
        rows = self._file.rows(statement, (terminal_id,))
        return read_faults(json.loads(rows[0]["faults"])) if rows else None

    def _change(self, assignments: str, guard: str, values: tuple[object, ...]) -> bool:
        # Both texts are constants of this module.
        statement = f"UPDATE orders SET {assignments} WHERE payment_id = ? AND {guard}"  # noqa: S608
        return self._file.write(statement, values) == 1

    def _must_read(self, payment_id: str) -> Order:
        order = self.read(payment_id)
        if order is None:
            raise sqlite3.IntegrityError("an order vanished from the books")
        return order


def _authorisation(result: Result, number: int) -> str:
    """What the issuer answered with: nothing when it was not asked or did not answer."""
    if result is Result.CAPTURED:
        return identifiers.authorisation(number)
    return "000000" if result is Result.NOT_CAPTURED else ""


def _order(row: sqlite3.Row) -> Order:
    placed = NewOrder(
        terminal_id=row["terminal_id"],
        track_id=row["track_id"],
        amount=Money(row["amount_minor"], KWD),
        language=Language(row["language"]),
        response_url=row["response_url"],
        error_url=row["error_url"],
        user_fields=(row["udf1"], row["udf2"], row["udf3"], row["udf4"], row["udf5"]),
    )
    processed_at, otp_sent_at, faults = row["processed_at"], row["otp_sent_at"], row["faults"]
    return Order(
        payment_id=row["payment_id"],
        placed=placed,
        opened_at=datetime.fromisoformat(row["opened_at"]),
        state=OrderState(row["state"]),
        card=_card(row),
        otp_sent_at=None if otp_sent_at is None else datetime.fromisoformat(otp_sent_at),
        otp_failure_count=row["otp_failure_count"],
        result=Result(row["result"]) if row["result"] else None,
        amount=Money(row["transaction_amount_minor"], KWD),
        auth=row["auth"],
        ref=row["ref"],
        tran_id=row["tran_id"],
        post_date=row["post_date"],
        auth_resp_code=row["auth_resp_code"],
        processed_at=None if processed_at is None else datetime.fromisoformat(processed_at),
        news=News(row["news"]),
        funds=Funds(row["funds"]),
        faults=None if faults is None else read_faults(json.loads(faults)),
    )


def _card(row: sqlite3.Row) -> Card | None:
    if not row["masked_card"]:
        return None
    return Card(row["masked_card"], (row["expiry_year"], row["expiry_month"]), CardKind(row["card_kind"]))
