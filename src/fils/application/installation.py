"""How far an installation is set up: what there is, and what the first payment still lacks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from fils.application.ports import Ports
from fils.domain.account import Account
from fils.domain.terminal import Terminal


class Lack(StrEnum):
    """One thing without which no payment can be taken, in the order in which people set up."""

    ACCOUNT = "account"
    TERMINAL = "terminal"
    CHANNEL = "channel"
    KEY = "key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What an installation holds."""

    account_count: int
    terminal_count: int
    lacks: tuple[Lack, ...]
    """What the account that is set up farthest still lacks; nothing if one account can take payments."""


async def survey_installation(ports: Ports) -> Installation:
    """
    Look at what is set up. Whether a bank knows the terminals is not asked.

    Raises:
        StorageUnavailable: If the store cannot be read.
    """
    accounts = await ports.store.accounts()
    terminals = await ports.store.terminals()
    lacks = tuple(Lack)
    for account in accounts:
        lacks = min(lacks, await _lacks_of(ports, account, terminals), key=len)
        if not lacks:
            break
    return Installation(account_count=len(accounts), terminal_count=len(terminals), lacks=lacks)


async def _lacks_of(ports: Ports, account: Account, terminals: Sequence[Terminal]) -> tuple[Lack, ...]:
    now = ports.clock.now()
    usable = [
        terminal
        for terminal in terminals
        if terminal.account_id == account.id and terminal.disabled_at is None
    ]
    keys = await ports.store.secret_keys(account.id)
    is_there = {
        Lack.ACCOUNT: True,
        Lack.TERMINAL: bool(usable),
        Lack.CHANNEL: bool(await ports.store.processing_channels(account.id)),
        Lack.KEY: any(key.is_good(now=now) for key in keys),
    }
    return tuple(lack for lack in Lack if not is_there[lack])
