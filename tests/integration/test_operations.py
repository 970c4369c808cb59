"""An operator's command and whoever has the database: a Fils, nobody, somebody who does not answer."""

from __future__ import annotations

import asyncio
import fcntl
import os
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from fils.bootstrap.operations import perform
from fils.config import Settings, read_settings
from fils.domain.errors import ConfigurationError
from fils.operations.asking import ask
from fils.operations.messages.payments import AttentionList, ListAttention
from fils.storage.rows import SCHEMA_VERSION
from tests.support.new_database import make_database

QUESTION = ListAttention(limit=1)
NOTHING = AttentionList((), None)
NOBODY = 65534
"""The user id of ``nobody``."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Those of a Fils that has run in an own folder and ended."""
    (tmp_path / "master.key").write_text("ab" * 32)
    (tmp_path / "master.key").chmod(0o600)
    chosen = read_settings({}, database=str(tmp_path / "fils.db"))
    asyncio.run(make_database(chosen))
    return chosen


def test_without_a_fils_the_store_itself_is_asked(settings: Settings) -> None:
    assert perform(settings, QUESTION) == NOTHING
    assert perform(settings, QUESTION) == NOTHING


def test_whoever_has_the_database_and_does_not_answer_is_named(settings: Settings) -> None:
    with Path(f"{settings.database}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(ConfigurationError, match=r"another process has the database .*fils\.db"):
            perform(settings, QUESTION, patience_s=0)


def test_a_fils_that_just_stops_is_waited_for(settings: Settings) -> None:
    with Path(f"{settings.database}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stops = threading.Timer(0.3, fcntl.flock, (lock, fcntl.LOCK_UN))
        stops.start()
        assert perform(settings, QUESTION, patience_s=60) == NOTHING
        stops.join()


def test_a_database_of_earlier_tables_is_named_with_what_to_do(settings: Settings) -> None:
    with closing(sqlite3.connect(settings.database)) as database:
        database.execute("UPDATE stamp SET schema_version = 1")
        database.commit()
    needed = f"this Fils needs version {SCHEMA_VERSION}; make a backup, run"
    with pytest.raises(ConfigurationError, match=f"has tables of version 1 and {needed}"):
        perform(settings, QUESTION)


def test_a_missing_master_key_is_not_made_anew(settings: Settings) -> None:
    (settings.data_dir / "master.key").unlink()
    with pytest.raises(ConfigurationError, match=r"there is no .*master\.key: run the command where"):
        perform(settings, QUESTION)
    assert not (settings.data_dir / "master.key").exists()


@contextmanager
def another_user(door: Path) -> Iterator[None]:
    """Be somebody whom the system does not let through *door*."""
    if os.geteuid() != 0:
        door.chmod(0)
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_another_users_fils_is_told_apart_from_none(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "door"))
        listener.listen()
        with (
            another_user(tmp_path / "door"),
            pytest.raises(ConfigurationError, match="belongs to another user"),
        ):
            ask(tmp_path / "door", QUESTION)
