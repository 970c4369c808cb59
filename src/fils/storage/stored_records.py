"""The records behind a snapshot, each row looked at for what can be wrong with it before anybody believes it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

import msgspec

from fils.application.clear_secrets import clear_secrets
from fils.application.laws import Law, Violation
from fils.application.verifying import Named, PartOfPayment, Stored
from fils.domain.account import Account, ProcessingChannel, SecretKey
from fils.domain.audit import AuditEntry
from fils.domain.customer import Customer
from fils.domain.data_key import DataKey
from fils.domain.events import Event
from fils.domain.evidence import Evidence
from fils.domain.identifiers import PaymentId
from fils.domain.kept_answer import KeptAnswer
from fils.domain.payment import Payment
from fils.domain.payment_attempt import PaymentAttempt
from fils.domain.payment_setup import PaymentSetup
from fils.domain.terminal import Terminal
from fils.storage import rows
from fils.storage.rows import row_of
from fils.storage.snapshot import Snapshot, StoredRow
from fils.storage.tables import COLUMNS, StoredTable

T = TypeVar("T", bound=Stored)
N = TypeVar("N", bound=Named)
P = TypeVar("P", bound=PartOfPayment)

STRAYS_MAX: Final = 100
"""So many rows of a kind that belong to nothing are told."""

_PLACE: Final = re.compile(r"at `(\$[^`]*)`")
"""Where in a document the decoder stopped."""
_NAIVE_TIME: Final = re.compile(r'"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?"')
"""What may be a time without a zone. Fils writes none; a shop's own text may look like one."""


@dataclass(frozen=True, slots=True)
class _Kind:
    table: StoredTable
    decoder: msgspec.json.Decoder[Any]


_KINDS: Final[Mapping[type[object], _Kind]] = {
    Account: _Kind("accounts", rows.ACCOUNTS),
    ProcessingChannel: _Kind("processing_channels", rows.PROCESSING_CHANNELS),
    SecretKey: _Kind("secret_keys", rows.SECRET_KEYS),
    Terminal: _Kind("terminals", rows.TERMINALS),
    Customer: _Kind("customers", rows.CUSTOMERS),
    DataKey: _Kind("data_keys", rows.DATA_KEYS),
    KeptAnswer: _Kind("kept_answers", rows.KEPT_ANSWERS),
    PaymentSetup: _Kind("payment_setups", rows.PAYMENT_SETUPS),
    Payment: _Kind("payments", rows.PAYMENTS),
    PaymentAttempt: _Kind("payment_attempts", rows.PAYMENT_ATTEMPTS),
    Evidence: _Kind("evidence", rows.EVIDENCE),
    Event: _Kind("events", rows.EVENTS),
    AuditEntry: _Kind("audit_entries", rows.AUDIT_ENTRIES),
}
_PARENTS: Final[Sequence[tuple[StoredTable, str, StoredTable]]] = (
    ("payment_attempts", "payment_id", "payments"),
    ("evidence", "payment_id", "payments"),
    ("evidence", "attempt_id", "payment_attempts"),
    ("events", "payment_id", "payments"),
    ("due_payments", "payment_id", "payments"),
)
"""Table, its column, and the table whose ids that column names."""


class SnapshotRecords:
    """Implements ``StoredRecords`` on a snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._unsound: list[Violation] = []
        self.mode = snapshot.mode

    async def every(self, kind: type[T]) -> AsyncIterator[Sequence[T]]:
        """Every record of a kind, some at a time."""
        async for chunk in self._snapshot.rows(_KINDS[kind].table):
            yield self._read(kind, chunk, tells=True)

    async def belonging(self, kind: type[P], payment_ids: Collection[PaymentId]) -> Sequence[P]:
        """The attempts, evidence or events of these payments."""
        found = await self._snapshot.rows_among(_KINDS[kind].table, "payment_id", _askable(payment_ids))
        return self._read(kind, found, tells=True)

    async def named(self, kind: type[N], ids: Collection[str]) -> Sequence[N]:
        """The records with these ids; what is wrong with them is told where every one is read."""
        found = await self._snapshot.rows_among(_KINDS[kind].table, "id", _askable(ids))
        return self._read(kind, found, tells=False)

    async def due(self, payment_ids: Collection[PaymentId]) -> frozenset[str]:
        """Which of these payments stand on the list of what has to be looked at."""
        found = await self._snapshot.rows_among("due_payments", "payment_id", _askable(payment_ids))
        return frozenset(str(row[0]) for row in found)

    async def strays(self) -> Sequence[Violation]:
        """Rows that belong to a payment, or name one, that is not there."""
        return [
            Violation(Law.RECORDS, _shown(name), f"does not exist, and {table} has rows of it")
            for table, column, parent in _PARENTS
            for name in await self._snapshot.strays(table, column, parent, limit=STRAYS_MAX)
        ]

    async def damages(self) -> Sequence[str]:
        """What the database itself finds wrong with its storage."""
        return await self._snapshot.damages()

    def unsound(self) -> Iterator[Violation]:
        """What was wrong with rows that were read since the last call."""
        found, self._unsound = self._unsound, []
        return iter(found)

    def _read(self, kind: type[T], found: Sequence[StoredRow], *, tells: bool) -> list[T]:
        table, decoder = _KINDS[kind].table, _KINDS[kind].decoder
        records: list[T] = []
        for row in found:
            columns = dict(zip(COLUMNS[table], row, strict=True))
            name = _shown(str(columns.get("id", columns.get("key"))))
            document = str(columns.pop("document"))
            try:
                record: T = decoder.decode(document)
            except (msgspec.MsgspecError, ValueError, RecursionError) as error:
                if tells:
                    self._unsound.append(_unreadable(table, name, error))
                continue
            if _NAIVE_TIME.search(document) and _has_naive_time(record):
                if tells:
                    self._unsound.append(
                        Violation(Law.RECORDS, name, f"in {table} has a time without a zone")
                    )
                continue
            records.append(record)
            if tells:
                self._unsound += _doubts(table, name, record, columns, document)
        return records


def _askable(names: Collection[str]) -> Collection[str]:
    """Those that can be ids: a database refuses to be asked for some other texts, and holds none of them."""
    return [name for name in names if name.isascii() and name.isprintable()]


def _shown(name: str) -> str:
    """*name* as it can be printed: what is no text in the database comes as halves of characters."""
    return name.encode("utf-8", "replace").decode("utf-8")


def _has_naive_time(value: object) -> bool:
    """Whether a time of *value* has no zone. No text of a shop is a time here, whatever it looks like."""
    if isinstance(value, datetime):
        return value.tzinfo is None
    if isinstance(value, tuple):
        return any(_has_naive_time(part) for part in value)
    return is_dataclass(value) and any(_has_naive_time(getattr(value, part.name)) for part in fields(value))


def _unreadable(table: StoredTable, name: str, error: Exception) -> Violation:
    """The decoder's text may quote what it met, so only the place is told."""
    place = _PLACE.search(str(error))
    where = place[1] if place else "its form"
    law = Law.MONEY if "amount" in where or "currency" in where else Law.RECORDS
    return Violation(law, name, f"in {table} cannot be read, because of {where}")


def _doubts(
    table: StoredTable, name: str, record: Stored, columns: Mapping[str, object], document: str
) -> Iterator[Violation]:
    _, expected = row_of(record)
    for column, value in columns.items():
        if expected[column] != value:
            yield Violation(Law.RECORDS, name, f"in {table} has another {column} in its document")
    for secret in clear_secrets(document):
        yield Violation(Law.SECRETS, name, f"in {table} has {secret} in clear")
