"""
How tables of one version become those of the next, on both databases: a module for each version.

A migration is written with Alembic's operations and never changed once its version was released. It knows documents
as plain objects, never as today's records, which go on changing. PostgreSQL's functions are no part of it: they are
replaced whole afterwards. Whoever changes the tables changes ``schema/``, adds a module here, and lets
``tests/integration/test_migrations.py`` compare a fresh database with a migrated one.

Imported by ``fils migrate`` alone: a database that fits needs neither Alembic nor SQLAlchemy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from alembic.operations import Operations
from sqlalchemy import Connection

from fils.storage.migrations import version_3, version_4

__all__ = ["MIGRATIONS", "OLDEST_VERSION", "Migration"]


@dataclass(frozen=True, slots=True)
class Migration:
    """One step between two versions of the tables."""

    version: int
    """The version it leads to, from the one before."""
    summary: str
    """What it changes, in one line for people."""
    upgrade: Callable[[Operations, Connection, datetime, Callable[[str], str]], None]
    """Does it, inside a transaction that is open. Takes the time of the migration and what makes identifiers."""


MIGRATIONS: Final = (
    Migration(3, version_3.SUMMARY, version_3.upgrade),
    Migration(4, version_4.SUMMARY, version_4.upgrade),
)
"""Every step, oldest first."""

OLDEST_VERSION: Final = MIGRATIONS[0].version - 1
"""Databases of an earlier version cannot be migrated."""
