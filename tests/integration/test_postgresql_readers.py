"""The connections for reads: few, one reader each, and none that somebody stopped waiting for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from fils.storage.postgresql_connection import DISCONNECTED, connect
from fils.storage.postgresql_readers import PostgresqlReaders

MOST = 2
OWN = "SELECT pg_backend_pid()"
SLOWLY = "SELECT pg_backend_pid(), pg_sleep(0.3)"


@pytest.fixture
async def readers(postgresql_url: str) -> AsyncIterator[PostgresqlReaders]:
    readers = PostgresqlReaders(lambda: connect(postgresql_url), connections_max=MOST)
    yield readers
    await readers.close()


async def pid_of(readers: PostgresqlReaders, query: str = OWN) -> int:
    """Which connection answered, by the process of the server."""
    [row] = await readers.fetch(query)
    return int(row[0])


def use(readers: PostgresqlReaders) -> tuple[int, int]:
    return readers.busy_count, readers.idle_count


async def test_one_after_the_other_is_read_on_one_connection(readers: PostgresqlReaders) -> None:
    assert use(readers) == (0, 0)
    assert len({await pid_of(readers) for _ in range(5)}) == 1
    assert use(readers) == (0, 1)


async def test_at_once_there_are_so_many_and_no_more(readers: PostgresqlReaders) -> None:
    reading = asyncio.gather(*(pid_of(readers, SLOWLY) for _ in range(MOST * 2)))
    await asyncio.sleep(0.15)
    assert readers.busy_count == MOST
    assert len(set(await reading)) == MOST
    assert use(readers) == (0, MOST)


async def test_an_error_is_an_answer_and_ends_no_connection(readers: PostgresqlReaders) -> None:
    pid = await pid_of(readers)
    for query, parameters in (
        ("SELECT 1 / 0", ()),
        ("SELECT $1::TEXT", ("\0",)),
        ("SELECT $1::TEXT", ("\ud800",)),
    ):
        with pytest.raises(asyncpg.DataError):
            await readers.fetch(query, *parameters)
    assert await pid_of(readers) == pid


async def test_what_nobody_waits_for_any_more_is_on_no_connection_that_is_used_again(
    readers: PostgresqlReaders,
) -> None:
    pid = await pid_of(readers)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await readers.fetch(SLOWLY)
    assert use(readers) == (0, 0)
    assert await pid_of(readers) != pid


async def test_connections_that_the_server_ended_are_not_used(
    readers: PostgresqlReaders, postgresql_url: str
) -> None:
    old = set(await asyncio.gather(pid_of(readers, SLOWLY), pid_of(readers, SLOWLY)))
    server = await connect(postgresql_url)
    for pid in old:
        await server.execute("SELECT pg_terminate_backend($1, 5000)", pid)
    await server.close()
    await asyncio.sleep(0.1)
    assert await pid_of(readers) not in old
    assert use(readers) == (0, 1)


async def test_a_connection_that_ends_while_it_reads_is_gone(
    readers: PostgresqlReaders, postgresql_url: str
) -> None:
    pid = await pid_of(readers)
    # Longer than it can take to end it.
    reading = asyncio.create_task(readers.fetch("SELECT pg_sleep(60)"))
    await asyncio.sleep(0.1)
    server = await connect(postgresql_url)
    await server.execute("SELECT pg_terminate_backend($1, 5000)", pid)
    await server.close()
    with pytest.raises(DISCONNECTED):
        await reading
    assert use(readers) == (0, 0)


async def test_what_is_in_use_at_the_end_goes_with_its_reader(readers: PostgresqlReaders) -> None:
    pid = await pid_of(readers)
    reading = asyncio.create_task(pid_of(readers, SLOWLY))
    await asyncio.sleep(0.1)
    await readers.close()
    assert (await reading, use(readers)) == (pid, (0, 0))
