"""The loop that forgets answers once their day is over."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from fils.application.idempotency import KEPT_FOR
from fils.application.ports import Batch
from fils.domain.errors import StorageUnavailable
from fils.domain.kept_answer import KeptAnswer
from fils.storage.memory import MemoryStore
from fils.worker.forgetting_loop import ForgettingLoop
from tests.support.application_ports import ACCOUNT
from tests.support.payment_states import Counter


async def kept_answer(counter: Counter) -> KeptAnswer:
    answer = KeptAnswer(
        account_id=ACCOUNT.id,
        method="POST",
        path="/payments/setups",
        key="one",
        body_digest="",
        status=200,
        sealed_body="",
        kept_at=counter.clock.now(),
    )
    await counter.ports.store.commit(Batch(inserts=(answer,)))
    return answer


async def is_kept(counter: Counter, answer: KeptAnswer) -> bool:
    found = await counter.ports.store.kept_answer(
        answer.account_id, method=answer.method, path=answer.path, key=answer.key
    )
    return found is not None


async def until_forgotten(counter: Counter, answer: KeptAnswer) -> None:
    async with asyncio.timeout(5):
        while await is_kept(counter, answer):
            await asyncio.sleep(0)


async def test_answers_go_once_their_day_is_over(counter: Counter) -> None:
    answer = await kept_answer(counter)
    loop = ForgettingLoop(counter.ports, round_s=0.001)
    loop.start()
    await asyncio.sleep(0.01)
    assert await is_kept(counter, answer)
    counter.clock.move(KEPT_FOR + timedelta(seconds=1))
    await until_forgotten(counter, answer)
    await loop.stop()


class TroubledStore(MemoryStore):
    """Cannot forget the first time it is asked to."""

    def __init__(self, trouble: Exception) -> None:
        super().__init__()
        self._troubles = [trouble]

    async def forget_answers(self, *, before: datetime, limit: int) -> int:
        if self._troubles:
            raise self._troubles.pop()
        return await super().forget_answers(before=before, limit=limit)


@pytest.mark.parametrize(
    ("trouble", "level", "words"),
    [
        (StorageUnavailable("the disk is gone"), "WARNING", "the disk is gone"),
        (KeyError("a bug"), "ERROR", "the next round tries again"),
    ],
    ids=["store", "bug"],
)
async def test_trouble_is_told_and_tried_again(
    caplog: pytest.LogCaptureFixture, trouble: Exception, level: str, words: str
) -> None:
    counter = await Counter.open(store=TroubledStore(trouble))
    answer = await kept_answer(counter)
    counter.clock.move(KEPT_FOR + timedelta(seconds=1))
    loop = ForgettingLoop(counter.ports, round_s=0.001)
    loop.start()
    await until_forgotten(counter, answer)
    await loop.stop()
    assert [record.levelname for record in caplog.records] == [level]
    assert words in caplog.text


class EndlessStore(MemoryStore):
    """Has so much to forget that it never ends."""

    async def forget_answers(self, *, before: datetime, limit: int) -> int:
        await asyncio.sleep(0)
        return limit


async def test_it_ends_between_two_handfuls() -> None:
    loop = ForgettingLoop((await Counter.open(store=EndlessStore())).ports, round_s=0.001)
    loop.start()
    await asyncio.sleep(0.01)
    async with asyncio.timeout(1):
        await loop.stop()


async def test_it_ends_at_once_also_while_it_rests(counter: Counter) -> None:
    await ForgettingLoop(counter.ports).stop()
    loop = ForgettingLoop(counter.ports)
    loop.start()
    async with asyncio.timeout(1):
        await loop.stop()
        await loop.stop()
