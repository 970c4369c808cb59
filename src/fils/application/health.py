"""
How the parts of this process are: what ``/health`` and ``/ready`` answer from.

Each part is asked for a bounded time, all side by side, and what they said counts for a second: however often
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
        self._asking: asyncio.Task[Mapping[str, str]] | None = None
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
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask())
            self._asking.add_done_callback(self._forget_later)
        # Who hangs up does not end the asking that others wait for.
        return await asyncio.shield(self._asking)

    async def _ask(self) -> Mapping[str, str]:
        words = await asyncio.gather(*(_word(check) for check in self._checks.values()))
        return dict(zip(self._checks, words, strict=True))

    def _forget_later(self, _: object) -> None:
        asyncio.get_running_loop().call_later(COUNTS_FOR_S, self._forget)

    def _forget(self) -> None:
        self._asking = None


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
