"""What a sandbox stores when it starts: its account with its channels, and the secret key of this start."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from fils.application.administration import decided_again
from fils.application.authentication import KEY_PURPOSE
from fils.application.ports import Batch, Ports
from fils.bootstrap.sandbox_setup import SANDBOX_ACCOUNT, SANDBOX_TERMINALS, SandboxTerminal
from fils.domain.account import ProcessingChannel, SecretKey
from fils.domain.errors import ConfigurationError, StorageError
from fils.domain.identifiers import SECRET_KEY, SecretKeyId

_KEY_NAME: Final = "sandbox"


async def seed(ports: Ports, secret_key: str, *, database: str) -> None:
    """
    Store what the sandbox needs and has not. Another node may start on the same database at the same time.

    Args:
        ports: The store, and the vault that keeps of a key only its hash.
        secret_key: The key of this start. Those of earlier starts open nothing any more.
        database: How the database is named to a person.

    Raises:
        ConfigurationError: If the key opens another account, or nothing can be written.
    """
    try:
        await decided_again(lambda: _seed_account(ports))
        await decided_again(lambda: _seed_key(ports, secret_key))
    except StorageError as error:
        raise ConfigurationError(f"the database {database} cannot be written: {error}") from error


async def _seed_account(ports: Ports) -> None:
    if await ports.store.account(SANDBOX_ACCOUNT.id) is None:
        channels = (_channel(terminal) for terminal in SANDBOX_TERMINALS)
        await ports.store.commit(Batch(inserts=(SANDBOX_ACCOUNT, *channels)))


def _channel(terminal: SandboxTerminal) -> ProcessingChannel:
    return ProcessingChannel(
        id=terminal.channel_id,
        account_id=SANDBOX_ACCOUNT.id,
        terminal_id=terminal.terminal_id,
        name=terminal.channel_name,
        created_at=SANDBOX_ACCOUNT.created_at,
    )


async def _seed_key(ports: Ports, secret_key: str) -> None:
    now, key_hash = ports.clock.now(), ports.vault.hash(KEY_PURPOSE, secret_key)
    known = await ports.store.secret_key(key_hash)
    if known is not None and known.account_id != SANDBOX_ACCOUNT.id:
        raise ConfigurationError(
            "FILS_SANDBOX_KEY is a key of another account of this sandbox; choose another one, or leave it out"
        )
    keys = await ports.store.secret_keys(SANDBOX_ACCOUNT.id)
    old = [key for key in keys if key.of_sandbox and key.is_good(now=now) and key.key_hash != key_hash]
    updates = [replace(key, ends_at=now) for key in old]
    inserts: tuple[SecretKey, ...] = ()
    if known is None:
        inserts = (_key(ports, key_hash),)
    elif not (known.is_good(now=now) and known.of_sandbox):
        updates.append(replace(known, ends_at=None, of_sandbox=True))
    if inserts or updates:
        await ports.store.commit(Batch(inserts=inserts, updates=updates))


def _key(ports: Ports, key_hash: str) -> SecretKey:
    return SecretKey(
        id=SecretKeyId(ports.ids.identifier(SECRET_KEY)),
        key_hash=key_hash,
        account_id=SANDBOX_ACCOUNT.id,
        name=_KEY_NAME,
        created_at=ports.clock.now(),
        of_sandbox=True,
    )
