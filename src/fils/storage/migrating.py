"""
Migrating a database: seeing what version it has, and bringing it to the one this Fils needs, whole or not at all.

The stamp is the one truth about the version; Alembic's own table is not used. Everything happens in one transaction, so
that after the loss of power the database is either the old one or the new one. On SQLite nobody else has the file
meanwhile. On PostgreSQL the stamp is locked, so that commits of nodes that still run wait, and then find that their
version is not that of the tables any more.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Final

import asyncpg
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool, StaticPool

from fils.domain.errors import ConfigurationError, InvariantViolated
from fils.storage import queries
from fils.storage.migrations import MIGRATIONS, OLDEST_VERSION, Migration
from fils.storage.postgresql import FUNCTIONS_FILE
from fils.storage.postgresql_connection import (
    APPLICATION_NAME,
    SCHEMA_LOCK,
    UNANSWERED,
    UNREADABLE_URL,
    connect,
    told,
)
from fils.storage.rows import SCHEMA_VERSION
from fils.storage.sqlite_file import check_tables, connect_to_file, lock_file, reason, refuse_foreign_file
from fils.storage.stamp import check_mode

LOCK_WAIT_S: Final = 10
"""How long a migration waits on PostgreSQL for commits that are under way and for another migration."""

FENCED_SINCE: Final = 3
"""From this version on every commit on PostgreSQL says which version it was made for; see ``fils_commit``."""

_SESSION: Final = {
    "application_name": f"{APPLICATION_NAME} migrate",
    "synchronous_commit": "on",
    "lock_timeout": str(LOCK_WAIT_S * 1000),
}
_SESSIONS_OF_NODES: Final = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = :name
"""
_FUNCTIONS: Final = """
SELECT oid::regprocedure FROM pg_proc
 WHERE pronamespace = current_schema()::regnamespace AND proname LIKE 'fils\\_%'
"""
_HAS_STAMP: Final = "SELECT to_regclass('stamp') IS NOT NULL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What stands between a database and this Fils."""

    version: int
    """The version of its tables."""
    steps: Sequence[Migration]
    """What has to be done, in this order; nothing if it fits."""

    @property
    def needed_version(self) -> int:
        """The version that this Fils needs."""
        return SCHEMA_VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Which database to migrate, and how."""

    database: str
    """The path of an SQLite file, or a PostgreSQL url."""
    label: str
    """The same as people may see it."""
    mode: str
    """What the database has to have been made for."""
    now: Callable[[], datetime]
    new_id: Callable[[str], str]
    """Makes an identifier with a prefix."""
    is_dry: bool = False
    """Only say what would be done."""
    is_forced: bool = False
    """Also while nodes are connected; see the how-to about upgrades for what they answer then."""
    migrations: Sequence[Migration] = MIGRATIONS
    """The known steps, oldest first. The last one leads to what is needed."""


def migrate_sqlite(request: Request) -> Plan:
    """
    Bring an SQLite file to the version that this Fils needs.

    Returns:
        What was done, or with ``is_dry`` would be.

    Raises:
        ConfigurationError: If there is no such file, another Fils has it, it is not ours or too old or too new, or it
            cannot be written. Nothing was changed.
    """
    path = Path(request.database)
    if not path.exists():
        raise ConfigurationError(_missing(request))
    try:
        refuse_foreign_file(path)
        # Whoever has the lock is alone, so no Fils of any version writes meanwhile.
        with lock_file(path), closing(connect_to_file(path, wait_s=0)) as connection:
            if not check_tables(connection, path):
                raise ConfigurationError(_missing(request))
            engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
            # The driver begins no transaction by itself, and none that holds changes of tables.
            event.listen(engine, "begin", lambda begun: begun.exec_driver_sql("BEGIN IMMEDIATE"))
            try:
                with engine.begin() as begun:
                    return _migrate(begun, request)
            finally:
                engine.dispose()
    except (OSError, sqlite3.Error, DBAPIError) as error:
        raise ConfigurationError(_failed(request, error)) from error


async def migrate_postgresql(request: Request) -> Plan:
    """
    Bring a PostgreSQL database to the version that this Fils needs.

    Returns:
        What was done, or with ``is_dry`` would be.

    Raises:
        ConfigurationError: If the database cannot be reached, is empty, not ours, too old or too new, if nodes are
            connected to it and it was not forced, or if the role has not the rights. Nothing was changed.
    """

    async def new_connection() -> asyncpg.Connection:
        return await connect(request.database, session=_SESSION, answer_timeout_s=None)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=new_connection, poolclass=NullPool)
    try:
        async with engine.begin() as begun:
            plan = await begun.run_sync(_migrate_on_postgresql, request)
            if plan.steps and not request.is_dry:
                await _replace_functions(begun)
            return plan
    except OSError as error:
        # First, because a certificate that does not hold is a ValueError as well.
        raise ConfigurationError(_failed(request, error)) from error
    except ValueError:
        raise ConfigurationError(UNREADABLE_URL) from None
    except (DBAPIError, *UNANSWERED) as error:
        raise ConfigurationError(_failed(request, error)) from error
    finally:
        await engine.dispose()


def _migrate_on_postgresql(connection: Connection, request: Request) -> Plan:
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": SCHEMA_LOCK})
    if not connection.execute(text(_HAS_STAMP)).scalar_one():
        raise ConfigurationError(_missing(request))
    if not request.is_dry:
        # Commits that are under way end first; those that come wait, and then read the new stamp.
        connection.execute(text("LOCK TABLE stamp IN ACCESS EXCLUSIVE MODE"))
    return _migrate(connection, request, check=_refuse_beside_nodes)


async def _replace_functions(connection: AsyncConnection) -> None:
    """Drop the functions of Fils, also those that took other arguments, and make those of today."""
    for (signature,) in await connection.execute(text(_FUNCTIONS)):
        await connection.execute(text(f"DROP FUNCTION {signature}"))
    # SQLAlchemy prepares what it sends, which is one statement at a time; the driver itself takes the whole file.
    driver = (await connection.get_raw_connection()).driver_connection
    if not isinstance(driver, asyncpg.Connection):
        raise InvariantViolated("PostgreSQL is asked through another driver than asyncpg")
    await driver.execute(files("fils.storage").joinpath(FUNCTIONS_FILE).read_text(encoding="utf-8"))


def _refuse_beside_nodes(connection: Connection, request: Request, plan: Plan) -> None:
    count = connection.execute(text(_SESSIONS_OF_NODES), {"name": APPLICATION_NAME}).scalar_one()
    is_fenced = plan.version >= FENCED_SINCE
    if count and not (request.is_forced and is_fenced):
        forcing = " (with --force they answer 503 from now on, until they are replaced)" if is_fenced else ""
        raise ConfigurationError(
            f"{count} connections of Fils are open to the database {request.label}; "
            f"stop every `fils serve` first{forcing}"
        )


def _migrate(
    connection: Connection,
    request: Request,
    *,
    check: Callable[[Connection, Request, Plan], None] | None = None,
) -> Plan:
    plan = _plan(connection, request)
    if request.is_dry or not plan.steps:
        return plan
    if check is not None:
        check(connection, request, plan)
    now = request.now()
    with Operations.context(MigrationContext.configure(connection)) as op:
        for step in plan.steps:
            step.upgrade(op, connection, now, request.new_id)
    connection.execute(
        text("UPDATE stamp SET schema_version = :version"), {"version": plan.steps[-1].version}
    )
    return plan


def _plan(connection: Connection, request: Request) -> Plan:
    version, mode = connection.execute(text(queries.STAMP)).one()
    check_mode(mode, database=request.label, mode=request.mode)
    if version > SCHEMA_VERSION:
        raise ConfigurationError(
            f"the database {request.label} has tables of version {version} and this Fils knows version "
            f"{SCHEMA_VERSION}; use the newer Fils that made them"
        )
    if version < OLDEST_VERSION:
        raise ConfigurationError(
            f"the database {request.label} has tables of version {version}, which cannot be migrated: "
            "no release of Fils made them; start with a new database"
        )
    return Plan(version=version, steps=[step for step in request.migrations if step.version > version])


def _missing(request: Request) -> str:
    return (
        f"there is no database {request.label} to migrate; `fils serve` makes a new one, and --database or "
        "FILS_DATABASE_URL names another one"
    )


def _failed(request: Request, error: BaseException) -> str:
    # Of SQLAlchemy's text only the database's own: the rest quotes the statement and its values.
    cause = error.orig if isinstance(error, DBAPIError) else error
    why = reason(cause) if isinstance(cause, sqlite3.Error) else told(cause or error)
    return f"the database {request.label} was not migrated and is as it was: {why}"
