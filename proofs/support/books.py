"""Both books as they stand: Fils' own, on SQLite or PostgreSQL, and the bank's. Read, never written."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import asyncpg
import msgspec

from fils.domain.events import Event
from fils.domain.evidence import Evidence
from fils.domain.identifiers import PaymentId
from fils.domain.payment import Payment
from fils.domain.payment_attempt import PaymentAttempt
from fils.domain.payment_setup import PaymentSetup
from fils.storage import rows

T = TypeVar("T")

_POSTGRESQL: Final = "postgresql://"
_Fetch = Callable[[str], Sequence[Sequence[Any]]]


@dataclass(frozen=True, slots=True)
class BankOrder:
    """A line of the bank's books."""

    track_id: str
    amount_minor: int
    is_captured: bool
    """Captured, and not reversed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """Both books, as they stand."""

    setups: tuple[PaymentSetup, ...]
    payments: tuple[Payment, ...]
    attempts: tuple[PaymentAttempt, ...]
    evidence: tuple[Evidence, ...]
    events: tuple[Event, ...]
    due_at: Mapping[PaymentId, datetime]
    orders: tuple[BankOrder, ...]

    def attempts_of(self, payment: Payment) -> list[PaymentAttempt]:
        """The attempts of one payment."""
        return [attempt for attempt in self.attempts if attempt.payment_id == payment.id]


def read_books(database: Path | str, bank_books: Path) -> Books:
    """
    Both books.

    Args:
        database: Fils': a file, or the address of a PostgreSQL database. Not to be called in an event loop then.
        bank_books: The bank's file.
    """
    with _reading(bank_books) as bank:
        orders = tuple(
            BankOrder(track_id, amount, funds == "CAPTURED")
            for track_id, amount, funds in bank(
                "SELECT track_id, transaction_amount_minor, funds FROM orders"
            )
        )
    is_file = isinstance(database, Path) or not database.startswith(_POSTGRESQL)
    if not is_file:
        return _books(_postgresql_tables(str(database)), orders)
    with _reading(Path(database)) as fils:
        return _books({table: fils(query) for table, query in _QUERIES.items()}, orders)


_DOCUMENTS: Final = ("payment_setups", "payments", "payment_attempts", "evidence", "events")
_QUERIES: Final[Mapping[str, str]] = {
    # The names of the tables are constants of this module.
    **{table: f"SELECT document FROM {table}" for table in _DOCUMENTS},  # noqa: S608
    "due_payments": "SELECT payment_id, due_at_us FROM due_payments",
}


def _books(tables: Mapping[str, Sequence[Sequence[Any]]], orders: tuple[BankOrder, ...]) -> Books:
    def documents(table: str, decoder: msgspec.json.Decoder[T]) -> tuple[T, ...]:
        return tuple(rows.read_document(decoder, document) for (document,) in tables[table])

    return Books(
        setups=documents("payment_setups", rows.PAYMENT_SETUPS),
        payments=documents("payments", rows.PAYMENTS),
        attempts=documents("payment_attempts", rows.PAYMENT_ATTEMPTS),
        evidence=documents("evidence", rows.EVIDENCE),
        events=documents("events", rows.EVENTS),
        due_at={
            PaymentId(name): datetime.fromtimestamp(us / 1e6, UTC) for name, us in tables["due_payments"]
        },
        orders=orders,
    )


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[_Fetch]:
    address = f"{path.as_uri()}?mode=ro"
    with contextlib.closing(sqlite3.connect(address, uri=True, timeout=10)) as connection:
        connection.execute("BEGIN")  # one moment for all tables
        yield lambda query: connection.execute(query).fetchall()


def _postgresql_tables(url: str) -> Mapping[str, Sequence[Sequence[Any]]]:
    async def read() -> Mapping[str, Sequence[Sequence[Any]]]:
        connection = await asyncpg.connect(url)
        try:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                return {
                    table: [tuple(row) for row in await connection.fetch(query)]
                    for table, query in _QUERIES.items()
                }
        finally:
            await connection.close()

    return asyncio.run(read())
