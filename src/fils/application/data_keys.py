"""Replacing the master key: the data keys as they are sealed, and the one commit that seals them anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fils.application.administration import recorded
from fils.application.ports import Batch, Ports
from fils.domain.audit import AuditedAct
from fils.domain.data_key import DataKey
from fils.domain.errors import ConcurrentUpdate


@dataclass(frozen=True, slots=True)
class Reseal:
    """A data key under another master key. Whoever made it has seen that the new master key opens it."""

    id: str
    version: int
    """Of the data key that was opened; another one meanwhile refuses the whole."""
    sealed: str
    sealed_under: str
    """The fingerprint of the new master key."""


async def list_data_keys(ports: Ports) -> tuple[DataKey, ...]:
    """The data keys, sealed as they are stored."""
    return await ports.store.data_keys()


async def replace_seals(ports: Ports, reseals: Sequence[Reseal], *, by: str) -> None:
    """
    Seal the data keys under another master key, all in one commit. Whoever has them open goes on with them.

    Args:
        ports: The use cases' parts.
        reseals: Every data key anew.
        by: Who does it.

    Raises:
        CommandRefused: If *by* says nothing.
        ConcurrentUpdate: If any was sealed anew meanwhile, or is missing. Nothing was written.
    """
    stored = {(key.id, key.version): key for key in await ports.store.data_keys()}
    if stored.keys() != {(item.id, item.version) for item in reseals}:
        raise ConcurrentUpdate("the data keys are not the ones that were opened")
    updates = [
        replace(stored[item.id, item.version], sealed=item.sealed, sealed_under=item.sealed_under)
        for item in reseals
    ]
    entries = [
        recorded(
            ports,
            AuditedAct.MASTER_KEY_REPLACED,
            account_id=None,
            subject_id=after.id,
            by=by,
            what=f"{stored[after.id, after.version].sealed_under} by {after.sealed_under}",
        )
        for after in updates
    ]
    await ports.store.commit(Batch(inserts=entries, updates=updates))
