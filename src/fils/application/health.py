"""
How the parts of this process are: what ``/health`` and ``/ready`` answer from.

Each part is asked for a bounded time, all side by side, and what it said counts for a second: however often
somebody asks, the parts hardly notice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from fils.domain.errors import FilsError

PART_TIMEOUT_S: Final = 2
"""How long a part may take to say how it is."""
COUNTS_FOR_S: Final = 1
"""How long an answer is used again."""

OK: Final = "ok"
"""The word of a part that works."""
FAILING: Final = "failing"
NO_ANSWER: Final = "no_answer"

Check = Callable[[], Awaitable[None]]
"""Returns if the part works; raises ``PartFailing`` or another error of ours if it does not."""


class PartFailing(FilsError):
    """A part does not work. Its text is one word of ours that anybody may read."""


class Health:
    """The parts of one process, and whether it is about to end."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}
        self._asking: dict[str, asyncio.Task[str]] = {}
        self.is_stopping = False
        """Whether the process was told to end: it finishes what is under way and should get nothing new."""

    def add(self, name: str, check: Check) -> None:
        """Ask that part too, from now on."""
        self._checks[name] = check

    def stop(self) -> None:
        """Say that the process is about to end."""
        self.is_stopping = True

    async def ask(self) -> Mapping[str, str]:
        """A word for each part, ``ok`` if it works. Takes no longer than one part may take."""
        names = tuple(self._checks)
        words = await asyncio.gather(*(self.ask_part(name) for name in names))
        return dict(zip(names, words, strict=True))

    async def ask_part(self, name: str) -> str:
        """The word for that part alone, whatever others take their time for; ``ok`` if there is no such part."""
        check = self._checks.get(name)
        if check is None:
            return OK
        asking = self._asking.get(name)
        if asking is None:
            asking = self._asking[name] = asyncio.create_task(_word(check))
            asking.add_done_callback(lambda _: self._forget_later(name))
        # Who hangs up does not end the asking that others wait for.
        return await asyncio.shield(asking)

    def _forget_later(self, name: str) -> None:
        asyncio.get_running_loop().call_later(COUNTS_FOR_S, self._asking.pop, name)


async def _word(check: Check) -> str:
    try:
        async with asyncio.timeout(PART_TIMEOUT_S):
            await check()
    except PartFailing as error:
        return str(error)
    except FilsError:
        return FAILING
    except TimeoutError:
        return NO_ANSWER
    return OK
