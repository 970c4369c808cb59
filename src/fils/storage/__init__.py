"""Where what happened is kept: one SQLite file by default, PostgreSQL for many nodes, memory for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Protocol

from fils.application.ports import Store
from fils.application.telemetry import Telemetry
from fils.domain.errors import ConfigurationError
from fils.storage.load import StoreLoad
from fils.storage.memory import MemoryStore
from fils.storage.sqlite import SqliteStore

__all__ = ["MemoryStore", "OpenStore", "SqliteStore", "open_store"]

CONNECTIONS: Final = 5
"""How many connections a process has to PostgreSQL at most, if nothing else is said."""

_POSTGRESQL: Final = ("postgresql", "postgres")


class OpenStore(Store, Protocol):
    """A store that is open, to be closed by whoever opened it."""

    @property
    def was_created(self) -> bool:
        """Whether there was nothing before it was opened."""

    def load(self) -> StoreLoad:
        """How busy the store is."""

    async def close(self) -> None:
        """Finish what waits and let the database go."""


async def open_store(
    url: str,
    *,
    mode: str,
    connections: int = CONNECTIONS,
    telemetry: Telemetry | None = None,
    may_create: bool = True,
) -> OpenStore:
    """
    Open the store that *url* names.

    Args:
        url: A file's path, ``sqlite:///`` and a path (four slashes begin an absolute one), or ``postgresql://...``.
        mode: ``sandbox`` or ``production``.
        connections: To PostgreSQL, at most; two or more. SQLite has no use for it.
        telemetry: Is told of every commit.
        may_create: Whether a new or empty database is made one of Fils; if not, it is refused as it is.

    Raises:
        ConfigurationError: The url names no database, or that database cannot be used. No password is in the text.
    """
    scheme, separator, rest = url.partition("://")
    if separator and scheme in _POSTGRESQL:
        # The driver is imported only by those who use it.
        from fils.storage.postgresql import PostgresqlStore

        postgresql = PostgresqlStore(
            url, mode=mode, connections=connections, telemetry=telemetry, may_create=may_create
        )
        await postgresql.open()
        return postgresql
    path = _file_path(scheme, rest) if separator else url
    if not path or path.startswith(":memory:") or "\0" in path:
        raise ConfigurationError("the database must be a file's path, sqlite:///path or postgresql://...")
    sqlite = SqliteStore(Path(path), mode=mode, telemetry=telemetry, may_create=may_create)
    await sqlite.open()
    return sqlite


def _file_path(scheme: str, rest: str) -> str:
    """The path in a ``sqlite:///`` url, or nothing for any other."""
    return rest[1:] if scheme == "sqlite" and rest.startswith("/") else ""
