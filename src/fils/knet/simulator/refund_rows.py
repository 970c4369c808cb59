"""The rows of refunds: money given back on the merchant's word. What may be refunded is decided by the caller."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from fils.domain.money import KWD, Money
from fils.knet.simulator import identifiers
from fils.knet.simulator.books_file import BooksFile
from fils.knet.simulator.orders import Refund


class RefundRows:
    """Refunds in the books' file, written inside the caller's transaction."""

    def __init__(self, file: BooksFile) -> None:
        self._file = file

    def add(self, payment_id: str, amount: Money, at: datetime) -> Refund:
        """Write a refund with numbers of its own and return it."""
        number = self._file.next_number("transaction")
        refund = Refund(
            payment_id=payment_id,
            amount=amount,
            auth=identifiers.authorisation(number),
            ref=identifiers.reference(number, at),
            tran_id=identifiers.transaction_id(number, at),
            post_date=identifiers.business_date(at),
            refunded_at=at,
        )
        self._file.write(
            "INSERT INTO refunds (tran_id, payment_id, amount_minor, auth, ref, post_date, refunded_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                *(refund.tran_id, payment_id, amount.amount, refund.auth, refund.ref),
                *(refund.post_date, at.isoformat()),
            ),
        )
        return refund

    def of(self, payment_id: str) -> list[Refund]:
        """Return the refunds of an order, the oldest first."""
        statement = "SELECT * FROM refunds WHERE payment_id = ? ORDER BY tran_id"
        return [_refund(row) for row in self._file.rows(statement, (payment_id,))]

    def total_of(self, payment_id: str) -> Money:
        """Return how much of an order was refunded."""
        statement = "SELECT coalesce(sum(amount_minor), 0) FROM refunds WHERE payment_id = ?"
        [(total,)] = self._file.rows(statement, (payment_id,))
        return Money(total, KWD)


def _refund(row: sqlite3.Row) -> Refund:
    return Refund(
        payment_id=row["payment_id"],
        amount=Money(row["amount_minor"], KWD),
        auth=row["auth"],
        ref=row["ref"],
        tran_id=row["tran_id"],
        post_date=row["post_date"],
        refunded_at=datetime.fromisoformat(row["refunded_at"]),
    )
