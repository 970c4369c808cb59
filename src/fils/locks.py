"""Locks by name inside one process, so that requests for the same payment queue instead of colliding."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class ProcessLocks:
    """The use cases' ``KeyedLocks``: fair, and remembering only the keys that somebody holds or waits for."""

    def __init__(self) -> None:
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}

    def count(self, key: str) -> int:
        """How many hold *key* or wait for it."""
        return self._locks[key][1] if key in self._locks else 0

    @asynccontextmanager
    async def holding(self, key: str) -> AsyncIterator[None]:
        """Hold *key* for the length of the block; others who want it wait in the order they came."""
        lock, users = self._locks.get(key, (None, 0))
        if lock is None:
            lock = asyncio.Lock()
        self._locks[key] = (lock, users + 1)
        try:
            async with lock:
                yield
        finally:
            lock, users = self._locks[key]
            if users == 1:
                del self._locks[key]
            else:
                self._locks[key] = (lock, users - 1)
