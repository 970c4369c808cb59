"""From the master key and the database to the vault: finding the data key, or giving a new database its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from fils.application.notifications import RETURN_PURPOSE
from fils.application.ports import Batch, Store
from fils.domain.account import Account
from fils.domain.data_key import DataKey
from fils.domain.errors import ConcurrentUpdate, ConfigurationError, InvariantViolated
from fils.domain.identifiers import DATA_KEY, write_identifier
from fils.domain.payment_attempt import PaymentAttempt
from fils.vault.keyed import DATA_KEY_OCTETS, DataKeyVault
from fils.vault.master_key import MasterKey
from fils.vault.master_key_file import find_or_make_master_key, is_missing, read_master_key

FIRST_DATA_KEY: Final = write_identifier(DATA_KEY, bytes(16))
"""The same id in every database, so that of several nodes that bring the first data key only one can."""

_BRING_IT: Final = "bring it back, or name its file in FILS_MASTER_KEY_FILE"
_SAMPLE_MAX: Final = 20
"""So many payments of an account are looked through for something that the old master key must open."""


async def open_vault(
    store: Store,
    master_key_file: Path,
    *,
    now: datetime,
    new_key: Callable[[], bytes],
    makes_master_key: bool,
    may_create: bool = True,
) -> DataKeyVault:
    """
    Open the data key of the database *store* with the master key, or give a new database one.

    Args:
        store: An open store.
        master_key_file: Where the master key is.
        now: Aware UTC time.
        new_key: Makes 32 random bytes.
        makes_master_key: Whether a missing file is made. Never beside a database that holds something: its key is
            another one.
        may_create: Whether a new database is given a data key; if not, it is refused.

    Raises:
        ConfigurationError: If the master key cannot be had or is not the one of this database, or that is new.
        StorageUnavailable: If the database does not answer.
    """
    keys = await store.data_keys()
    if keys:
        wanted = f"this database needs {keys[0].sealed_under}: {_BRING_IT}"
        return DataKeyVault(open_data_key(keys, _existing(master_key_file, wanted)))
    accounts = await store.accounts()
    if accounts:
        # Such a database was made before there were data keys. Whoever is bringing its first one now does the same.
        master_key = _existing(master_key_file, f"this database was sealed under one: {_BRING_IT}")
        data_key = master_key.octets
        await _check_former_key(store, accounts, DataKeyVault(data_key), master_key_file)
    elif not may_create:
        raise ConfigurationError(
            "the database holds no data key yet: begin the installation with `fils accounts create NAME`, "
            "or a sandbox with `fils serve`"
        )
    elif makes_master_key:
        master_key, data_key = find_or_make_master_key(master_key_file, new_key=new_key), new_key()
    else:
        advice = (
            f"name its file in FILS_MASTER_KEY_FILE, or make one: fils master-key create {master_key_file}"
        )
        master_key, data_key = _existing(master_key_file, advice), new_key()
    first = sealed_data_key(FIRST_DATA_KEY, data_key, master_key, created_at=now)
    try:
        await store.commit(Batch(inserts=(first,)))
    except ConcurrentUpdate:
        # Another node was faster: its data key is the one.
        return DataKeyVault(open_data_key(await store.data_keys(), master_key))
    return DataKeyVault(data_key)


def stored_vault(keys: Sequence[DataKey], master_key: MasterKey) -> DataKeyVault:
    """
    The vault of a database that is only read.

    Args:
        keys: Its data keys; one that was migrated and not yet started has none and was sealed under the master key.
        master_key: What it should be sealed under.

    Raises:
        ConfigurationError: As ``open_data_key``.
    """
    return DataKeyVault(open_data_key(keys, master_key) if keys else master_key.octets)


def open_data_key(keys: Sequence[DataKey], master_key: MasterKey) -> bytes:
    """
    The data key of a database.

    Args:
        keys: The stored ones; a database has one.
        master_key: What it should be sealed under.

    Raises:
        ConfigurationError: If the master key is another one, or the database was made by a later Fils.
    """
    if len(keys) != 1:
        raise ConfigurationError(
            f"the database has {len(keys)} data keys and this Fils knows what to do with one; "
            "use the Fils that made it"
        )
    [key] = keys
    data_key = master_key.open(key.id, key.sealed)
    if data_key is None or len(data_key) != DATA_KEY_OCTETS:
        raise ConfigurationError(
            f"the master key is {master_key.fingerprint} and does not open this database, which needs "
            f"{key.sealed_under}: name that file in FILS_MASTER_KEY_FILE"
        )
    return data_key


def sealed_data_key(
    key_id: str, data_key: bytes, master_key: MasterKey, *, created_at: datetime, version: int = 0
) -> DataKey:
    """The record of a data key, sealed under *master_key*."""
    return DataKey(
        id=key_id,
        sealed=master_key.seal(key_id, data_key),
        sealed_under=master_key.fingerprint,
        created_at=created_at,
        version=version,
    )


def _existing(path: Path, advice: str) -> MasterKey:
    """The master key in a file that has to be there."""
    if is_missing(path):
        raise ConfigurationError(f"there is no master key {path}; {advice}")
    return read_master_key(path)


async def _check_former_key(
    store: Store, accounts: Sequence[Account], vault: DataKeyVault, path: Path
) -> None:
    """See that the key under which an older database was sealed is this one, before it is kept for good."""
    attempt = await _any_attempt(store, accounts)
    if attempt is None:
        return
    try:
        vault.open(RETURN_PURPOSE, attempt.return_secret_sealed)
    except InvariantViolated as error:
        raise ConfigurationError(
            f"the master key {path} does not open what this database holds: "
            "name the file it was used with so far in FILS_MASTER_KEY_FILE"
        ) from error


async def _any_attempt(store: Store, accounts: Sequence[Account]) -> PaymentAttempt | None:
    for account in accounts:
        for payment in await store.latest_payments(account.id, limit=_SAMPLE_MAX):
            attempts = await store.attempts(payment.id)
            if attempts:
                return attempts[0]
    return None
