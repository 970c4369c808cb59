"""
Backup, restore and verify put together. They look at the database themselves, beside whatever Fils has it: reading one
moment of it disturbs nobody.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from fils import __version__
from fils.application.verifying import Findings, verify
from fils.bootstrap.gateway import make_data_dir
from fils.clock import SystemClock
from fils.config import Settings
from fils.domain.data_key import DataKey
from fils.domain.errors import ConfigurationError
from fils.storage.backup_file import Manifest, check_manifest, open_backup, tally_of, write_backup
from fils.storage.restoring import restore_postgresql, restore_sqlite
from fils.storage.snapshot import Snapshot, open_snapshot
from fils.storage.stamp import check_mode
from fils.storage.stored_records import SnapshotRecords
from fils.vault import DataKeyVault, is_missing, read_master_key, stored_vault

__all__ = ["Findings", "Manifest", "back_up", "restore", "verify_backup", "verify_database"]


def back_up(settings: Settings, path: Path) -> Manifest:
    """
    Write the database, as it is at one moment, into the new file *path*.

    Raises:
        ConfigurationError: If the database cannot be read, or the file exists already or cannot be written.
    """

    async def work() -> Manifest:
        taken_at = SystemClock().now()
        async with open_snapshot(settings.database) as snapshot:
            check_mode(snapshot.mode, database=settings.database_label, mode=settings.mode)
            return await write_backup(snapshot, path, taken_at=taken_at, fils_version=__version__)

    return asyncio.run(work())


def restore(settings: Settings, backup: Path) -> tuple[Manifest, Findings]:
    """
    Make the database that the settings name out of *backup*, and verify it.

    Raises:
        ConfigurationError: If the backup cannot be used or is damaged, the master key does not open it, or there is
            a database already. Nothing was restored then.
    """

    async def work() -> tuple[Manifest, Findings]:
        with open_backup(backup) as (source, manifest):
            check_mode(manifest.mode, database=str(backup), mode=settings.mode)
            # Before anything is written: without its master key the restored database could not be started.
            await _vault(source, settings)
            if settings.sqlite_file is None:
                await restore_postgresql(source, manifest, settings.database, backup=backup)
            else:
                make_data_dir(settings)
                await restore_sqlite(source, manifest, settings.sqlite_file, backup=backup)
        return manifest, await _verify_database(settings)

    return asyncio.run(work())


def verify_database(settings: Settings) -> Findings:
    """
    Check every law on the database that the settings name.

    Raises:
        ConfigurationError: If it cannot be read, or the master key does not open it.
    """
    return asyncio.run(_verify_database(settings))


def verify_backup(settings: Settings, backup: Path) -> tuple[Manifest, Findings]:
    """
    Check every law on what is in *backup*, and that it is what was written there.

    Raises:
        ConfigurationError: If it is damaged, or the master key does not open it.
    """

    async def work() -> tuple[Manifest, Findings]:
        with open_backup(backup) as (source, manifest):
            check_manifest(manifest, await tally_of(source), backup)
            return manifest, await verify(SnapshotRecords(source), await _vault(source, settings))

    return asyncio.run(work())


async def _verify_database(settings: Settings) -> Findings:
    async with open_snapshot(settings.database) as snapshot:
        check_mode(snapshot.mode, database=settings.database_label, mode=settings.mode)
        return await verify(SnapshotRecords(snapshot), await _vault(snapshot, settings))


async def _vault(snapshot: Snapshot, settings: Settings) -> DataKeyVault:
    keys = [key async for keys in SnapshotRecords(snapshot).every(DataKey) for key in keys]
    try:
        return stored_vault(keys, read_master_key(settings.master_key_file))
    except ConfigurationError as error:
        if not is_missing(settings.master_key_file):
            raise
        wanted = f" {keys[0].sealed_under}" if keys else ""
        raise ConfigurationError(
            f"there is no master key {settings.master_key_file}; the master key{wanted} is needed to open what is "
            "sealed, and no backup holds it: put it there, or name its file in FILS_MASTER_KEY_FILE"
        ) from error
