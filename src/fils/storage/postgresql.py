"""
The store for many nodes: PostgreSQL, asked through the raw driver.

Every statement runs in a transaction of its own, so no session state is kept and nothing is ever open between two
of them. Writes go through the group commit of ``postgresql_writer``, reads through a small pool. All of it asks the
primary: a decision about money never reads a replica.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import ClassVar, Final

import asyncpg

from fils.application.ports import Batch, Clock
from fils.application.telemetry import Silence, Telemetry
from fils.domain.errors import ConcurrentUpdate, ConfigurationError, StorageUnavailable
from fils.domain.identifiers import PaymentId
from fils.storage import queries
from fils.storage.load import StoreLoad
from fils.storage.postgresql_connection import (
    ANSWER_TIMEOUT_S,
    CLOSE_TIMEOUT_S,
    DISCONNECTED,
    SCHEMA_LOCK,
    UNANSWERED,
    UNREADABLE_URL,
    check_session,
    connect,
    told,
    unusable,
)
from fils.storage.postgresql_readers import PostgresqlReaders
from fils.storage.postgresql_writer import PostgresqlWriter
from fils.storage.reads import StoreReads
from fils.storage.rows import SCHEMA_VERSION, batch_rows, epoch_us, microseconds
from fils.storage.stamp import check_stamp, nothing_of_fils

TABLES_FILE: Final = "schema/postgresql.sql"
FUNCTIONS_FILE: Final = "schema/postgresql_functions.sql"
"""What an empty database is given: first the tables."""

_CLAIM_DUE_PAYMENTS: Final = """
WITH clock AS MATERIALIZED (
    SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::BIGINT AS now_us
), due AS (
    SELECT payment_id FROM due_payments, clock
     WHERE due_at_us <= $1 AND leased_until_us <= now_us
     ORDER BY due_at_us LIMIT $2
       FOR UPDATE OF due_payments SKIP LOCKED
)
UPDATE due_payments SET leased_until_us = now_us + $3
  FROM due, clock
 WHERE due_payments.payment_id = due.payment_id
RETURNING due_payments.payment_id, due_at_us
"""
"""Hand payments that are due at $1, at most $2, to one claimant for $3 microseconds by the database's clock."""

_DUE_NOW: Final = """
WITH clock AS MATERIALIZED (
    SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::BIGINT AS now_us
), due AS (
    SELECT due_at_us, leased_until_us FROM due_payments WHERE due_at_us <= $1 ORDER BY due_at_us LIMIT $2
)
SELECT count(*) || ' ' || count(*) FILTER (WHERE leased_until_us > now_us) || ' ' || COALESCE(min(due_at_us), 0)
  FROM due, clock
"""
"""As ``queries.DUE_NOW``."""

_OLDEST_UNDECIDED: Final = """
SELECT document FROM (SELECT payment_id FROM due_payments LIMIT $1) AS due JOIN payments ON id = payment_id
 WHERE split_part(document, '"status":', 2) LIKE '"Pending"%' ORDER BY position LIMIT 1
"""
"""As ``queries.OLDEST_UNDECIDED``. A shop's text may hold a NUL, which PostgreSQL does not read as JSON; the status
stands before all of a shop's own fields."""


class PostgresqlStore(StoreReads):
    """
    Implements the port ``Store`` on PostgreSQL, for any number of nodes.

    Args:
        dsn: ``postgresql://user@host[,host...]/database``; of several hosts the one that takes writes is used.
        mode: ``sandbox`` or ``production``; a database made for the other one is refused.
        connections: At most so many at once, two or more: one is for writes, the others are for reads.
        telemetry: Is told of every commit.
        may_create: Whether tables are made where there are none; if not, such a database is refused as it is.
    """

    _DUE_NOW: ClassVar[str] = _DUE_NOW
    _OLDEST_UNDECIDED: ClassVar[str] = _OLDEST_UNDECIDED

    def __init__(
        self,
        dsn: str,
        *,
        mode: str,
        connections: int,
        telemetry: Telemetry | None = None,
        may_create: bool = True,
    ) -> None:
        self._telemetry = telemetry or Silence()
        self._dsn = dsn
        self._mode = mode
        self._may_create = may_create
        self._was_created = False
        self._readers_max = connections - 1
        self._readers: PostgresqlReaders | None = None
        self._writer: PostgresqlWriter | None = None

    @property
    def was_created(self) -> bool:
        """Whether the tables were made when it was opened."""
        return self._was_created

    async def open(self) -> None:
        """
        Connect, and make the tables of an empty database if that may be.

        Raises:
            ConfigurationError: The database cannot be used; its text says why and holds no password.
        """
        try:
            connection = await connect(self._dsn)
            try:
                await check_session(connection)
                self._was_created = await _prepare(connection, self._mode, may_create=self._may_create)
            finally:
                await connection.close(timeout=CLOSE_TIMEOUT_S)
        except OSError as error:
            # First, because a certificate that does not hold is a ValueError as well.
            raise unusable(error) from error
        except ValueError:
            raise ConfigurationError(UNREADABLE_URL) from None
        except UNANSWERED as error:
            raise unusable(error) from error
        self._readers = PostgresqlReaders(
            lambda: connect(self._dsn, answer_timeout_s=None), connections_max=self._readers_max
        )
        self._writer = PostgresqlWriter(lambda: connect(self._dsn), telemetry=self._telemetry)

    async def close(self) -> None:
        """Write what waits and let the connections go. A store that is not open has nothing to close."""
        writer, self._writer = self._writer, None
        if writer is not None:
            await writer.close()
        readers, self._readers = self._readers, None
        if readers is not None:
            await readers.close()

    async def commit(self, batch: Batch) -> None:
        """Write *batch* in one round trip; see the port ``Store`` for the errors."""
        if self._writer is None:
            raise StorageUnavailable("the database is not open")
        await self._writer.write(batch_rows(batch))

    async def forget_answers(self, *, before: datetime, limit: int) -> int:
        """Forget kept answers that were kept before that time, at most *limit*; returns how many."""
        return len(await self._ask(_numbered(queries.FORGET_ANSWERS), epoch_us(before), limit))

    async def claim_due_payments(
        self, *, now: datetime, limit: int, lease: timedelta
    ) -> tuple[PaymentId, ...]:
        """Hand due payments to one caller; the lease is by the server's clock."""
        claimed = await self._ask(_CLAIM_DUE_PAYMENTS, epoch_us(now), limit, microseconds(lease))
        in_order = sorted(claimed, key=lambda row: int(row["due_at_us"]))
        return tuple(PaymentId(row["payment_id"]) for row in in_order)

    def load(self) -> StoreLoad:
        """How busy the store is."""
        readers, writer = self._readers, self._writer
        if readers is None or writer is None:
            return StoreLoad(waiting_count=0)
        return StoreLoad(
            waiting_count=writer.waiting_count, idle_count=readers.idle_count, busy_count=readers.busy_count
        )

    async def now(self, clock: Clock) -> datetime:
        """The time of the server, which all nodes share."""
        [row] = await self._read("SELECT clock_timestamp()")
        now: datetime = row[0]
        return now.astimezone(UTC)

    async def check(self) -> None:
        """Ask the store whether it can read; returns if so."""
        await self._read(queries.MODE)

    async def _documents(self, query: str, *parameters: str | int) -> Sequence[str]:
        return [row[0] for row in await self._read(_numbered(query), *parameters)]

    async def _read(self, query: str, *parameters: str | int) -> Sequence[asyncpg.Record]:
        """Ask a question that changes nothing, so that it may be asked again where the connection just ended."""
        try:
            return await self._ask(query, *parameters)
        except StorageUnavailable as error:
            # Not after a silence: whoever asked has waited long enough.
            if not isinstance(error.__cause__, DISCONNECTED):
                raise
        return await self._ask(query, *parameters)

    async def _ask(self, query: str, *parameters: str | int) -> Sequence[asyncpg.Record]:
        if self._readers is None:
            raise StorageUnavailable("the database is not open")
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                return await self._readers.fetch(query, *parameters)
        except asyncpg.UniqueViolationError as error:
            raise ConcurrentUpdate("the database refused a row") from error
        except asyncpg.DataError:
            # A text that PostgreSQL cannot hold, such as one with a NUL, names nothing that is stored.
            return []
        except UNANSWERED as error:
            raise StorageUnavailable(f"the database did not answer: {told(error)}") from error


async def _prepare(connection: asyncpg.Connection, mode: str, *, may_create: bool) -> bool:
    """
    Make the tables if there are none, and check that they are ours. Nodes that start at once take turns.

    Returns:
        Whether the tables were made.
    """
    database = await connection.fetchval("SELECT current_database()")
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", SCHEMA_LOCK)
        is_new = bool(await connection.fetchval("SELECT to_regclass('stamp') IS NULL"))
        if is_new and not may_create:
            raise nothing_of_fils(database, mode=mode)
        if is_new:
            for name in (TABLES_FILE, FUNCTIONS_FILE):
                await connection.execute(files("fils.storage").joinpath(name).read_text(encoding="utf-8"))
            await connection.execute(_numbered(queries.INSERT_STAMP), SCHEMA_VERSION, mode)
        [(schema_version, stamped_mode)] = await connection.fetch(queries.STAMP)
    check_stamp(schema_version, stamped_mode, database=database, mode=mode)
    return is_new


@cache
def _numbered(query: str) -> str:
    """A shared query with PostgreSQL's numbered parameters. Only the queries of this package come here."""
    return query.replace("?", "$")
