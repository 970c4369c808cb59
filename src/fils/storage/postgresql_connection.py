"""How Fils connects to PostgreSQL: the session it asks for, and what its driver raises when the server is not there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import asyncpg
from asyncpg.connect_utils import SessionAttribute

from fils.domain.errors import ConfigurationError

APPLICATION_NAME: Final = "fils"
"""How the sessions of Fils are called in ``pg_stat_activity``."""

SCHEMA_LOCK: Final = 0x46696C73
"""The advisory lock of whoever makes or changes the tables: "Fils" in ASCII."""

CONNECT_TIMEOUT_S: Final = 3.0
STATEMENT_TIMEOUT_MS: Final = 5_000
LOCK_TIMEOUT_MS: Final = 2_000
"""How long a batch waits for another node's lock."""
ANSWER_TIMEOUT_S: Final = 7.0
"""How long an answer is waited for; longer than the server's own limit, so that this means: it is gone."""
CLOSE_TIMEOUT_S: Final = 3.0
"""How long a connection may take to say goodbye; nothing depends on it."""

SESSION: Final = {
    "application_name": APPLICATION_NAME,
    # On the server these may be weaker; what is acknowledged must be on its disk and its synchronous standby's.
    "synchronous_commit": "on",
    "default_transaction_isolation": "read committed",
    "statement_timeout": str(STATEMENT_TIMEOUT_MS),
    "lock_timeout": str(LOCK_TIMEOUT_MS),
}
"""What every session of a gateway asks for."""

UNANSWERED: Final = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)
"""Every way in which the server does not do what it was asked, or is not there."""

DISCONNECTED: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    ConnectionError,
)
"""Those of them that say that the connection ended. What was asked may have been done all the same."""

UNREADABLE_URL: Final = "the url of the PostgreSQL database cannot be read"
"""All that is said of a wrong url: the driver's text may quote a part of it, and with it of the password."""

_KEPT: Final = ("synchronous_commit", "statement_timeout", "lock_timeout")
_SETTINGS: Final = "SELECT name, setting FROM pg_settings WHERE name = ANY($1)"


async def connect(
    dsn: str,
    *,
    session: Mapping[str, str] = SESSION,
    answer_timeout_s: float | None = ANSWER_TIMEOUT_S,
) -> asyncpg.Connection:
    """
    Connect to the server of *dsn* that takes writes.

    Raises:
        ValueError: If the url cannot be read.
        OSError: If no server can be reached; with ``TimeoutError`` and the driver's errors, see ``UNANSWERED``.
    """
    return await asyncpg.connect(
        dsn,
        timeout=CONNECT_TIMEOUT_S,
        command_timeout=answer_timeout_s,
        server_settings=dict(session),
        target_session_attrs=SessionAttribute.read_write,
    )


def told(error: BaseException) -> str:
    """What *error* says; a silence says nothing by itself. PostgreSQL's details quote the row, so they stay out."""
    if isinstance(error, asyncpg.PostgresError) and error.args:
        return str(error.args[0])
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or "no answer in time"


def unusable(error: BaseException) -> ConfigurationError:
    """What stops a start or a command whose database cannot be connected to; no password is in the text."""
    return ConfigurationError(
        f"the PostgreSQL database cannot be used: {told(error)}; see that its server runs, and that the url names its "
        "host, port, database, user and password"
    )


async def check_session(connection: asyncpg.Connection) -> None:
    """
    Check that the server knows what the session asked for.

    Raises:
        ConfigurationError: If something in between dropped it, as a pooler may be told to. Then a commit might not
            be on the disk when it is acknowledged.
    """
    for name, setting in await connection.fetch(_SETTINGS, list(_KEPT)):
        if setting != SESSION[name]:
            raise ConfigurationError(
                f"the PostgreSQL database did not take {name}={SESSION[name]} from Fils: connect to the server itself "
                "and not through a pooler that drops settings"
            )
