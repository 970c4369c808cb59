"""A new database as the first start of a Fils leaves it: with its tables and its data key, and nothing else."""

from __future__ import annotations

from fils.clock import SystemClock
from fils.config import Settings
from fils.identifiers_source import new_master_key
from fils.storage import open_store
from fils.vault import open_vault


async def make_database(settings: Settings) -> None:
    """Make the database that *settings* name; their master key has to be there."""
    store = await open_store(settings.database, mode=settings.mode)
    try:
        await open_vault(
            store,
            settings.master_key_file,
            now=SystemClock().now(),
            new_key=new_master_key,
            makes_master_key=False,
        )
    finally:
        await store.close()
