"""Stores in memory that behave as one does whose database is busy, or which other nodes write to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from fils.application.ports import Batch
from fils.domain.errors import ConcurrentUpdate
from fils.storage.memory import MemoryStore


class BusyStore(MemoryStore):
    """Lets others go first at every read and commit, as a store with a disk or a network does."""

    def __init__(self) -> None:
        super().__init__()
        self.conflict_count = 0

    async def commit(self, batch: Batch) -> None:
        await asyncio.sleep(0)
        try:
            await super().commit(batch)
        except ConcurrentUpdate:
            self.conflict_count += 1
            raise

    async def _documents(self, query: str, *parameters: str | int) -> Sequence[str]:
        await asyncio.sleep(0)
        return await super()._documents(query, *parameters)


class CrowdedStore(MemoryStore):
    """Counts how many reads are under way at once."""

    def __init__(self) -> None:
        super().__init__()
        self.most = 0
        self._now = 0

    async def _documents(self, query: str, *parameters: str | int) -> Sequence[str]:
        self._now += 1
        self.most = max(self.most, self._now)
        await asyncio.sleep(0)
        self._now -= 1
        return await super()._documents(query, *parameters)


class OvertakenStore(MemoryStore):
    """Refuses the next *overtaken_count* guarded batches, as if another node had been faster."""

    def __init__(self) -> None:
        super().__init__()
        self.overtaken_count = 0
        self.refused_count = 0

    async def commit(self, batch: Batch) -> None:
        if batch.updates and self.overtaken_count:
            self.overtaken_count -= 1
            self.refused_count += 1
            raise ConcurrentUpdate("another node was faster")
        await super().commit(batch)


class InterruptedStore(MemoryStore):
    """Lets something else happen between the reads of a decision and its commit, once."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], Awaitable[object]] | None = None

    async def commit(self, batch: Batch) -> None:
        if self.meanwhile is not None and batch.updates:
            happen, self.meanwhile = self.meanwhile, None
            await happen()
        await super().commit(batch)
