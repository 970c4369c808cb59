"""How the parts are: a word for each, in a bounded time, however often somebody asks."""

from __future__ import annotations

import asyncio

import pytest

from fils.application import health
from fils.application.health import Health, PartFailing
from fils.domain.errors import StorageUnavailable


async def works() -> None:
    """A part without trouble."""


async def fails() -> None:
    raise StorageUnavailable("the password is hunter2")


async def lags() -> None:
    raise PartFailing("behind")


async def hangs() -> None:
    await asyncio.sleep(60)


async def test_each_part_has_a_word_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "PART_TIMEOUT_S", 0.02)
    parts = Health()
    for check in (works, fails, lags, hangs):
        parts.add(check.__name__, check)
    assert await parts.ask() == {"works": "ok", "fails": "failing", "lags": "behind", "hangs": "no_answer"}


async def test_those_who_ask_together_or_soon_share_one_answer() -> None:
    asked_count = 0

    async def counted() -> None:
        nonlocal asked_count
        asked_count += 1
        await asyncio.sleep(0)

    parts = Health()
    parts.add("counted", counted)
    await asyncio.gather(*(parts.ask() for _ in range(100)))
    await parts.ask()
    assert asked_count == 1


async def test_after_a_while_the_parts_are_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "COUNTS_FOR_S", 0)
    words = iter(["behind", "stuck"])

    async def worse() -> None:
        raise PartFailing(next(words))

    parts = Health()
    parts.add("worse", worse)
    assert await parts.ask() == {"worse": "behind"}
    await asyncio.sleep(0.01)
    assert await parts.ask() == {"worse": "stuck"}


async def test_who_hangs_up_ends_nobody_elses_asking() -> None:
    gate = asyncio.Event()

    async def waits() -> None:
        await gate.wait()

    parts = Health()
    parts.add("waits", waits)
    first, second = asyncio.create_task(parts.ask()), asyncio.create_task(parts.ask())
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait([first])
    gate.set()
    assert await second == {"waits": "ok"}
