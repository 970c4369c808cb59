"""The connections of slow reads: few are kept, none is shared, and none outlives its store."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from fils.storage.sqlite_surveys import IDLE_MAX, SqliteSurveys

NUMBERS = "SELECT CAST(number AS TEXT) FROM numbers"
SLOW = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT CAST(max(i) AS TEXT) FROM n"
STEPS = 1_000_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "numbers.sqlite3"
    connection = sqlite3.connect(path)
    connection.executescript("CREATE TABLE numbers (number); INSERT INTO numbers VALUES (7)")
    connection.close()
    return path


@pytest.fixture
def surveys(path: Path) -> Iterator[SqliteSurveys]:
    surveys = SqliteSurveys(path, wait_s=1)
    yield surveys
    surveys.close()


def open_count(path: Path) -> int:
    """How many times this process has the file open."""
    return sum(link.resolve() == path for link in Path("/proc/self/fd").iterdir())


async def test_one_connection_serves_one_read_after_the_other(surveys: SqliteSurveys, path: Path) -> None:
    for _ in range(5):
        assert await surveys.documents(NUMBERS, ()) == ["7"]
    assert open_count(path) == 1


async def test_reads_at_once_do_not_wait_for_each_other_and_few_connections_are_kept(
    surveys: SqliteSurveys, path: Path
) -> None:
    slow = [asyncio.create_task(surveys.documents(SLOW, (STEPS,))) for _ in range(IDLE_MAX + 1)]
    assert await surveys.documents(NUMBERS, ()) == ["7"]
    assert not any(task.done() for task in slow)
    assert [list(found) for found in await asyncio.gather(*slow)] == [[str(STEPS)]] * len(slow)
    assert open_count(path) == IDLE_MAX


async def test_a_read_that_fails_takes_its_connection_along(surveys: SqliteSurveys, path: Path) -> None:
    with pytest.raises(sqlite3.Error):
        await surveys.documents("SELECT missing FROM numbers", ())
    assert open_count(path) == 0
    assert await surveys.documents(NUMBERS, ()) == ["7"]


async def test_what_is_in_use_at_the_end_is_closed_when_its_read_has_ended(
    surveys: SqliteSurveys, path: Path
) -> None:
    slow = asyncio.create_task(surveys.documents(SLOW, (STEPS,)))
    while open_count(path) == 0:  # until its thread has begun
        await asyncio.sleep(0.001)
    surveys.close()
    assert open_count(path) == 1
    assert await slow == [str(STEPS)]
    assert open_count(path) == 0
