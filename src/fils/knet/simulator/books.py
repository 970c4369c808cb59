"""
The bank's books: every order, what became of it, and whether the merchant took the news.

An SQLite file of its own, never shared with Fils. It is written ahead of the answer (WAL) with ``synchronous=NORMAL``:
a commit then lives in the operating system's cache, which outlives ``kill -9`` of the process. Only a power
cut could take the last commits back, and a simulated bank may lose those; a real merchant's store may not.

Calls take well under a millisecond and run on the event loop itself. Each change of state is one guarded
``UPDATE ... WHERE state``, so that of two browsers that submit one payment id exactly one acts.
Any ``sqlite3.Error`` passes through: the edge answers 503, and nothing is half-written.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from fils.domain.money import KWD, Money
from fils.knet.simulator import identifiers
from fils.knet.simulator.outcomes import CardKind, Decision, Result
from fils.knet.wire import Language, SearchKey

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS orders (
    payment_id TEXT PRIMARY KEY,
    terminal_id TEXT NOT NULL,
    track_id TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    language TEXT NOT NULL,
    response_url TEXT NOT NULL,
    error_url TEXT NOT NULL,
    udf1 TEXT NOT NULL, udf2 TEXT NOT NULL, udf3 TEXT NOT NULL, udf4 TEXT NOT NULL, udf5 TEXT NOT NULL,
    opened_at TEXT NOT NULL,
    state TEXT NOT NULL,
    masked_card TEXT NOT NULL DEFAULT '',
    expiry_year INTEGER NOT NULL DEFAULT 0,
    expiry_month INTEGER NOT NULL DEFAULT 0,
    card_kind TEXT NOT NULL DEFAULT 'ordinary',
    otp_sent_at TEXT,
    otp_failure_count INTEGER NOT NULL DEFAULT 0,
    result TEXT NOT NULL DEFAULT '',
    auth TEXT NOT NULL DEFAULT '',
    ref TEXT NOT NULL DEFAULT '',
    tran_id TEXT NOT NULL DEFAULT '',
    post_date TEXT NOT NULL DEFAULT '',
    auth_resp_code TEXT,
    processed_at TEXT,
    news TEXT NOT NULL DEFAULT 'NONE',
    UNIQUE (terminal_id, track_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS orders_by_tran_id ON orders (tran_id) WHERE tran_id <> '';
CREATE INDEX IF NOT EXISTS orders_by_ref ON orders (ref) WHERE ref <> '';
CREATE INDEX IF NOT EXISTS orders_with_news_due ON orders (payment_id) WHERE news = 'DUE';
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, last INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO counters VALUES ('order', 0), ('transaction', 0);
"""

_LOCK_WAIT_SECONDS: Final = 0.05  # the event loop stands still meanwhile: a locked file is 503, not a wait


class OrderState(StrEnum):
    """The states of an order that KNET's portal shows."""

    INITIALIZED = "INITIALIZED"
    PRESENTED = "PRESENTED"
    PROCESSED = "PROCESSED"


class News(StrEnum):
    """Whether the merchant has taken the news of a processed order."""

    NONE = "NONE"
    """There is nothing to tell yet."""
    DUE = "DUE"
    """The merchant is being told, or the process died while it was."""
    TAKEN = "TAKEN"
    """The merchant answered with a ``REDIRECT=`` line."""
    REFUSED = "REFUSED"
    """It did not, so that the money was given back: KNET reverses what it could not deliver."""


@dataclass(frozen=True, slots=True)
class NewOrder:
    """A start message that passed every check."""

    terminal_id: str
    track_id: str
    amount: Money
    language: Language
    response_url: str
    error_url: str
    user_fields: tuple[str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class Card:
    """What the books keep of a card: never its whole number, never its PIN."""

    masked: str
    """The first six and the last four digits, stars between them."""
    expiry: tuple[int, int]
    """Year and month."""
    kind: CardKind = CardKind.ORDINARY
    """Which test card it is."""


@dataclass(frozen=True, slots=True)
class Order:
    """One line of the books."""

    payment_id: str
    placed: NewOrder
    opened_at: datetime
    state: OrderState
    card: Card | None
    otp_sent_at: datetime | None
    """When the issuer last sent a one-time password for the card; None if it wants none."""
    otp_failure_count: int
    """How many wrong ones came back; another card of the customer does not make it fewer."""
    result: Result | None
    auth: str
    ref: str
    tran_id: str
    post_date: str
    auth_resp_code: str | None
    processed_at: datetime | None
    news: News

    @property
    def reversed(self) -> bool:
        """Whether captured money was given back because the merchant could not be told."""
        return self.result is Result.CAPTURED and self.news is News.REFUSED


_COLUMNS: Final = {
    SearchKey.PAYMENT_ID: "payment_id",
    SearchKey.TRACK_ID: "track_id",
    SearchKey.TRANSACTION_ID: "tran_id",
    SearchKey.REFERENCE: "ref",
}


class Books:
    """The open books. Use from one thread, and close."""

    def __init__(self, path: Path) -> None:
        # SQLite gives the files beside it the same rights; they say who paid what.
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        self._db = sqlite3.connect(path, isolation_level=None, timeout=_LOCK_WAIT_SECONDS)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def open_order(self, placed: NewOrder, at: datetime) -> Order:
        """
        Write a new order, or return the one that already has its track id: the caller compares them.

        Args:
            placed: What the start message asked for.
            at: Aware time of the start.
        """
        with self._transaction():
            known = self.find(placed.terminal_id, SearchKey.TRACK_ID, placed.track_id)
            if known is not None:
                return known
            payment_id = identifiers.payment_id(self._next("order"), at)
            self._db.execute(
                "INSERT INTO orders (payment_id, terminal_id, track_id, amount_minor, language, response_url,"
                " error_url, udf1, udf2, udf3, udf4, udf5, opened_at, state)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    payment_id,
                    placed.terminal_id,
                    placed.track_id,
                    placed.amount.amount,
                    placed.language.value,
                    placed.response_url,
                    placed.error_url,
                    *placed.user_fields,
                    at.isoformat(),
                    OrderState.INITIALIZED.value,
                ),
            )
        return self._must_read(payment_id)

    def read(self, payment_id: str) -> Order | None:
        """Return the order of a payment id, whichever terminal it belongs to, or None."""
        row = self._db.execute("SELECT * FROM orders WHERE payment_id = ?", (payment_id,)).fetchone()
        return None if row is None else _order(row)

    def find(self, terminal_id: str, key: SearchKey, value: str) -> Order | None:
        """Return the order of a terminal whose *key* has that value, or None; an empty value finds nothing."""
        if not value:
            return None
        # The column comes from the table above, never from a message.
        row = self._db.execute(
            f"SELECT * FROM orders WHERE {_COLUMNS[key]} = ? AND terminal_id = ?",  # noqa: S608
            (value, terminal_id),
        ).fetchone()
        return None if row is None else _order(row)

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
        year, month = card.expiry if card else (0, 0)
        kind = card.kind if card else CardKind.ORDINARY
        sent_at = otp_sent_at.isoformat() if otp_sent_at else None
        return self._change(
            "masked_card = ?, expiry_year = ?, expiry_month = ?, card_kind = ?, otp_sent_at = ?",
            "state = 'PRESENTED'",
            (card.masked if card else "", year, month, kind.value, sent_at, payment_id),
        )

    def resend_otp(self, payment_id: str, at: datetime) -> bool:
        """Write that the issuer sent another one-time password; False if it wants none or the order has ended."""
        guard = "state = 'PRESENTED' AND otp_sent_at IS NOT NULL"
        return self._change("otp_sent_at = ?", guard, (at.isoformat(), payment_id))

    def count_otp_failure(self, payment_id: str) -> bool:
        """Write that a wrong one-time password came back; False if the order has ended."""
        return self._change("otp_failure_count = otp_failure_count + 1", "state = 'PRESENTED'", (payment_id,))

    def decide(self, payment_id: str, decision: Decision, at: datetime) -> Order | None:
        """
        Finish an open order; from here on the merchant has to be told.

        Returns:
            The finished order, or None when another submit finished it first.
        """
        with self._transaction():
            sent_to_host = decision.auth_resp_code is not None
            number = self._next("transaction") if sent_to_host else 0
            approved = decision.result is Result.CAPTURED
            declined_auth = "000000" if sent_to_host else ""
            won = self._change(
                "state = 'PROCESSED', news = 'DUE', result = ?, auth = ?, ref = ?, tran_id = ?, post_date = ?,"
                " auth_resp_code = ?, processed_at = ?",
                "state IN ('INITIALIZED', 'PRESENTED')",
                (
                    decision.result.value,
                    identifiers.authorisation(number) if approved else declined_auth,
                    identifiers.reference(number, at) if sent_to_host else "",
                    identifiers.transaction_id(number, at) if sent_to_host else "",
                    identifiers.business_date(at) if sent_to_host else "",
                    decision.auth_resp_code,
                    at.isoformat(),
                    payment_id,
                ),
            )
        return self._must_read(payment_id) if won else None

    def mark_taken(self, payment_id: str) -> bool:
        """Write that the merchant took the news; False when the order was reversed meanwhile."""
        return self._change("news = 'TAKEN'", "news = 'DUE'", (payment_id,))

    def mark_refused(self, payment_id: str) -> bool:
        """Write that the merchant could not be told; captured money is given back by it."""
        return self._change("news = 'REFUSED'", "news = 'DUE'", (payment_id,))

    def refuse_all_due(self) -> int:
        """Reverse what a process that died was still telling; a bank cannot know that it was heard. Returns a count."""
        return self._db.execute("UPDATE orders SET news = 'REFUSED' WHERE news = 'DUE'").rowcount

    def _next(self, counter: str) -> int:
        # RETURNING must be read to its end before the transaction commits.
        rows = self._db.execute(
            "UPDATE counters SET last = last + 1 WHERE name = ? RETURNING last", (counter,)
        )
        [(last,)] = rows.fetchall()
        return int(last)

    def _change(self, assignments: str, guard: str, values: tuple[object, ...]) -> bool:
        # Both texts are constants of this module.
        statement = f"UPDATE orders SET {assignments} WHERE payment_id = ? AND {guard}"  # noqa: S608
        return self._db.execute(statement, values).rowcount == 1

    def _must_read(self, payment_id: str) -> Order:
        order = self.read(payment_id)
        if order is None:
            raise sqlite3.IntegrityError("an order vanished from the books")
        return order

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        # IMMEDIATE takes the write lock first, so that what is read inside cannot change before the write.
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise


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
    masked, expiry = row["masked_card"], (row["expiry_year"], row["expiry_month"])
    processed_at, otp_sent_at = row["processed_at"], row["otp_sent_at"]
    return Order(
        payment_id=row["payment_id"],
        placed=placed,
        opened_at=datetime.fromisoformat(row["opened_at"]),
        state=OrderState(row["state"]),
        card=Card(masked, expiry, CardKind(row["card_kind"])) if masked else None,
        otp_sent_at=None if otp_sent_at is None else datetime.fromisoformat(otp_sent_at),
        otp_failure_count=row["otp_failure_count"],
        result=Result(row["result"]) if row["result"] else None,
        auth=row["auth"],
        ref=row["ref"],
        tran_id=row["tran_id"],
        post_date=row["post_date"],
        auth_resp_code=row["auth_resp_code"],
        processed_at=None if processed_at is None else datetime.fromisoformat(processed_at),
        news=News(row["news"]),
    )
