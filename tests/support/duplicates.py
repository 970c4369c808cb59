"""One request sent many times at once under one idempotency key, to one Fils or to several that share a database."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Final

import aiohttp

from fils.config import SANDBOX_KEY

KEY_HEADER: Final = "Cko-Idempotency-Key"


@dataclass(frozen=True, slots=True)
class Duplicate:
    """What one of the requests was answered."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Duplicates:
    """All that was answered to one request."""

    answers: Sequence[Duplicate]

    @property
    def statuses(self) -> Mapping[int, int]:
        """How many had which status."""
        return Counter(answer.status for answer in self.answers)

    def the_answer(self, status: int) -> bytes:
        """
        The one body that every answer with *status* has.

        Raises:
            AssertionError: If there is none, they differ, or an answer is neither that nor a 429.
        """
        bodies = {answer.body for answer in self.answers if answer.status == status}
        assert set(self.statuses) <= {status, 429}, self.statuses
        assert len(bodies) == 1, f"{len(bodies)} different answers"
        return bodies.pop()


async def send_duplicates(
    base_urls: Sequence[str], path: str, body: bytes = b"", *, key: str | None, count: int = 200
) -> Duplicates:
    """
    Post the same request *count* times at once.

    Args:
        base_urls: The nodes, which take turns.
        path: Of each node.
        body: JSON, or nothing.
        key: The idempotency key; None sends none.
        count: How many requests.
    """
    headers = {"Authorization": f"Bearer {SANDBOX_KEY}"} | ({KEY_HEADER: key} if key is not None else {})
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(headers=headers, connector=connector) as session:

        async def send(base_url: str) -> Duplicate:
            async with session.post(base_url + path, data=body) as answer:
                return Duplicate(answer.status, await answer.read())

        nodes = cycle(base_urls)
        return Duplicates(await asyncio.gather(*(send(next(nodes)) for _ in range(count))))
