"""
How records become rows and rows become records again.

A row is the columns that queries and constraints need and the record as one JSON document, which is written
straight from the domain's dataclass and read straight into it. Both databases store the same rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, TypeVar, assert_never

import msgspec

from fils.application.ports import Batch, Guarded, Record, Wake
from fils.domain.account import Account, ProcessingChannel, SecretKey
from fils.domain.audit import AuditEntry
from fils.domain.customer import Customer
from fils.domain.data_key import DataKey
from fils.domain.errors import InvariantViolated
from fils.domain.events import Event
from fils.domain.evidence import Evidence
from fils.domain.kept_answer import KeptAnswer
from fils.domain.payment import Payment
from fils.domain.payment_attempt import PaymentAttempt
from fils.domain.payment_setup import PaymentSetup
from fils.domain.terminal import Terminal

SCHEMA_VERSION: Final = 4
"""The version of the tables this code reads and writes."""

Table = Literal[
    "accounts",
    "processing_channels",
    "secret_keys",
    "terminals",
    "customers",
    "data_keys",
    "kept_answers",
    "payment_setups",
    "payments",
    "payment_attempts",
    "events",
    "evidence",
    "audit_entries",
]
"""The tables that hold records."""

Row = Mapping[str, str | int | None]
"""A row's columns by name."""

T = TypeVar("T")

ACCOUNTS: Final = msgspec.json.Decoder(Account)
PROCESSING_CHANNELS: Final = msgspec.json.Decoder(ProcessingChannel)
SECRET_KEYS: Final = msgspec.json.Decoder(SecretKey)
TERMINALS: Final = msgspec.json.Decoder(Terminal)
CUSTOMERS: Final = msgspec.json.Decoder(Customer)
DATA_KEYS: Final = msgspec.json.Decoder(DataKey)
KEPT_ANSWERS: Final = msgspec.json.Decoder(KeptAnswer)
PAYMENT_SETUPS: Final = msgspec.json.Decoder(PaymentSetup)
PAYMENTS: Final = msgspec.json.Decoder(Payment)
PAYMENT_ATTEMPTS: Final = msgspec.json.Decoder(PaymentAttempt)
EVIDENCE: Final = msgspec.json.Decoder(Evidence)
EVENTS: Final = msgspec.json.Decoder(Event)
AUDIT_ENTRIES: Final = msgspec.json.Decoder(AuditEntry)

_ENCODER: Final = msgspec.json.Encoder()
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class BatchRows:
    """A batch as rows. Made where the batch comes from, so that a record that cannot be written fails there."""

    updates: Sequence[tuple[Table, Row]]
    """Each row carries its next version and replaces the one before it."""
    inserts: Sequence[tuple[Table, Row]]
    """New records, then evidence."""
    wakes: Sequence[WakeRow]

    @property
    def statement_count(self) -> int:
        """How many statements write it."""
        return len(self.updates) + len(self.inserts) + len(self.wakes)


@dataclass(frozen=True, slots=True)
class WakeRow:
    """A wake as a row of the payments that are due."""

    kind: Literal["at", "no_later", "never"]
    row: Row


def batch_rows(batch: Batch) -> BatchRows:
    """Write *batch* as rows."""
    return BatchRows(
        updates=[row_of(replace(record, version=record.version + 1)) for record in batch.updates],
        inserts=[row_of(record) for record in batch.inserts] + [row_of(piece) for piece in batch.evidence],
        # A wake that may only bring the time forward and names no time asks for nothing.
        wakes=[_wake_row(wake) for wake in batch.wakes if wake.replace or wake.at is not None],
    )


def read_document(decoder: msgspec.json.Decoder[T], document: str) -> T:
    """
    Read a record from its document.

    Raises:
        InvariantViolated: If the document is not one that Fils writes.
    """
    try:
        return decoder.decode(document)
    except msgspec.MsgspecError as error:
        raise InvariantViolated("a stored document cannot be read") from error


def microseconds(length: timedelta) -> int:
    """A length of time in whole microseconds, exactly."""
    return length // _MICROSECOND


def epoch_us(at: datetime) -> int:
    """Microseconds since 1970 in UTC, exactly."""
    return microseconds(at - _EPOCH)


def from_epoch_us(count: int) -> datetime:
    """The aware UTC time so many microseconds after the begin of 1970."""
    return _EPOCH + count * _MICROSECOND


def row_of(record: Record | Evidence) -> tuple[Table, Row]:
    """The table of *record* and its row there."""
    table, columns = _columns(record)
    return table, {**columns, "document": _ENCODER.encode(record).decode()}


def _columns(record: Record | Evidence) -> tuple[Table, Row]:
    match record:
        case Event():
            return "events", {
                "payment_id": record.payment_id,
                "sequence": record.sequence,
                "id": record.id,
                "account_id": record.account_id,
            }
        case Evidence():
            return "evidence", {
                "id": record.id,
                "account_id": record.account_id,
                "payment_id": record.payment_id,
                "attempt_id": record.attempt_id,
                "digest": record.digest,
            }
        case AuditEntry():
            return "audit_entries", {
                "id": record.id,
                "account_id": record.account_id,
                "subject_id": record.subject_id,
            }
        case KeptAnswer():
            return "kept_answers", {
                "account_id": record.account_id,
                "method": record.method,
                "path": record.path,
                "key": record.key,
                "kept_at_us": epoch_us(record.kept_at),
            }
        case _:
            return _guarded_columns(record)


def _guarded_columns(record: Guarded) -> tuple[Table, Row]:
    columns: dict[str, str | int | None] = {"id": record.id, "version": record.version}
    match record:
        case Account():
            return "accounts", columns | {"prefix": record.prefix, "folded_name": record.folded_name}
        case DataKey():
            return "data_keys", columns
        case _:
            columns["account_id"] = record.account_id
    match record:
        case PaymentSetup():
            return "payment_setups", columns
        case Payment():
            return "payments", columns | {"session_id": record.session_id, "reference": record.reference}
        case ProcessingChannel():
            return "processing_channels", columns | {"folded_name": record.folded_name}
        case SecretKey():
            return "secret_keys", columns | {"key_hash": record.key_hash}
        case Terminal():
            return "terminals", columns | {
                "folded_name": record.folded_name,
                "bank_terminal": record.bank_terminal,
            }
        case Customer():
            return "customers", columns | {"email": record.email}
        case PaymentAttempt():
            return "payment_attempts", columns | {
                "setup_id": record.setup_id,
                "payment_id": record.payment_id,
                "terminal_id": record.terminal_id,
                "track_id": record.track_id,
                "return_secret_hash": record.return_secret_hash,
                "counts": int(record.counts),
                "needs_person": int(record.attention is not None),
            }
        case _:
            assert_never(record)


def _wake_row(wake: Wake) -> WakeRow:
    row = {"payment_id": wake.payment_id, "account_id": wake.account_id}
    if wake.at is None:
        return WakeRow("never", row)
    return WakeRow("at" if wake.replace else "no_later", {**row, "due_at_us": epoch_us(wake.at)})
