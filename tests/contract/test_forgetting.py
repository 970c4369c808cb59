"""What every store forgets of kept answers: the oldest first, so many at a time, also when two nodes do so at once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from fils.application.ports import Batch, Store
from tests.support import records
from tests.support.records import ACCOUNT, NOW


async def test_the_oldest_are_forgotten_first_and_so_many_at_a_time(store: Store) -> None:
    answers = [replace(records.kept_answer(), kept_at=NOW + timedelta(minutes=age)) for age in range(5)]
    await store.commit(Batch(inserts=(*answers[::-1], records.setup())))

    async def kept() -> list[int]:
        found = [
            await store.kept_answer(ACCOUNT, method=answer.method, path=answer.path, key=answer.key)
            for answer in answers
        ]
        return [age for age, answer in enumerate(found) if answer is not None]

    before = NOW + timedelta(minutes=4)
    assert await store.forget_answers(before=before, limit=2) == 2
    assert await kept() == [2, 3, 4]
    at_once = await asyncio.gather(*(store.forget_answers(before=before, limit=9) for _ in range(4)))
    assert sum(at_once) == 2
    assert await kept() == [4]
