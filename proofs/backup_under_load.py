"""
Proof by load: customers buy while backups are taken, one after the other; then each is restored beside and verified.

What was answered to a shop or a customer before a backup began has to be in it, every law of ``fils verify`` has to
hold in what was restored, and requests must not wait noticeably longer while a backup is taken.

    .venv/bin/python -m proofs.backup_under_load --seconds 120 --customers 16
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from fils.domain.payment import Payment, PaymentStatus
from fils.domain.payment_setup import PaymentSetup
from fils.storage.snapshot import open_snapshot
from fils.storage.stored_records import SnapshotRecords
from proofs.support.parties import Stage, staged
from proofs.support.traffic import Told, sell
from tests.support.command_line import clean_environment, command
from tests.support.customer import DOCUMENTED_REQUEST, Shop
from tests.support.postgresql import PostgresqlServer

_PROBE_PAUSE_S: Final = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a proof consists of."""

    seed: int
    seconds: float
    """No sale and no backup starts after that time."""
    customers_count: int = 16
    pause_s: float = 0.5
    """Between two backups."""
    on_postgresql: bool = False


@dataclass(frozen=True, slots=True)
class Backup:
    """One backup, and what had been told before it began."""

    path: Path
    took_s: float
    told: Told


@dataclass
class Result:
    """How a proof went."""

    faults: list[str] = field(default_factory=list)
    backup_times_s: list[float] = field(default_factory=list)
    payment_counts: list[int] = field(default_factory=list)
    """In each backup."""
    meanwhile_s: list[float] = field(default_factory=list)
    """How long creates took while a backup was taken."""
    otherwise_s: list[float] = field(default_factory=list)


def prove(plan: Plan, folder: Path) -> Result:
    """Run *plan* in *folder*, which keeps every file."""
    result = Result()
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(PostgresqlServer()) if plan.on_postgresql else None
        database = server.url(asyncio.run(server.create_database())) if server else None
        with staged(folder, database=database) as stage:
            backups = _sell_and_back_up(stage, plan, folder, result)
        for number, backup in enumerate(backups):
            # A backup of PostgreSQL is restored to each of both by turns.
            to_server = server if number % 2 else None
            target = (
                to_server.url(asyncio.run(to_server.create_database()))
                if to_server
                else str(folder / f"restored-{number}.sqlite3")
            )
            _restore(backup, target, folder, result)
    return result


def _sell_and_back_up(stage: Stage, plan: Plan, folder: Path, result: Result) -> list[Backup]:
    told = Told()
    backups: list[Backup] = []
    until = time.monotonic() + plan.seconds
    busy = threading.Event()
    with _selling(stage, told, plan, until), _probing(stage, busy, result):
        while time.monotonic() < until or not backups:
            time.sleep(plan.pause_s)
            # First what was told, then the backup: not the other way round.
            before = Told(told.setups[:], told.payments[:], set(told.captured))
            path = folder / f"{len(backups)}.backup"
            busy.set()
            begun_at = time.monotonic()
            ended = _fils("backup", str(path), database=stage.database, folder=folder)
            took_s = time.monotonic() - begun_at
            busy.clear()
            if ended.returncode != 0:
                result.faults.append(f"{path.name}: {ended.stderr}")
                break
            backups.append(Backup(path, took_s, before))
            result.backup_times_s.append(took_s)
    return backups


@contextlib.contextmanager
def _selling(stage: Stage, told: Told, plan: Plan, until: float) -> Iterator[None]:
    def work() -> None:
        sell(
            stage.base_url,
            told,
            purchases_count=10**6,
            customers_count=plan.customers_count,
            seed=plan.seed,
            until=until,
        )

    with _in_background(work):
        yield


@contextlib.contextmanager
def _probing(stage: Stage, busy: threading.Event, result: Result) -> Iterator[None]:
    """Create one setup after the other, and note how long each took."""
    ending = threading.Event()

    def work() -> None:
        shop = Shop(stage.base_url)
        while not ending.is_set():
            was_busy, begun_at = busy.is_set(), time.monotonic()
            shop.post("/payments/setups", DOCUMENTED_REQUEST)
            took_s = time.monotonic() - begun_at
            if was_busy == busy.is_set():
                (result.meanwhile_s if was_busy else result.otherwise_s).append(took_s)
            time.sleep(_PROBE_PAUSE_S)

    with _in_background(work):
        try:
            yield
        finally:
            ending.set()


@contextlib.contextmanager
def _in_background(work: Callable[[], None]) -> Iterator[None]:
    failures: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as failure:
            failures.append(failure)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        thread.join()
    if failures:
        raise failures[0]


def _restore(backup: Backup, target: str, folder: Path, result: Result) -> None:
    restored = _fils("restore", str(backup.path), database=target, folder=folder)
    if restored.returncode != 0:
        result.faults.append(f"{backup.path.name}: {restored.stdout[-2000:]}{restored.stderr}")
        return
    verified = _fils("verify", "--json", database=target, folder=folder)
    if verified.returncode != 0:
        result.faults += [f"{backup.path.name}: {item}" for item in json.loads(verified.stdout)["violations"]]
    setups, statuses = asyncio.run(_stored(target))
    result.payment_counts.append(len(statuses))
    told = backup.told
    missing = [name for name in told.setups if name not in setups]
    missing += [name for name in told.payments if name not in statuses]
    missing += [name for name in told.captured if statuses.get(name) is not PaymentStatus.CAPTURED]
    result.faults += [f"{backup.path.name}: {name} was told before and is not in it" for name in missing]


async def _stored(database: str) -> tuple[set[str], dict[str, PaymentStatus | None]]:
    async with open_snapshot(database) as snapshot:
        records = SnapshotRecords(snapshot)
        setups = {str(item.id) async for chunk in records.every(PaymentSetup) for item in chunk}
        statuses = {str(item.id): item.status async for chunk in records.every(Payment) for item in chunk}
    return setups, statuses


def _fils(*arguments: str, database: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        "FILS_MODE": "sandbox",
        "FILS_DATABASE_URL": database,
        "FILS_DATA_DIR": str(folder),
    }
    return subprocess.run(
        command(*arguments),
        cwd=folder,
        env=clean_environment(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def main() -> int:
    """Run the proof; returns the exit code: 1 when anything was missing or broken, and then the files are kept."""
    plan = _read_plan()
    folder = Path(tempfile.mkdtemp(prefix="fils-backups-"))
    print(f"seed {plan.seed}", flush=True)
    result = prove(plan, folder)
    print(_summary(result))
    if result.faults:
        print("\n".join(result.faults[:40]))
        print(f"{len(result.faults)} faults; the files are in {folder}")
        return 1
    shutil.rmtree(folder)
    return 0


def _read_plan() -> Plan:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--customers", type=int, default=16, help="so many at a time")
    parser.add_argument("--postgresql", action="store_true", help="store in a PostgreSQL of its own")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    options = parser.parse_args()
    return Plan(
        seed=options.seed,
        seconds=options.seconds,
        customers_count=options.customers,
        on_postgresql=options.postgresql,
    )


def _summary(result: Result) -> str:
    times = ", ".join(f"{took:.1f}" for took in result.backup_times_s)
    return "\n".join(
        (
            f"{len(result.backup_times_s)} backups, each within (s): {times}",
            f"payments in them: {result.payment_counts}",
            f"creates while one was taken: {_spread(result.meanwhile_s)}",
            f"creates otherwise: {_spread(result.otherwise_s)}",
        )
    )


def _spread(times_s: list[float]) -> str:
    if len(times_s) < 2:
        return f"{len(times_s)}"
    hundredths = statistics.quantiles(times_s, n=100, method="inclusive")
    middle, high, most = (value * 1000 for value in (hundredths[49], hundredths[98], max(times_s)))
    return f"{len(times_s)}, half within {middle:.0f} ms, 99 % within {high:.0f} ms, all within {most:.0f} ms"


if __name__ == "__main__":
    sys.exit(main())
