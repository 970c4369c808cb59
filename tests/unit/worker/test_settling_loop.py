"""The loop that settles payments by time."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from fils.application.ports import Answer, Inquiry
from fils.domain.payment import PaymentStatus
from fils.worker.settling_loop import SettlingLoop
from tests.support.application_ports import ScriptedBank, SettableClock, make_ports, seed
from tests.support.payment_states import Counter


class FaultyBank(ScriptedBank):
    """A bank whose connector has a bug that shows once."""

    async def inquire(self, inquiry: Inquiry) -> Answer:
        self.inquiries.append(inquiry)
        raise KeyError("a bug")


async def until_idle() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


async def test_the_loop_looks_at_once_and_ends_when_told(counter: Counter) -> None:
    payment = await counter.confirm()
    counter.clock.move(timedelta(hours=1))
    loop = SettlingLoop(counter.ports)
    loop.start()
    await until_idle()
    assert (await counter.stored(payment.id)).status is PaymentStatus.EXPIRED
    async with asyncio.timeout(1):
        await loop.stop()
        await loop.stop()


async def test_the_loop_takes_more_than_one_handful_without_resting(counter: Counter) -> None:
    payments = [await counter.confirm() for _ in range(40)]
    counter.clock.move(timedelta(hours=1))
    loop = SettlingLoop(counter.ports)
    loop.start()
    await until_idle()
    await loop.stop()
    statuses = {(await counter.stored(payment.id)).status for payment in payments}
    assert statuses == {PaymentStatus.EXPIRED}


async def test_a_bug_is_reported_and_does_not_end_the_loop(caplog: pytest.LogCaptureFixture) -> None:
    bank, clock = FaultyBank(), SettableClock()
    counter = Counter(make_ports(bank=bank, clock=clock), bank, clock)
    await seed(counter.ports)
    faulty = await counter.confirm()
    await counter.start(faulty)
    sound = await counter.confirm()
    clock.move(timedelta(hours=1))
    loop = SettlingLoop(counter.ports)
    loop.start()
    await until_idle()
    assert (await counter.stored(sound.id)).status is PaymentStatus.EXPIRED
    assert "they stay due" in caplog.text
    async with asyncio.timeout(1):
        await loop.stop()


async def test_a_loop_that_was_not_started_can_be_stopped(counter: Counter) -> None:
    await SettlingLoop(counter.ports).stop()
