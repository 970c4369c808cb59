"""
The loop that settles payments by time: a closed browser, a lost notification, an expiry, a restart.

The work is rows in the database, claimed with leases, so any number of nodes may run it. It looks once at the start,
so that what was due while nobody ran is done at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from datetime import timedelta
from typing import Final

from fils.application.health import PartFailing
from fils.application.ports import Ports
from fils.application.settling import LEASE, settle_due_payments
from fils.application.telemetry import stopwatch_us
from fils.domain.errors import StorageError

_LOG: Final = logging.getLogger("fils")
_TROUBLE: Final = "payments that are due could not be settled; they stay due"

POLL_S: Final = 1.0
"""How long the loop rests when nothing is due."""
TROUBLE_PAUSE_S: Final = 5.0
"""How long it rests after something could not be settled."""
AT_ONCE_MAX: Final = 16
"""How many payments are settled side by side."""
STUCK_AFTER_US: Final = 2 * LEASE // timedelta(microseconds=1)
"""A round that takes so long ends no more: each inquiry in it has a time limit far below that."""


class SettlingLoop:
    """Settles due payments until it is stopped. What is under way is finished first."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._round_began_us: int | None = None

    def start(self) -> None:
        """Begin, in the running event loop."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Finish what is under way and end."""
        self._stopping.set()
        if self._task is not None:
            await self._task
            self._task = None

    async def check(self) -> None:
        """Return if the loop is at work, or raise ``PartFailing``."""
        if self._task is None or self._task.done():
            raise PartFailing("stopped")
        if self._round_began_us is not None and stopwatch_us() - self._round_began_us > STUCK_AFTER_US:
            raise PartFailing("stuck")

    async def _run(self) -> None:
        while not self._stopping.is_set():
            pause = await self._round()
            if pause:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), pause)

    async def _round(self) -> float:
        """One round; returns how many seconds to rest after it."""
        began_us = self._round_began_us = stopwatch_us()
        try:
            settled = await settle_due_payments(self._ports, limit=AT_ONCE_MAX)
        except StorageError as error:
            _LOG.warning("%s: %s", _TROUBLE, error)
        except Exception:
            # The outermost edge of the work that nobody waits for: whatever one payment fails with, the others
            # have to be settled.
            _LOG.exception(_TROUBLE)
        else:
            self._tell(settled, began_us, is_whole=True)
            return 0 if settled == AT_ONCE_MAX else POLL_S
        self._tell(0, began_us, is_whole=False)
        return TROUBLE_PAUSE_S

    def _tell(self, settled_count: int, began_us: int, *, is_whole: bool) -> None:
        duration_us = stopwatch_us() - began_us
        self._ports.telemetry.round_ended(
            settled_count=settled_count, duration_us=duration_us, is_whole=is_whole
        )
