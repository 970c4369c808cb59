"""The SQLite store against what happens to files and processes: kills, locks, full disks, wrong files."""

from __future__ import annotations

import asyncio
import resource
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fils.application.ports import Batch, Wake
from fils.domain.errors import ConfigurationError, StorageUnavailable
from fils.domain.identifiers import PaymentId, PaymentSetupId, SessionId
from fils.domain.payment_setup import PaymentSetup
from fils.storage import SqliteStore, open_store
from fils.storage.sqlite_file import reason
from fils.storage.sqlite_writer import WAITING_MAX
from tests.support import records

ROOT = Path(__file__).parents[2]

WRITER = """
import asyncio, sys
from dataclasses import replace
from pathlib import Path
from fils.application.ports import Batch
from fils.storage import SqliteStore
from tests.support import records

async def write(store):
    while True:
        setup, payment = records.setup(), records.payment()
        payment = replace(payment, setup_id=setup.id)
        await store.commit(Batch(inserts=[setup, payment, records.event(payment, 1)]))
        sys.stdout.write(setup.id + "\\n")
        sys.stdout.flush()

async def main():
    store = SqliteStore(Path(sys.argv[1]), mode="sandbox")
    await store.open()
    await asyncio.gather(*(write(store) for _ in range(16)))

asyncio.run(main())
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "fils.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(path, mode="sandbox")
    await store.open()
    yield store
    await store.close()


@contextmanager
def writing_process(path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", WRITER, str(path)]
    with subprocess.Popen(
        command, cwd=ROOT, env={"PYTHONPATH": "src"}, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def acknowledged(process: subprocess.Popen[str], *, at_least: int) -> list[PaymentSetupId]:
    """Let the process write for a while, kill it, and tell what it had been told is written."""
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(at_least)]
    process.kill()
    lines += process.stdout.readlines()
    return [PaymentSetupId(line.strip()) for line in lines if line.endswith("\n")]


async def commit(store: SqliteStore, *setups: PaymentSetup) -> None:
    await store.commit(Batch(inserts=setups))


async def claim(store: SqliteStore) -> tuple[PaymentId, ...]:
    return await store.claim_due_payments(now=records.NOW, limit=9, lease=timedelta(hours=1))


def row_counts(path: Path) -> tuple[int, ...]:
    counts = """
    SELECT (SELECT count(*) FROM payment_setups), (SELECT count(*) FROM payments), (SELECT count(*) FROM events)
    """
    connection = sqlite3.connect(path)
    (row,) = connection.execute(counts)
    connection.close()
    return tuple(row)


# Kills


@pytest.mark.parametrize("at_least", [1, 200, 900])
async def test_after_a_kill_every_acknowledged_batch_is_there_and_none_is_half_there(
    path: Path, at_least: int
) -> None:
    with writing_process(path) as process:
        written = acknowledged(process, at_least=at_least)
    store = SqliteStore(path, mode="sandbox")
    await store.open()
    payments = await store.latest_payments(records.ACCOUNT, limit=1_000_000)
    assert set(written) <= {payment.setup_id for payment in payments}
    for payment in payments:
        assert await store.payment_setup(payment.setup_id) is not None
        assert len(await store.events(payment.id)) == 1
    await store.close()
    assert row_counts(path) == (len(payments),) * 3


async def test_killed_while_the_log_is_moved_into_the_file_it_opens_with_all_that_was_written(
    path: Path,
) -> None:
    log = path.with_name(f"{path.name}-wal")
    store = SqliteStore(path, mode="sandbox")
    await store.open()
    setup = records.setup()
    await commit(store, setup)
    written = log.read_bytes()
    await store.close()
    moved = path.read_bytes()
    for length in range(4096, len(moved), 4096):
        path.write_bytes(moved[:length])
        log.write_bytes(written)
        await store.open()
        assert await store.payment_setup(setup.id) == setup
        await store.close()


async def test_what_a_killed_process_had_taken_in_hand_is_due_again_at_the_next_start(path: Path) -> None:
    store = SqliteStore(path, mode="sandbox")
    await store.open()
    payment = records.payment()
    await store.commit(Batch(wakes=[Wake(records.ACCOUNT, payment.id, records.NOW)]))
    assert await claim(store) == (payment.id,)
    await store.close()
    await store.open()
    assert await claim(store) == (payment.id,)
    await store.close()


# Long reads


async def test_a_list_of_a_reference_however_long_is_read_off_the_event_loop(store: SqliteStore) -> None:
    payments = [replace(records.payment(), reference="shop") for _ in range(3)]
    await store.commit(Batch(inserts=payments))
    assert store._reader is not None
    on_the_loop: list[str] = []
    store._reader.set_trace_callback(on_the_loop.append)
    assert await store.count_payments_by_reference(records.ACCOUNT, "shop") == 3
    found = await store.payments_by_reference(records.ACCOUNT, "shop", skip=1, limit=9)
    assert (found, on_the_loop) == ((payments[1], payments[0]), [])
    # The watch itself sees what is read there.
    await store.payment(payments[0].id)
    assert len(on_the_loop) == 1


# One process alone


async def test_a_second_process_is_refused_while_the_first_runs(path: Path) -> None:
    with writing_process(path) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(ConfigurationError, match=f"{path} is in use by another Fils"):
            await open_store(str(path), mode="sandbox")
    store = await open_store(str(path), mode="sandbox")
    await store.close()


async def test_another_name_of_the_file_does_not_let_a_second_one_in(store: SqliteStore, path: Path) -> None:
    link = path.with_name("link.db")
    link.symlink_to(path)
    with pytest.raises(ConfigurationError, match="in use"):
        await open_store(str(link), mode="sandbox")


# Locks, full disks, vanished files


async def test_changes_fail_while_another_program_holds_the_lock_and_work_after(
    store: SqliteStore, path: Path
) -> None:
    stored = records.setup()
    await commit(store, stored)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    refused = [records.setup() for _ in range(3)]
    results = await asyncio.gather(*(commit(store, setup) for setup in refused), return_exceptions=True)
    assert [type(result) for result in results] == [StorageUnavailable] * 3
    assert await store.payment_setup(stored.id) == stored
    other.execute("ROLLBACK")
    other.close()
    assert [await store.payment_setup(setup.id) for setup in refused] == [None] * 3
    await commit(store, refused[0])
    assert await store.payment_setup(refused[0].id) == refused[0]


async def test_when_too_many_changes_wait_the_next_is_refused_at_once(store: SqliteStore, path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    waiting = [asyncio.ensure_future(commit(store, records.setup())) for _ in range(WAITING_MAX)]
    await asyncio.sleep(0)
    with pytest.raises(StorageUnavailable, match="too many"):
        await commit(store, records.setup())
    other.execute("ROLLBACK")
    other.close()
    await asyncio.gather(*waiting)
    await commit(store, records.setup())


async def test_a_full_disk_fails_the_change_and_leaves_nothing_of_it(store: SqliteStore, path: Path) -> None:
    large = replace(records.setup(), terms=replace(records.setup().terms, description="x" * 2_000_000))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, limits[1]))
    try:
        with pytest.raises(StorageUnavailable, match="full, over a quota or broken"):
            await commit(store, records.setup(), large)
        small = records.setup()
        await commit(store, small)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert await store.payment_setup(large.id) is None
    assert await store.payment_setup(small.id) == small
    await commit(store, large)
    assert await store.payment_setup(large.id) == large


@pytest.mark.parametrize("is_replaced", [False, True])
async def test_nothing_is_acknowledged_once_the_file_is_gone(
    store: SqliteStore, path: Path, is_replaced: bool
) -> None:
    path.unlink()
    if is_replaced:
        path.touch()
    with pytest.raises(StorageUnavailable):
        await commit(store, records.setup())
    with pytest.raises(StorageUnavailable):
        await store.check()


async def test_a_bug_in_a_record_reaches_its_caller_and_not_the_others(store: SqliteStore) -> None:
    no_text: SessionId = None  # type: ignore[assignment]
    broken = replace(records.payment(), session_id=no_text)
    good = records.setup()
    results = await asyncio.gather(
        store.commit(Batch(inserts=[broken])), commit(store, good), return_exceptions=True
    )
    assert [type(result).__name__ for result in results] == ["InvariantViolated", "NoneType"]
    assert await store.payment_setup(good.id) == good


# What opens


async def test_a_new_file_and_all_beside_it_are_readable_by_their_owner_only(
    store: SqliteStore, path: Path
) -> None:
    await commit(store, records.setup())
    modes = {file.name: f"{file.stat().st_mode:o}" for file in path.parent.iterdir()}
    assert modes == dict.fromkeys(("fils.db", "fils.db-shm", "fils.db-wal", "fils.db.lock"), "100600")


async def test_a_file_that_is_no_database_is_refused_by_name(path: Path) -> None:
    path.write_text("This is no database. " * 100)
    with pytest.raises(ConfigurationError, match=f"{path} cannot be opened: file is not a database"):
        await open_store(str(path), mode="sandbox")
    assert path.read_text().startswith("This is no database.")


async def test_a_database_of_another_program_is_refused_and_left_as_it_is(path: Path) -> None:
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE songs (title TEXT)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(ConfigurationError, match="belongs to another program"):
        await open_store(str(path), mode="sandbox")
    assert path.read_bytes() == before


async def test_a_folder_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=f"{tmp_path} is a folder"):
        await open_store(str(tmp_path), mode="sandbox")


async def test_a_file_in_a_folder_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=f"there is no folder {tmp_path}/none"):
        await open_store(f"{tmp_path}/none/fils.db", mode="sandbox")


async def test_a_file_below_a_file_is_refused_by_name(path: Path) -> None:
    path.touch()
    with pytest.raises(ConfigurationError, match=f"{path}/fils.db"):
        await open_store(f"{path}/fils.db", mode="sandbox")


async def test_a_disk_that_is_full_at_the_start_is_told_as_such(path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(ConfigurationError, match="full, over a quota or broken") as refusal:
            await open_store(str(path), mode="sandbox")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert str(path) in str(refusal.value)
    await (await open_store(str(path), mode="sandbox")).close()


@contextmanager
def open_uri(uri: str) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(uri, uri=True)) as file:
        yield file


@pytest.mark.parametrize(
    ("address", "said"),
    [("?mode=ro", "it is read-only"), ("-of-nobody?mode=rw", "its file cannot be opened")],
)
def test_an_error_of_sqlite_is_told_with_what_to_look_at(tmp_path: Path, address: str, said: str) -> None:
    with closing(sqlite3.connect(tmp_path / "file")) as file:
        file.execute("CREATE TABLE notes (text TEXT)")
    with pytest.raises(sqlite3.Error) as error, open_uri(f"file:{tmp_path}/file{address}") as file:
        file.execute("DELETE FROM notes")
    assert reason(error.value).startswith(said)


async def test_tables_of_another_version_are_refused(path: Path) -> None:
    store = await open_store(str(path), mode="sandbox")
    await store.close()
    other = sqlite3.connect(path)
    other.execute("UPDATE stamp SET schema_version = 99")
    other.commit()
    other.close()
    with pytest.raises(ConfigurationError, match="version 99"):
        await open_store(str(path), mode="sandbox")


@pytest.mark.parametrize(
    "url", ["kept.db", "sqlite:///kept.db", "sqlite:///{folder}/kept.db", "{folder}/kept.db"]
)
async def test_a_file_is_named_by_its_path_or_a_url(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = await open_store(url.format(folder=tmp_path), mode="sandbox")
    await store.close()
    assert (tmp_path / "kept.db").exists()


async def test_a_program_that_forgets_to_close_its_store_still_ends(path: Path) -> None:
    program = f"""
import asyncio
from fils.storage import open_store
asyncio.run(open_store({str(path)!r}, mode="sandbox"))
"""
    command = [sys.executable, "-c", program]
    subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": "src"}, check=True, timeout=20)


@pytest.mark.parametrize(
    "url", ["", ":memory:", "sqlite://", "sqlite:///", "mysql://root:hunter2@db/fils", "a\0b"]
)
async def test_a_url_that_names_no_database_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        await open_store(url, mode="sandbox")
    assert "hunter2" not in str(refusal.value)


async def test_a_store_on_sqlite_does_not_load_the_driver_of_postgresql(path: Path) -> None:
    program = f"""
import asyncio, sys
from fils.storage import open_store

async def main():
    store = await open_store({str(path)!r}, mode="sandbox")
    await store.close()

asyncio.run(main())
sys.exit("asyncpg" in sys.modules)
"""
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, env={"PYTHONPATH": "src"}, check=True)
