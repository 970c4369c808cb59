"""Processing channels: ways of an account to take payments, each through one terminal."""

from __future__ import annotations

from fils.application.accounts import find_account
from fils.application.administration import recorded
from fils.application.ports import Batch, Ports
from fils.application.terminals import find_terminal_for
from fils.domain.account import Account, ProcessingChannel
from fils.domain.audit import AuditedAct
from fils.domain.errors import CommandRefused
from fils.domain.identifiers import PROCESSING_CHANNEL, ProcessingChannelId
from fils.domain.person import clean, new_name


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
    """
    owner = await find_account(ports, account)
    terminal_id = await find_terminal_for(ports, owner, terminal)
    called = new_name(name, what="channel")
    if any(
        item.name.casefold() == called.casefold() for item in await ports.store.processing_channels(owner.id)
    ):
        raise CommandRefused("channel_name_taken", f"{owner.name} has a channel called {called} already")
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


async def find_channel(ports: Ports, account: Account, name: str) -> ProcessingChannel:
    """
    The account's channel that *name* means: its id, or its name.

    Raises:
        CommandRefused: If it means none.
    """
    for channel in await ports.store.processing_channels(account.id):
        if name == channel.id or clean(name).casefold() == channel.name.casefold():
            return channel
    raise CommandRefused(
        "channel_unknown", f"{account.name} has no channel {clean(name)}; `fils channels list` shows them"
    )
