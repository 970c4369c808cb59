"""
What the bank does by itself when its time has come: it gives up, gives back, captures late, and tells late.

Everything that is due is a row of the books, so that it survives the process and follows the bank's clock alone: a
test moves the clock and lets it be done.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final

from fils.knet.simulator.books import Books
from fils.knet.simulator.orders import Act, Due
from fils.knet.simulator.settings import SimulatorSettings
from fils.knet.simulator.telling import Teller
from fils.knet.wire import NotificationMode

_LOG: Final = logging.getLogger("fils")
_BY_THE_BOOKS_ALONE: Final = (Act.GIVE_UP, Act.REVERSE, Act.CAPTURE)
_LONGEST_REST_S: Final = 1.0
"""A clock may be moved, and rows may be added, while nobody looks."""
_SHORTEST_REST_S: Final = 0.02


class DueWork:
    """Does what is due in one bank's books."""

    def __init__(
        self, books: Books, teller: Teller, settings: SimulatorSettings, clock: Callable[[], datetime]
    ) -> None:
        self._books = books
        self._teller = teller
        self._settings = settings
        self._clock = clock
        self._doing = asyncio.Lock()

    def give_up_interrupted(self) -> None:
        """Give up all that a process that died was still telling: a bank cannot know that it was heard."""
        now = self._clock()
        for order in self._books.being_told():
            self._books.give_up(order.payment_id, now + self._settings.reversal_delay(order.payment_id))

    def settle(self) -> int:
        """Do what is due in the books alone, so that an answer is right to the second. Returns how much it was."""
        count = 0
        while (due := self._books.first_due(self._clock(), _BY_THE_BOOKS_ALONE)) is not None:
            self._settle(due)
            count += 1
        return count

    async def do(self) -> int:
        """Do all that is due now, in its order, after what is under way. Returns how many things it did."""
        count = 0
        async with self._doing:
            while (due := self._books.first_due(self._clock(), Act)) is not None:
                if due.act is Act.TELL:
                    await self._tell(due.payment_id)
                else:
                    self._settle(due)
                count += 1
                # A bank with many things to do answers its customers in between.
                await asyncio.sleep(0)
        return count

    async def run(self) -> None:
        """Do what is due whenever it is, until cancelled. What is being told then was interrupted."""
        while True:
            try:
                await self.do()
                rest = self._rest()
            except Exception:
                # The outermost edge of work that nobody waits for: whatever one thing fails with, the others have to
                # be done.
                _LOG.exception("something that is due at the simulated bank could not be done; it stays due")
                rest = _LONGEST_REST_S
            await asyncio.sleep(rest)

    def _rest(self) -> float:
        next_at = self._books.next_due_at()
        if next_at is None:
            return _LONGEST_REST_S
        until_then = (next_at - self._clock()).total_seconds()
        return min(max(until_then, _SHORTEST_REST_S), _LONGEST_REST_S)

    def _settle(self, due: Due) -> None:
        if due.act is Act.GIVE_UP:
            # It follows from when it was due, so that a clock that jumps leads to the same books.
            self._books.give_up(due.payment_id, due.at + self._settings.reversal_delay(due.payment_id))
        elif due.act is Act.REVERSE:
            self._books.reverse(due.payment_id)
        else:
            self._books.capture_late(due.payment_id)

    async def _tell(self, payment_id: str) -> None:
        waiting = self._books.read(payment_id)
        terminal = self._settings.terminal(waiting.placed.terminal_id) if waiting else None
        in_mode_n = terminal is not None and terminal.mode is NotificationMode.SERVER_TO_SERVER
        give_up = self._teller.giving_up(payment_id, self._clock()) if in_mode_n else None
        order = self._books.begin_telling(payment_id, give_up)
        if order is None or terminal is None:
            return
        if in_mode_n:
            await self._teller.tell(order, terminal)
        else:
            await self._teller.carry(order, terminal)
