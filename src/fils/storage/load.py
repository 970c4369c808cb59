"""How busy an open store is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreLoad:
    """How busy a store is at this moment, in this process."""

    waiting_count: int
    """Changes that wait for a commit."""
    idle_count: int | None = None
    """Connections for reads that nobody uses; None where there is no pool."""
    busy_count: int | None = None
    """Connections for reads that are in use; None where there is no pool."""
