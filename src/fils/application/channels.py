"""Processing channels: ways of an account to take payments, each through one terminal."""

from __future__ import annotations

from dataclasses import replace

from fils.application.accounts import find_account
from fils.application.administration import decided_again, meant, recorded
from fils.application.ports import Batch, Ports
from fils.application.terminals import find_terminal_for
from fils.domain.account import Account, ProcessingChannel
from fils.domain.audit import AuditedAct
from fils.domain.errors import CommandRefused
from fils.domain.identifiers import PROCESSING_CHANNEL, ProcessingChannelId
from fils.domain.person import clean, folded, new_name


async def create_channel(
    ports: Ports, name: str, *, account: str | None, terminal: str | None, by: str
) -> ProcessingChannel:
    """
    Make a channel of an account.

    Args:
        ports: The use cases' parts.
        name: What people call it; no other channel of the account has it.
        account: What names the account; None means the only one.
        terminal: What names the terminal; None means the account's only one, or a sandbox's first.
        by: Who makes it.

    Raises:
        CommandRefused: If account or terminal cannot be told, or the name cannot be used.
        ConcurrentUpdate: If others were faster again and again.
    """

    async def decision() -> ProcessingChannel:
        owner = await find_account(ports, account)
        terminal_id = await find_terminal_for(ports, owner, terminal)
        called = await _free_name(ports, owner, name)
        channel = ProcessingChannel(
            id=ProcessingChannelId(ports.ids.identifier(PROCESSING_CHANNEL)),
            account_id=owner.id,
            terminal_id=terminal_id,
            name=called,
            created_at=ports.clock.now(),
        )
        entry = recorded(
            ports,
            AuditedAct.CHANNEL_CREATED,
            account_id=owner.id,
            subject_id=channel.id,
            by=by,
            what=f"{called}, through terminal {terminal_id}",
        )
        await ports.store.commit(Batch(inserts=(channel, entry)))
        return channel

    return await decided_again(decision)


async def change_channel(
    ports: Ports, name: str, *, account: str | None, called: str | None, terminal: str | None, by: str
) -> ProcessingChannel:
    """
    Change what a channel is called or which terminal it goes through. Payments under way stay with theirs.

    Args:
        ports: The use cases' parts.
        name: What names the channel.
        account: What names its account; None means the only one.
        called: Its new name; None leaves it.
        terminal: What names its new terminal; None leaves it.
        by: Who does it.

    Raises:
        CommandRefused: If account, channel or terminal cannot be told, or the name cannot be used.
        ConcurrentUpdate: If others changed it again and again meanwhile.
    """

    async def decision() -> ProcessingChannel:
        owner = await find_account(ports, account)
        before = after = await find_channel(ports, owner, name)
        if terminal is not None:
            after = replace(after, terminal_id=await find_terminal_for(ports, owner, terminal))
        if called is not None:
            after = replace(after, name=await _free_name(ports, owner, called, but=before))
        if after == before:
            return before
        entry = recorded(
            ports,
            AuditedAct.CHANNEL_CHANGED,
            account_id=owner.id,
            subject_id=before.id,
            by=by,
            what=f"{after.name}, through terminal {after.terminal_id}",
        )
        await ports.store.commit(Batch(inserts=(entry,), updates=(after,)))
        return after

    return await decided_again(decision)


async def find_channel(ports: Ports, account: Account, name: str) -> ProcessingChannel:
    """
    The account's channel that *name* means: its id, or its name.

    Raises:
        CommandRefused: If it means none.
    """
    found = meant(await ports.store.processing_channels(account.id), name)
    if found is None:
        raise CommandRefused(
            "channel_unknown", f"{account.name} has no channel {clean(name)}; `fils channels list` shows them"
        )
    return found


async def _free_name(ports: Ports, owner: Account, text: str, *, but: ProcessingChannel | None = None) -> str:
    """The name that *text* is, if no channel of the account has it except *but*."""
    name = new_name(text, what="channel")
    for other in await ports.store.processing_channels(owner.id):
        if other.folded_name == folded(name) and (but is None or other.id != but.id):
            raise CommandRefused(
                "channel_name_taken", f"{owner.name} has a channel called {other.name} already"
            )
    return name
