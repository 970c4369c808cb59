"""Secret API keys: making, listing, rotating and revoking them. A key is shown once and stored only as its hash."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from fils.application.accounts import find_account
from fils.application.administration import decided_again, recorded
from fils.application.authentication import KEY_PURPOSE, is_secret_key
from fils.application.channels import find_channel
from fils.application.ports import Batch, Ports
from fils.domain.account import SecretKey
from fils.domain.audit import AuditedAct
from fils.domain.errors import CommandRefused
from fils.domain.identifiers import SECRET_KEY, SecretKeyId
from fils.domain.person import clean, new_name

OVERLAP_MAX: Final = timedelta(days=30)
"""How long an old key may go on beside the one that took its place."""
_SANDBOX_PREFIX: Final = "sk_sbox_"


async def create_key(
    ports: Ports, name: str, key: str, *, account: str | None, channel: str | None, by: str
) -> SecretKey:
    """
    Store that *key* opens an account.

    Args:
        ports: The use cases' parts.
        name: What people call it, such as the shop that gets it; no other good key of the account has it.
        key: The key itself, made by the caller from random bits. Only its hash is stored.
        account: What names the account; None means the only one.
        channel: What names the one channel that the key is bound to, if it is bound to one.
        by: Who makes it.

    Raises:
        CommandRefused: If account or channel cannot be told, or name or key cannot be used.
    """
    owner = await find_account(ports, account)
    bound_to = None if channel is None else (await find_channel(ports, owner, channel)).id
    called = new_name(name, what="key")
    for other in await ports.store.secret_keys(owner.id):
        if other.name.casefold() == called.casefold() and other.is_good(now=ports.clock.now()):
            raise CommandRefused(
                "key_name_taken",
                f"key {other.id} is called {other.name} already; `fils keys rotate {other.id}` takes its place",
            )
    made = SecretKey(
        id=SecretKeyId(ports.ids.identifier(SECRET_KEY)),
        key_hash=_hash(ports, key),
        account_id=owner.id,
        name=called,
        created_at=ports.clock.now(),
        processing_channel_id=bound_to,
    )
    entry = recorded(
        ports, AuditedAct.KEY_CREATED, account_id=owner.id, subject_id=made.id, by=by, what=called
    )
    await ports.store.commit(Batch(inserts=(made, entry)))
    return made


async def rotate_key(
    ports: Ports, name: str, key: str, *, overlap: timedelta, by: str, also_of_sandbox: bool = False
) -> tuple[SecretKey, SecretKey]:
    """
    Put *key* in the place of the one called *name*, which goes on for the overlap.

    Returns:
        The new key and the old one.

    Raises:
        CommandRefused: If there is no such key, it ends already, or the new one or the overlap cannot be used.
        ConcurrentUpdate: If others changed it again and again meanwhile.
    """
    if not timedelta() <= overlap <= OVERLAP_MAX:
        raise CommandRefused("overlap_invalid", f"the overlap is at most {OVERLAP_MAX.days} days")

    async def decision() -> tuple[SecretKey, SecretKey]:
        before = await _find_key(ports, name)
        _check_own(before, also_of_sandbox=also_of_sandbox)
        if before.ends_at is not None:
            raise CommandRefused(
                "key_ends",
                f"key {before.id} ends already; `fils keys list` shows when, and what took its place",
            )
        now = ports.clock.now()
        new = SecretKey(
            id=SecretKeyId(ports.ids.identifier(SECRET_KEY)),
            key_hash=_hash(ports, key),
            account_id=before.account_id,
            name=before.name,
            created_at=now,
            processing_channel_id=before.processing_channel_id,
        )
        old = before.ending(now + overlap)
        entry = recorded(
            ports,
            AuditedAct.KEY_ROTATED,
            account_id=before.account_id,
            subject_id=before.id,
            by=by,
            what=f"{new.id} takes its place; it ends at {old.ends_at:%Y-%m-%d %H:%M:%S} UTC",
        )
        await ports.store.commit(Batch(inserts=(new, entry), updates=(old,)))
        return new, old

    return await decided_again(decision)


async def find_key_to_revoke(ports: Ports, name: str, *, also_of_sandbox: bool = False) -> SecretKey:
    """
    The key called *name*, if it can be revoked.

    Raises:
        CommandRefused: If there is no such key, it has ended, or it is the sandbox's own and that is not meant.
    """
    found = await _find_key(ports, name)
    _check_own(found, also_of_sandbox=also_of_sandbox)
    if not found.is_good(now=ports.clock.now()):
        raise CommandRefused("key_ended", f"key {found.id} opens nothing already")
    return found


async def revoke_key(ports: Ports, name: str, *, by: str, also_of_sandbox: bool = False) -> SecretKey:
    """
    End the key called *name* now: the next request with it is refused, on every node.

    Raises:
        CommandRefused: If it cannot be revoked.
        ConcurrentUpdate: If others changed it again and again meanwhile.
    """

    async def decision() -> SecretKey:
        before = await find_key_to_revoke(ports, name, also_of_sandbox=also_of_sandbox)
        after = before.ending(ports.clock.now())
        entry = recorded(
            ports, AuditedAct.KEY_REVOKED, account_id=before.account_id, subject_id=before.id, by=by
        )
        await ports.store.commit(Batch(inserts=(entry,), updates=(after,)))
        return after

    return await decided_again(decision)


async def _find_key(ports: Ports, name: str) -> SecretKey:
    """The key with this id, or the only good one that people call so."""
    accounts = await ports.store.accounts()
    keys = [key for account in accounts for key in await ports.store.secret_keys(account.id)]
    now, called = ports.clock.now(), clean(name).casefold()
    found = [key for key in keys if key.id == name]
    found = found or [key for key in keys if key.name.casefold() == called and key.is_good(now=now)]
    if not found:
        raise CommandRefused(
            "key_unknown", f"there is no key {clean(name)} that is good; `fils keys list` shows them"
        )
    if len(found) > 1:
        ids = ", ".join(key.id for key in found)
        raise CommandRefused("key_ambiguous", f"several keys have that name; name one by its id: {ids}")
    return found[0]


def _check_own(key: SecretKey, *, also_of_sandbox: bool) -> None:
    if key.of_sandbox and not also_of_sandbox:
        raise CommandRefused(
            "key_of_sandbox",
            "that is the sandbox's own key, which its demo shop and the documentation use, and which the next start "
            "makes good again; add --sandbox-key if it is meant",
        )


def _hash(ports: Ports, key: str) -> str:
    """The keyed hash of a new key, if it is one for this installation."""
    if not is_secret_key(key) or key.startswith(_SANDBOX_PREFIX) is not ports.is_sandbox:
        raise CommandRefused(
            "key_of_other_mode",
            "this installation is a sandbox, whose keys begin with sk_sbox_"
            if ports.is_sandbox
            else "this installation is no sandbox; run the command with its own settings (--mode, FILS_MODE)",
        )
    return ports.vault.hash(KEY_PURPOSE, key)
