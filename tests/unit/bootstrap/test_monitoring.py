"""The parts that the health of a gateway is made of."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from fils.application import health
from fils.application.ports import Batch, Wake
from fils.bootstrap import monitoring
from fils.bootstrap.monitoring import BEHIND, add_parts, open_meters
from fils.config import read_settings
from fils.domain.errors import StorageUnavailable
from fils.telemetry.meters import NoMeters, PrometheusMeters
from tests.support.application_ports import SettableClock, WatchedStore, make_ports, seed
from tests.support.payment_states import Counter

SECOND = timedelta(seconds=1)


@pytest.fixture
def store() -> WatchedStore:
    return WatchedStore()


@pytest.fixture
async def counter(store: WatchedStore, monkeypatch: pytest.MonkeyPatch) -> Counter:
    monkeypatch.setattr(health, "COUNTS_FOR_S", 0)
    return await Counter.open(store=store)


def with_parts(counter: Counter, folder: Path, *, is_open: bool = True) -> Counter:
    settings = read_settings({"FILS_DATABASE_URL": str(folder / "fils.sqlite3")})
    add_parts(counter.ports, settings, is_connector_open=lambda: is_open)
    return counter


async def test_all_is_well(counter: Counter, tmp_path: Path) -> None:
    words = await with_parts(counter, tmp_path).ports.health.ask()
    assert words == dict.fromkeys(("database", "database_writes", "due_payments", "bank", "disk"), "ok")


async def test_a_database_that_can_be_read_and_not_written_is_told_apart(
    counter: Counter, store: WatchedStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(_: Batch) -> None:
        raise StorageUnavailable("the disk is full")

    monkeypatch.setattr(store, "commit", refuse)
    words = await with_parts(counter, tmp_path).ports.health.ask()
    assert (words["database"], words["database_writes"]) == ("ok", "failing")


@pytest.mark.parametrize(("late_by", "word"), [(-SECOND, "ok"), (SECOND, "behind")])
async def test_due_payments_that_nobody_has_are_told_after_a_while(
    counter: Counter, tmp_path: Path, late_by: timedelta, word: str
) -> None:
    payment = await counter.confirm()
    due_at = counter.clock.now()
    await counter.ports.store.commit(Batch(wakes=(Wake(payment.account_id, payment.id, due_at),)))
    counter.clock.move(BEHIND + late_by)
    assert (await with_parts(counter, tmp_path).ports.health.ask())["due_payments"] == word


async def test_what_a_node_has_in_hand_is_not_behind(counter: Counter, tmp_path: Path) -> None:
    payment = await counter.confirm()
    now = counter.clock.now()
    await counter.ports.store.commit(Batch(wakes=(Wake(payment.account_id, payment.id, now),)))
    counter.clock.move(2 * BEHIND)
    await counter.ports.store.claim_due_payments(now=counter.clock.now(), limit=1, lease=timedelta(minutes=1))
    assert (await with_parts(counter, tmp_path).ports.health.ask())["due_payments"] == "ok"


async def test_a_connector_that_is_closed_is_told(counter: Counter, tmp_path: Path) -> None:
    words = await with_parts(counter, tmp_path, is_open=False).ports.health.ask()
    assert words["bank"] == "closed"


async def test_a_disk_without_room_is_told(
    counter: Counter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await with_parts(counter, tmp_path / "gone").ports.health.ask())["disk"] == "full"
    monkeypatch.setattr(monitoring, "FREE_OCTETS_MIN", 2**63)
    other = Counter(make_ports(), counter.bank, SettableClock())
    await seed(other.ports)
    assert (await with_parts(other, tmp_path).ports.health.ask())["disk"] == "full"


async def test_with_postgresql_the_disk_is_not_ours(counter: Counter) -> None:
    settings = read_settings({"FILS_DATABASE_URL": "postgresql://db/fils", "FILS_MODE": "sandbox"})
    add_parts(counter.ports, settings, is_connector_open=lambda: True)
    assert "disk" not in await counter.ports.health.ask()


def test_measurements_are_kept_only_where_metrics_are_asked_for() -> None:
    assert isinstance(open_meters(read_settings({})), NoMeters)
    asked = read_settings({"FILS_METRICS_LISTEN": "127.0.0.1:9140"})
    assert isinstance(open_meters(asked), PrometheusMeters)
