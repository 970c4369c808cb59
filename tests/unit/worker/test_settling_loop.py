"""The loop that settles payments by time."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from fils.application.health import PartFailing
from fils.application.ports import Answer, Inquiry
from fils.domain.errors import StorageUnavailable
from fils.domain.identifiers import PaymentId
from fils.domain.payment import PaymentStatus
from fils.storage.memory import MemoryStore
from fils.telemetry.watch import Watch
from fils.worker import settling_loop
from fils.worker.settling_loop import SettlingLoop
from tests.support.application_ports import ScriptedBank, SettableClock, make_ports, seed
from tests.support.payment_states import Counter
from tests.support.watching import CountedMeters


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


class LostStore(MemoryStore):
    """A database that is gone for a while."""

    is_gone = True

    async def claim_due_payments(
        self, *, now: datetime, limit: int, lease: timedelta
    ) -> tuple[PaymentId, ...]:
        if self.is_gone:
            raise StorageUnavailable("the database did not answer")
        return await super().claim_due_payments(now=now, limit=limit, lease=lease)


async def test_a_database_that_is_gone_is_one_line_each_time_and_no_traceback(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling_loop, "TROUBLE_PAUSE_S", 0.001)
    store = LostStore()
    counter = await Counter.open(store=store)
    payment = await counter.confirm()
    counter.clock.move(timedelta(hours=1))
    loop = SettlingLoop(counter.ports)
    loop.start()
    await asyncio.sleep(0.01)
    store.is_gone = False
    async with asyncio.timeout(5):
        while (await counter.stored(payment.id)).status is not PaymentStatus.EXPIRED:
            await asyncio.sleep(0.001)
    await loop.stop()
    assert caplog.records
    for record in caplog.records:
        assert (record.levelname, record.exc_info) == ("WARNING", None)
        assert record.getMessage().endswith("they stay due: the database did not answer")


async def test_a_loop_that_was_not_started_can_be_stopped(counter: Counter) -> None:
    await SettlingLoop(counter.ports).stop()


async def test_a_loop_that_is_at_work_says_so_and_one_that_is_not_too(counter: Counter) -> None:
    loop = SettlingLoop(counter.ports)
    with pytest.raises(PartFailing, match="stopped"):
        await loop.check()
    loop.start()
    await until_idle()
    await loop.check()
    await loop.stop()
    with pytest.raises(PartFailing, match="stopped"):
        await loop.check()


async def test_a_round_that_does_not_end_is_told(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling_loop, "STUCK_AFTER_US", -1)
    loop = SettlingLoop(counter.ports)
    loop.start()
    await until_idle()
    with pytest.raises(PartFailing, match="stuck"):
        await loop.check()
    await loop.stop()


async def test_every_round_is_told_with_what_it_settled(counter: Counter) -> None:
    await counter.confirm()
    counter.clock.move(timedelta(hours=1))
    meters = CountedMeters()
    counter.ports = replace(counter.ports, telemetry=Watch(meters))
    loop = SettlingLoop(counter.ports)
    loop.start()
    await until_idle()
    await loop.stop()
    assert meters.counts[("fils_settled_payments_total",)] == 1
    assert meters.counts[("fils_settling_rounds_total", "whole")] >= 1
    assert meters.counts[("fils_payment_events_total", "payment_expired")] == 1
