"""
The loop that settles payments by time: a closed browser, a lost notification, an expiry, a restart.

The work is rows in the database, claimed with leases, so any number of nodes may run it. It looks once at the start,
so that what was due while nobody ran is done at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Final

from fils.application.ports import Ports
from fils.application.settling import settle_due_payments

_LOG: Final = logging.getLogger("fils")

POLL_S: Final = 1.0
"""How long the loop rests when nothing is due."""
TROUBLE_PAUSE_S: Final = 5.0
"""How long it rests after something could not be settled."""
AT_ONCE_MAX: Final = 16
"""How many payments are settled side by side."""


class SettlingLoop:
    """Settles due payments until it is stopped. What is under way is finished first."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, in the running event loop."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Finish what is under way and end."""
        self._stopping.set()
        if self._task is not None:
            await self._task
            self._task = None

    async def _run(self) -> None:
        while not self._stopping.is_set():
            pause = await self._round()
            if pause:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), pause)

    async def _round(self) -> float:
        """One round; returns how many seconds to rest after it."""
        try:
            settled = await settle_due_payments(self._ports, limit=AT_ONCE_MAX)
        except Exception:
            # The outermost edge of the work that nobody waits for: whatever one payment fails with, the others
            # have to be settled.
            _LOG.exception("payments that are due could not be settled; they stay due")
            return TROUBLE_PAUSE_S
        return 0 if settled == AT_ONCE_MAX else POLL_S
