"""
Every table that is carried from one database to another, with its columns.

Both databases have the same ones; a test compares this with their schemas. The column ``position`` is left out: it is
given anew, in the same order.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from fils.storage.rows import Table

StoredTable = Table | Literal["due_payments"]
"""The tables of records, and the list of what is due."""

COLUMNS: Final[Mapping[StoredTable, tuple[str, ...]]] = {
    "data_keys": ("id", "version", "document"),
    "accounts": ("id", "prefix", "folded_name", "version", "document"),
    "terminals": ("id", "account_id", "folded_name", "bank_terminal", "version", "document"),
    "processing_channels": ("id", "account_id", "folded_name", "version", "document"),
    "secret_keys": ("id", "account_id", "key_hash", "version", "document"),
    "customers": ("id", "account_id", "email", "version", "document"),
    "kept_answers": ("account_id", "method", "path", "key", "kept_at_us", "document"),
    "payment_setups": ("id", "account_id", "version", "document"),
    "payments": ("id", "account_id", "session_id", "reference", "version", "document"),
    "payment_attempts": (
        "id",
        "account_id",
        "setup_id",
        "payment_id",
        "terminal_id",
        "track_id",
        "return_secret_hash",
        "counts",
        "needs_person",
        "version",
        "document",
    ),
    "evidence": ("id", "account_id", "payment_id", "attempt_id", "digest", "document"),
    "events": ("payment_id", "sequence", "id", "account_id", "document"),
    "audit_entries": ("id", "account_id", "subject_id", "document"),
    "due_payments": ("payment_id", "account_id", "due_at_us", "leased_until_us"),
}
"""Table to columns, in the order in which both are carried."""

POSITIONED: Final[frozenset[StoredTable]] = frozenset(
    {"payments", "payment_attempts", "evidence", "audit_entries"}
)
"""The tables whose rows have a place in the order of their arrival."""

CHUNK_ROWS: Final = 500
"""So many rows are in memory at a time."""
