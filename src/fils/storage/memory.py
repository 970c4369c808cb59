"""A store without a file, for tests: SQLite in memory, so that it differs from the default store only in durability."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta

from fils.application.ports import Batch
from fils.domain.errors import FilsError
from fils.domain.identifiers import PaymentId
from fils.storage.reads import StoreReads
from fils.storage.rows import batch_rows
from fils.storage.sqlite_writes import (
    Change,
    Claimed,
    batch_change,
    claim_change,
    create_schema,
    forget_answers_change,
    write_whole,
)


class MemoryStore(StoreReads):
    """Implements the port ``Store`` in memory. Nothing in it ever waits; it ends with the object."""

    def __init__(self) -> None:
        # The object may be collected in another thread than the one it was used in.
        self._connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        create_schema(self._connection, mode="sandbox")

    def __del__(self) -> None:
        # Newer Pythons warn about a connection that nobody closed.
        self._connection.close()

    async def commit(self, batch: Batch) -> None:
        """Write *batch* or raise ConcurrentUpdate."""
        self._write(batch_change(batch_rows(batch)))

    async def forget_answers(self, *, before: datetime, limit: int) -> int:
        """Forget kept answers that were kept before that time, at most *limit*; returns how many."""
        return len(self._write(forget_answers_change(before=before, limit=limit)) or ())

    async def claim_due_payments(
        self, *, now: datetime, limit: int, lease: timedelta
    ) -> tuple[PaymentId, ...]:
        """Hand due payments to one caller; the lease is by SQLite's clock."""
        claimed = self._write(claim_change(now=now, limit=limit, lease=lease)) or ()
        return tuple(PaymentId(payment_id) for payment_id in claimed)

    async def check(self) -> None:
        """Memory can always be read."""

    def _write(self, change: Change) -> Claimed | None:
        result = write_whole(self._connection, change)
        if isinstance(result, FilsError):
            raise result
        return result

    async def _documents(self, query: str, *parameters: str | int) -> Sequence[str]:
        return [document for (document,) in self._connection.execute(query, parameters)]
