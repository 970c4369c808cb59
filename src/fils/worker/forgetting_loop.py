"""The loop that forgets answers kept for idempotency keys once their day is over, so that their table stays small."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Final

from fils.application.idempotency import FORGOTTEN_AT_ONCE, forget_oldest_answers
from fils.application.ports import Ports
from fils.domain.errors import StorageError

_LOG: Final = logging.getLogger("fils")
_TROUBLE: Final = "old answers could not be forgotten; the next round tries again"

ROUND_S: Final = 600.0
"""How long the loop rests. A key that comes back earlier is judged by its time, so nothing hurries."""


class ForgettingLoop:
    """Forgets old answers until it is stopped. Any number of nodes may do so at once."""

    def __init__(self, ports: Ports, *, round_s: float = ROUND_S) -> None:
        self._ports = ports
        self._round_s = round_s
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, in the running event loop. The first round comes after a rest, so a start waits for nothing."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Finish what is under way and end."""
        self._stopping.set()
        if self._task is not None:
            await self._task
            self._task = None

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), self._round_s)
            if self._stopping.is_set():
                return
            try:
                await self._round()
            except StorageError as error:
                _LOG.warning("%s: %s", _TROUBLE, error)
            except Exception:
                # The outermost edge of the work that nobody waits for: nothing else would end the loop's rest.
                _LOG.exception(_TROUBLE)

    async def _round(self) -> None:
        """Forget all, some at a time: a day's answers are many, and whoever stops the loop waits for it."""
        while await forget_oldest_answers(self._ports) == FORGOTTEN_AT_ONCE and not self._stopping.is_set():
            pass
