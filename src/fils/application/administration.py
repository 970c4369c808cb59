"""What commands about accounts, channels, keys and terminals share: what a name means, who did what, trying again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

from fils.application.ports import Ports
from fils.domain.account import Account, ProcessingChannel
from fils.domain.audit import AuditedAct, AuditEntry
from fils.domain.errors import ConcurrentUpdate
from fils.domain.identifiers import AUDIT_ENTRY, AccountId, AuditEntryId
from fils.domain.person import clean, folded, who
from fils.domain.terminal import Terminal

_TRIES_MAX: Final = 5
T = TypeVar("T")
N = TypeVar("N", Account, ProcessingChannel, Terminal)


def recorded(
    ports: Ports, act: AuditedAct, *, account_id: AccountId | None, subject_id: str, by: str, what: str = ""
) -> AuditEntry:
    """
    The entry that is stored in the same batch as what somebody does.

    Args:
        ports: The clock and the ids.
        act: What is done.
        account_id: Whose account it is done to; None for the whole installation.
        subject_id: What it is done to.
        by: Who does it.
        what: What exactly. Never a secret.

    Raises:
        CommandRefused: If *by* says nothing.
    """
    return AuditEntry(
        id=AuditEntryId(ports.ids.identifier(AUDIT_ENTRY)),
        account_id=account_id,
        subject_id=subject_id,
        act=act,
        by=who(by),
        why="",
        at=ports.clock.now(),
        what=what,
    )


async def decided_again(decision: Callable[[], Awaitable[T]]) -> T:
    """
    What *decision* comes to, which reads, decides and commits; it is done again when another one was faster.

    Raises:
        ConcurrentUpdate: If others were faster again and again. Nothing was written.
    """
    for _ in range(_TRIES_MAX - 1):
        try:
            return await decision()
        except ConcurrentUpdate:
            continue
    return await decision()


def meant(items: Sequence[N], name: str) -> N | None:
    """The one whose id is *name*, else the one that is called so: an id wins over another's name that reads like it."""
    by_id = next((item for item in items if item.id == name), None)
    return by_id or next((item for item in items if item.folded_name == folded(clean(name))), None)
