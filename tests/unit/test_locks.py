"""Locks by name."""

from __future__ import annotations

import asyncio

import pytest

from fils.locks import ProcessLocks


class Log:
    """What happened in which order, with a switch for whoever holds a lock."""

    def __init__(self) -> None:
        self.locks = ProcessLocks()
        self.entries: list[str] = []
        self.go = asyncio.Event()

    async def hold(self, key: str, name: str) -> None:
        async with self.locks.holding(key):
            self.entries.append(f"{name} in")
            await self.go.wait()
            self.entries.append(f"{name} out")


async def started(*tasks: asyncio.Task[None]) -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_those_who_want_the_same_key_queue_in_order() -> None:
    log = Log()
    tasks = [asyncio.create_task(log.hold("a", name)) for name in "123"]
    await started(*tasks)
    assert log.entries == ["1 in"]
    log.go.set()
    await asyncio.gather(*tasks)
    assert log.entries == ["1 in", "1 out", "2 in", "2 out", "3 in", "3 out"]


async def test_different_keys_do_not_wait_for_each_other() -> None:
    log = Log()
    tasks = [asyncio.create_task(log.hold(key, key)) for key in "ab"]
    await started(*tasks)
    assert log.entries == ["a in", "b in"]
    log.go.set()
    await asyncio.gather(*tasks)


async def test_an_error_inside_lets_the_next_in() -> None:
    locks = ProcessLocks()
    with pytest.raises(RuntimeError):
        async with locks.holding("a"):
            raise RuntimeError
    async with asyncio.timeout(1), locks.holding("a"):
        pass


async def test_whoever_gives_up_waiting_is_forgotten_and_nobody_is_skipped() -> None:
    log = Log()
    first, second, third = (asyncio.create_task(log.hold("a", name)) for name in "123")
    await started(first, second, third)
    second.cancel()
    await started(second)
    log.go.set()
    await asyncio.gather(first, third)
    assert log.entries == ["1 in", "1 out", "3 in", "3 out"]


async def test_no_key_is_remembered_that_nobody_holds_or_wants() -> None:
    log = Log()
    tasks = [asyncio.create_task(log.hold(str(number % 7), "x")) for number in range(50)]
    await started(*tasks)
    tasks[-1].cancel()
    log.go.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert log.locks._locks == {}


async def test_it_is_told_how_many_hold_a_key_or_wait_for_it() -> None:
    log = Log()
    assert log.locks.count("a") == 0
    tasks = [asyncio.create_task(log.hold("a", name)) for name in "123"]
    await started(*tasks)
    assert (log.locks.count("a"), log.locks.count("b")) == (3, 0)
    log.go.set()
    await asyncio.gather(*tasks)
    assert log.locks.count("a") == 0
