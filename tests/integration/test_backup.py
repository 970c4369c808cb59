"""Backups: the same file from either database, into either database, or a line that says why not."""

from __future__ import annotations

import asyncio
import re
import resource
import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import asyncpg
import pytest

from fils.bootstrap.keeping import back_up, restore, verify_backup, verify_database
from fils.config import Settings, read_settings
from fils.domain.errors import ConfigurationError
from fils.storage import open_store, postgresql_snapshot
from fils.storage.rows import SCHEMA_VERSION
from fils.storage.snapshot import StoredRow, open_snapshot
from fils.storage.tables import COLUMNS, StoredTable
from tests.support import new_database
from tests.support.postgresql import PostgresqlServer
from tests.support.stored_database import make_database

MASTER_KEY = bytes(range(32)).hex()


def settings_of(folder: Path, database: str) -> Settings:
    """Those of a sandbox on *database*, with the master key of these tests in *folder*."""
    path = folder / "master.key"
    if not path.exists():
        path.write_text(MASTER_KEY)
        path.chmod(0o600)
    environment = {"FILS_MODE": "sandbox", "FILS_MASTER_KEY_FILE": str(path), "FILS_DATABASE_URL": database}
    return read_settings(environment)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A database in which something of everything is stored."""
    folder = tmp_path_factory.mktemp("original")
    settings = settings_of(folder, str(folder / "fils.db"))
    asyncio.run(make_database(settings.database))
    return settings


@pytest.fixture(scope="module")
def backup(original: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("backup") / "one.backup"
    back_up(original, path)
    return path


@pytest.fixture
def target(tmp_path: Path) -> Settings:
    """Where nothing is yet."""
    return settings_of(tmp_path, str(tmp_path / "restored.db"))


@pytest.fixture
def empty_postgresql(postgresql_server: PostgresqlServer, tmp_path: Path) -> Iterator[Settings]:
    name = asyncio.run(postgresql_server.create_database())
    yield settings_of(tmp_path, postgresql_server.url(name))
    asyncio.run(postgresql_server.drop_database(name))


def content(settings: Settings) -> Mapping[StoredTable, list[StoredRow]]:
    """Every row, in an order that both databases can give."""

    async def read() -> Mapping[StoredTable, list[StoredRow]]:
        async with open_snapshot(settings.database) as snapshot:
            return {
                table: sorted([tuple(row) async for chunk in snapshot.rows(table) for row in chunk], key=str)
                for table in COLUMNS
            }

    return asyncio.run(read())


def order_of_payments(settings: Settings) -> list[object]:
    async def read() -> list[object]:
        async with open_snapshot(settings.database) as snapshot:
            return [row[0] async for chunk in snapshot.rows("payments") for row in chunk]

    return asyncio.run(read())


def test_what_is_restored_is_what_was_there(original: Settings, backup: Path, target: Settings) -> None:
    manifest, findings = restore(target, backup)
    assert findings.is_sound
    assert content(target) == content(original)
    assert order_of_payments(target) == order_of_payments(original)
    assert manifest.rows["payments"] == 11
    assert sum(manifest.rows.values()) == sum(len(rows) for rows in content(original).values())


def test_either_database_is_restored_from_either(
    original: Settings, backup: Path, target: Settings, empty_postgresql: Settings, tmp_path: Path
) -> None:
    assert restore(empty_postgresql, backup)[1].is_sound
    assert content(empty_postgresql) == content(original)
    assert order_of_payments(empty_postgresql) == order_of_payments(original)
    back_up(empty_postgresql, tmp_path / "two.backup")
    assert restore(target, tmp_path / "two.backup")[1].is_sound
    assert content(target) == content(original)
    assert order_of_payments(target) == order_of_payments(original)
    with pytest.raises(ConfigurationError, match="the PostgreSQL database is not empty"):
        restore(empty_postgresql, backup)


def test_a_backup_is_for_its_owner_alone_and_nothing_else_is_left(original: Settings, tmp_path: Path) -> None:
    back_up(original, tmp_path / "one.backup")
    assert stat.S_IMODE((tmp_path / "one.backup").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["one.backup"]


def test_nothing_is_written_over(original: Settings, backup: Path, target: Settings, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear customer")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for name in ("letter.txt", "link"):
        with pytest.raises(ConfigurationError, match=f"something at .*{name} already"):
            back_up(original, tmp_path / name)
        with pytest.raises(ConfigurationError, match=f"something at .*{name} already"):
            restore(settings_of(tmp_path, str(tmp_path / name)), backup)
    assert (tmp_path / "letter.txt").read_text() == "Dear customer"
    assert not (tmp_path / "elsewhere").exists()


def test_what_is_left_of_another_database_is_not_taken_for_a_part(backup: Path, target: Settings) -> None:
    Path(f"{target.database}-wal").write_bytes(b"of another database")
    with pytest.raises(ConfigurationError, match=r"restored\.db-wal is left of a database"):
        restore(target, backup)
    assert not Path(target.database).exists()


def test_a_folder_that_is_not_there_is_told(original: Settings, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"one\.backup cannot be written: No such file"):
        back_up(original, tmp_path / "missing" / "one.backup")


def refusal_of(work: Callable[[], object]) -> str | None:
    """The line that *work* ends with, if it does."""
    try:
        work()
    except ConfigurationError as error:
        return str(error)
    return None


def test_a_path_that_no_file_can_have_is_told(original: Settings, backup: Path, tmp_path: Path) -> None:
    path = tmp_path / ("x" * 300)
    there = settings_of(tmp_path, str(path))
    for work in (
        lambda: back_up(original, path),
        lambda: back_up(there, tmp_path / "one.backup"),
        lambda: restore(there, backup),
        lambda: restore(original, path),
        lambda: verify_backup(original, path),
    ):
        assert re.search("x cannot be (read|written): File name too long", refusal_of(work) or "")


def test_of_backups_to_one_path_at_once_one_is_written(original: Settings, tmp_path: Path) -> None:
    path = tmp_path / "one.backup"
    with ThreadPoolExecutor() as pool:
        ended = list(pool.map(lambda _: refusal_of(lambda: back_up(original, path)), range(4)))
    told = [line for line in ended if line is not None]
    assert len(told) == 3
    assert all(re.search("something (at|came to be at) .*one.backup", line) for line in told)
    assert verify_backup(original, path)[1].is_sound
    assert list(tmp_path.iterdir()) == [path]


@contextmanager
def little_room() -> Iterator[None]:
    """No file of this process grows beyond 64 KiB, which ends writing as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_without_room_is_told_and_nothing_is_left(
    original: Settings, backup: Path, target: Settings, tmp_path: Path
) -> None:
    for work in (lambda: back_up(original, tmp_path / "one.backup"), lambda: restore(target, backup)):
        with little_room():
            line = refusal_of(work)
        assert line is not None
        assert re.search(r"(one.backup|restored.db) cannot be written: its disk (is|cannot be written)", line)
        assert [path.name for path in tmp_path.iterdir()] == ["master.key"]
    restore(target, backup)


def test_what_a_killed_fils_had_not_moved_into_its_file_is_in_the_backup(
    original: Settings, tmp_path: Path
) -> None:
    killed = tmp_path / "killed.db"
    shutil.copy(original.database, killed)
    with closing(sqlite3.connect(killed)) as database:
        database.execute("PRAGMA wal_autocheckpoint = 0")
        database.execute("UPDATE payments SET reference = 'late'")
        database.commit()
        (tmp_path / "left").mkdir()
        for path in tmp_path.glob("killed.db*"):
            shutil.copy(path, tmp_path / "left")
    left = settings_of(tmp_path, str(tmp_path / "left" / "killed.db"))
    back_up(left, tmp_path / "one.backup")
    with closing(sqlite3.connect(tmp_path / "one.backup")) as database:
        assert database.execute("SELECT DISTINCT reference FROM payments").fetchall() == [("late",)]


def _other_document(database: sqlite3.Connection) -> None:
    database.execute(
        "UPDATE payments SET document = replace(document, 'ORD-5023', 'ORD-5024') WHERE position = 1"
    )


def _missing_row(database: sqlite3.Connection) -> None:
    database.execute("DELETE FROM events WHERE rowid = 1")


def _other_order(database: sqlite3.Connection) -> None:
    database.execute("UPDATE evidence SET position = 99 WHERE position = 1")


@pytest.mark.parametrize("spoil", [_other_document, _missing_row, _other_order])
def test_a_backup_that_is_not_what_was_written_is_refused(
    backup: Path, target: Settings, tmp_path: Path, spoil: Callable[[sqlite3.Connection], None]
) -> None:
    spoilt = tmp_path / "spoilt.backup"
    shutil.copy(backup, spoilt)
    with closing(sqlite3.connect(spoilt)) as database:
        spoil(database)
        database.commit()
    with pytest.raises(ConfigurationError, match=r"spoilt\.backup is damaged"):
        restore(target, spoilt)
    with pytest.raises(ConfigurationError, match=r"spoilt\.backup is damaged"):
        verify_backup(target, spoilt)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["master.key", "spoilt.backup"]


def test_a_spoilt_backup_leaves_postgresql_empty(
    backup: Path, empty_postgresql: Settings, tmp_path: Path
) -> None:
    spoilt = tmp_path / "spoilt.backup"
    shutil.copy(backup, spoilt)
    with closing(sqlite3.connect(spoilt)) as database:
        _other_document(database)
        database.commit()
    with pytest.raises(ConfigurationError, match="is damaged"):
        restore(empty_postgresql, spoilt)
    assert not any(content(empty_postgresql).values())
    assert restore(empty_postgresql, backup)[1].is_sound


def test_a_backup_that_lost_its_end_is_refused(backup: Path, target: Settings, tmp_path: Path) -> None:
    cut = tmp_path / "cut.backup"
    cut.write_bytes(backup.read_bytes()[: backup.stat().st_size // 2])
    with pytest.raises(ConfigurationError):
        restore(target, cut)
    assert not Path(target.database).exists()


@pytest.mark.parametrize("name", ["missing.backup", "letter.txt", "fils.db"])
def test_what_is_no_backup_is_refused(
    original: Settings, target: Settings, tmp_path: Path, name: str
) -> None:
    (tmp_path / "letter.txt").write_text("Dear customer, " * 100)
    shutil.copy(original.database, tmp_path / "fils.db")
    with pytest.raises(ConfigurationError, match=name.replace(".", r"\.")):
        restore(target, tmp_path / name)
    assert not Path(target.database).exists()


def _manifest(database: sqlite3.Connection, change: str) -> None:
    database.execute(f"UPDATE backup SET manifest = json_set(manifest, {change})")  # noqa: S608
    database.commit()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("'$.mode', 'production'", "was made for mode=production and mode=sandbox was asked for"),
        ("'$.schema_version', 9", f"tables of version 9, and this Fils reads version {SCHEMA_VERSION}"),
        ("'$.format', 2", "restore it with that Fils"),
        ("'$.rows', 1", "manifest of the backup .* cannot be read"),
    ],
)
def test_a_backup_that_does_not_fit_is_refused(
    backup: Path, target: Settings, tmp_path: Path, change: str, words: str
) -> None:
    other = tmp_path / "other.backup"
    shutil.copy(backup, other)
    with closing(sqlite3.connect(other)) as database:
        _manifest(database, change)
    with pytest.raises(ConfigurationError, match=words):
        restore(target, other)
    assert not Path(target.database).exists()


@pytest.mark.parametrize("change", ["DELETE FROM backup", "INSERT INTO backup SELECT manifest FROM backup"])
def test_a_backup_without_one_manifest_is_refused(
    backup: Path, target: Settings, tmp_path: Path, change: str
) -> None:
    other = tmp_path / "other.backup"
    shutil.copy(backup, other)
    with closing(sqlite3.connect(other)) as database:
        database.execute(change)
        database.commit()
    with pytest.raises(ConfigurationError, match=r"manifest of the backup .* cannot be read"):
        restore(target, other)


def test_nothing_is_restored_that_its_master_key_does_not_open(
    backup: Path, target: Settings, tmp_path: Path
) -> None:
    target.master_key_file.unlink()
    with pytest.raises(ConfigurationError, match=r"there is no master key .*no backup holds it"):
        restore(target, backup)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_restored_under_another_master_key(tmp_path: Path, target: Settings) -> None:
    sealed = settings_of(tmp_path, str(tmp_path / "sealed.db"))
    asyncio.run(new_database.make_database(sealed))
    back_up(sealed, tmp_path / "one.backup")
    sealed.master_key_file.write_text("ab" * 32)
    for work in (lambda: restore(target, tmp_path / "one.backup"), lambda: verify_database(sealed)):
        assert "does not open this database, which needs" in (refusal_of(work) or "")
    assert not Path(target.database).exists()


def test_a_database_of_the_other_mode_is_neither_backed_up_nor_verified(
    original: Settings, tmp_path: Path
) -> None:
    other = replace(original, mode=type(original.mode).PRODUCTION)
    with pytest.raises(ConfigurationError, match="was made for mode=sandbox"):
        back_up(other, tmp_path / "one.backup")
    with pytest.raises(ConfigurationError, match="was made for mode=sandbox"):
        verify_database(other)
    assert list(tmp_path.iterdir()) == []


def test_nobody_serves_from_a_backup(backup: Path, tmp_path: Path) -> None:
    copied = tmp_path / "one.backup"
    shutil.copy(backup, copied)
    with pytest.raises(ConfigurationError, match="is a backup, which nobody serves from; `fils restore"):
        asyncio.run(open_store(str(copied), mode="sandbox"))


def test_leases_end_with_whoever_had_them(original: Settings, target: Settings, tmp_path: Path) -> None:
    leased = tmp_path / "leased.db"
    shutil.copy(original.database, leased)
    with closing(sqlite3.connect(leased)) as database:
        database.execute("UPDATE due_payments SET leased_until_us = 1 << 60")
        database.commit()
    back_up(settings_of(tmp_path, str(leased)), tmp_path / "leased.backup")
    restore(target, tmp_path / "leased.backup")
    with closing(sqlite3.connect(target.database)) as database:
        assert database.execute("SELECT DISTINCT leased_until_us FROM due_payments").fetchall() == [(0,)]


def test_every_table_and_column_is_carried(original: Settings) -> None:
    with closing(sqlite3.connect(original.database)) as database:
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        found = {
            table: {column for (_, column, *_) in database.execute(f"PRAGMA table_info({table})")}
            for table in tables
        }
    assert tables == {*COLUMNS, "stamp"}
    assert {table: set(columns) for table, columns in COLUMNS.items()} == {
        table: columns - {"position"} for table, columns in found.items() if table != "stamp"
    }


def test_a_postgresql_that_is_not_there_is_told_without_the_password(backup: Path, tmp_path: Path) -> None:
    gone = settings_of(tmp_path, "postgresql://fils:hunter2@127.0.0.1:1/fils")
    for work in (
        lambda: back_up(gone, tmp_path / "one"),
        lambda: restore(gone, backup),
        lambda: verify_database(gone),
    ):
        with pytest.raises(ConfigurationError, match="PostgreSQL database cannot be used") as caught:
            work()
        assert "hunter2" not in str(caught.value)


def test_a_postgresql_without_tables_is_not_backed_up(empty_postgresql: Settings, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="has no tables of Fils"):
        back_up(empty_postgresql, tmp_path / "one.backup")
    assert not (tmp_path / "one.backup").exists()


def test_a_server_that_falls_silent_is_not_waited_for_without_end(
    empty_postgresql: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql_snapshot, "SILENCE_S", 0.3)
    asyncio.run(make_database(empty_postgresql.database))

    async def line() -> str | None:
        locker = await asyncpg.connect(empty_postgresql.database)
        try:
            async with locker.transaction():
                await locker.execute("LOCK TABLE payments IN ACCESS EXCLUSIVE MODE")
                work = partial(back_up, empty_postgresql, tmp_path / "one.backup")
                return await asyncio.to_thread(refusal_of, work)
        finally:
            await locker.close()

    # Not that the backup cannot be written, to which the same errors of the system can lead.
    assert asyncio.run(line()) == "the PostgreSQL database cannot be read: no answer in time"
    assert [path.name for path in tmp_path.iterdir()] == ["master.key"]


def test_what_happens_to_the_server_meanwhile_is_told(empty_postgresql: Settings, tmp_path: Path) -> None:
    asyncio.run(make_database(empty_postgresql.database))

    async def cut_off() -> None:
        async with open_snapshot(empty_postgresql.database) as snapshot:
            killer = await asyncpg.connect(empty_postgresql.database)
            try:
                await killer.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'fils snapshot'"
                )
            finally:
                await killer.close()
            async for _ in snapshot.rows("payments"):
                pass

    with pytest.raises(ConfigurationError, match="the PostgreSQL database cannot be read"):
        asyncio.run(cut_off())
