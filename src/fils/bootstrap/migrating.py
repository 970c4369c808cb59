"""``fils migrate`` put together: the database that the settings name, the clock, and the source of identifiers."""

from __future__ import annotations

import asyncio

from fils.clock import SystemClock
from fils.config import Settings
from fils.identifiers_source import SystemIds
from fils.storage.migrating import Plan, Request, migrate_postgresql, migrate_sqlite

__all__ = ["Plan", "migrate"]


def migrate(settings: Settings, *, is_dry: bool, is_forced: bool) -> Plan:
    """
    Bring the database to the version that this Fils needs.

    Args:
        settings: Those of the Fils that is meant.
        is_dry: Only say what would be done.
        is_forced: Also while nodes are connected to it (PostgreSQL).

    Returns:
        What was done, or would be.

    Raises:
        ConfigurationError: If it cannot be done; its text says why, and nothing was changed.
    """
    request = Request(
        database=settings.database,
        label=settings.database_label,
        mode=settings.mode,
        now=SystemClock().now,
        new_id=SystemIds().identifier,
        is_dry=is_dry,
        is_forced=is_forced,
    )
    if settings.sqlite_file is None:
        return asyncio.run(migrate_postgresql(request))
    return migrate_sqlite(request)
