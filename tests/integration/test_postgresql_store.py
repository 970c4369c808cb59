"""The PostgreSQL store against what happens to servers and networks: lost connections, other nodes, locks."""

from __future__ import annotations

import asyncio
import functools
import os
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from fils.application.ports import Batch, Store, Wake
from fils.domain.errors import ConcurrentUpdate, ConfigurationError, StorageUnavailable
from fils.domain.identifiers import PaymentId, PaymentSetupId
from fils.domain.payment_setup import PaymentSetup
from fils.storage import OpenStore, open_store
from fils.storage.postgresql_connection import SESSION, connect
from tests.support import records
from tests.support.ports import free_port
from tests.support.postgresql import PostgresqlServer, make_certificate

PASSWORD = "planted-password"


@asynccontextmanager
async def node(url: str) -> AsyncIterator[OpenStore]:
    store = await open_store(url, mode="sandbox")
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def outsider(url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection that is not Fils'."""
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


async def insert(store: Store, *setups: PaymentSetup) -> None:
    await store.commit(Batch(inserts=setups))


async def update(store: Store, *setups: PaymentSetup) -> None:
    await store.commit(Batch(updates=setups))


async def until_someone_waits_for_a_lock(connection: asyncpg.Connection) -> int:
    """The process id of the backend that waits."""
    query = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    async with asyncio.timeout(5):
        while True:
            pid = await connection.fetchval(query)
            if pid is not None:
                return int(pid)


async def lock(connection: asyncpg.Connection, setup: PaymentSetup) -> None:
    await connection.execute("SELECT 1 FROM payment_setups WHERE id = $1 FOR UPDATE", setup.id)


# Round trips


class CountingProxy:
    """Stands between Fils and the server and counts how often the server has finished answering."""

    def __init__(self, url: str) -> None:
        self._port = urlsplit(url).port
        self.answer_count = 0

    async def serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        server, to_server = await asyncio.open_connection("127.0.0.1", self._port)
        questions = asyncio.create_task(self._pass_on(client, to_server))
        try:
            while True:
                # A message is one byte for its kind, four for the length that counts itself, and the rest.
                head = await server.readexactly(5)
                rest = await server.readexactly(int.from_bytes(head[1:]) - 4)
                self.answer_count += head[:1] == b"Z"  # ReadyForQuery
                to_client.write(head + rest)
        except asyncio.IncompleteReadError:
            pass
        finally:
            questions.cancel()
            to_server.close()
            to_client.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(65_536):
            writer.write(chunk)
        writer.close()


@pytest.fixture
async def counted(postgresql_url: str) -> AsyncIterator[tuple[OpenStore, CountingProxy]]:
    """A store that is reached through a counting proxy and has committed before."""
    proxy = CountingProxy(postgresql_url)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    address = urlsplit(postgresql_url)
    url = f"postgresql://{address.username}@127.0.0.1:{port}{address.path}?sslmode=disable"
    async with node(url) as store:
        await insert(store, records.setup())
        proxy.answer_count = 0
        yield store, proxy
    server.close()
    await server.wait_closed()


async def test_a_commit_of_many_records_is_one_round_trip(counted: tuple[OpenStore, CountingProxy]) -> None:
    store, proxy = counted
    payment, attempt = records.payment(), records.attempt()
    await store.commit(
        Batch(
            inserts=[records.setup(), payment, attempt, records.event(payment, 1), records.event(payment, 2)],
            evidence=[records.evidence(attempt)],
        )
    )
    assert proxy.answer_count == 1


async def test_batches_that_wait_together_share_one_round_trip(
    counted: tuple[OpenStore, CountingProxy],
) -> None:
    store, proxy = counted
    await asyncio.gather(*(insert(store, records.setup()) for _ in range(30)))
    assert proxy.answer_count == 1


async def test_a_group_holds_one_batch_for_a_guarded_record(counted: tuple[OpenStore, CountingProxy]) -> None:
    store, proxy = counted
    setups = [records.setup() for _ in range(5)]
    await insert(store, *setups)
    proxy.answer_count = 0
    commits = [update(store, setup) for setup in setups] + [update(store, setups[0]) for _ in range(2)]
    results = await asyncio.gather(*commits, return_exceptions=True)
    assert [type(result) for result in results] == [type(None)] * 5 + [ConcurrentUpdate] * 2
    assert proxy.answer_count == 3


async def test_a_read_is_one_round_trip(counted: tuple[OpenStore, CountingProxy]) -> None:
    store, proxy = counted
    unknown = PaymentSetupId("set_none")
    await store.payment_setup(unknown)
    proxy.answer_count = 0
    await store.payment_setup(unknown)
    assert proxy.answer_count == 1


# Several nodes


async def test_two_nodes_that_start_at_once_on_an_empty_database_both_open(postgresql_url: str) -> None:
    first, second = await asyncio.gather(*(open_store(postgresql_url, mode="sandbox") for _ in range(2)))
    setup = records.setup()
    await insert(first, setup)
    assert await second.payment_setup(setup.id) == setup
    await first.close()
    await second.close()


async def test_of_two_nodes_that_race_for_one_version_one_wins(postgresql_url: str) -> None:
    async with node(postgresql_url) as first, node(postgresql_url) as second:
        for _ in range(10):
            setup = records.setup()
            await insert(first, setup)
            commits = [update(store, setup) for store in (first, second) for _ in range(5)]
            results = await asyncio.gather(*commits, return_exceptions=True)
            assert results.count(None) == 1
            assert sum(isinstance(result, ConcurrentUpdate) for result in results) == 9


async def test_two_nodes_that_read_again_after_a_conflict_lose_no_update(postgresql_url: str) -> None:
    setup = records.setup()

    async def bump(store: Store) -> None:
        for _ in range(15):
            while True:
                read = await store.payment_setup(setup.id)
                assert read is not None
                try:
                    await update(store, read)
                    break
                except ConcurrentUpdate:
                    continue

    async with node(postgresql_url) as first, node(postgresql_url) as second:
        await insert(first, setup)
        await asyncio.gather(bump(first), bump(second))
        read = await first.payment_setup(setup.id)
        assert read is not None
        assert read.version == 30


async def test_a_batch_given_up_in_a_deadlock_is_sent_again(postgresql_url: str) -> None:
    first, second = sorted((records.setup(), records.setup()), key=lambda setup: setup.id)
    async with node(postgresql_url) as store, outsider(postgresql_url) as other:
        await insert(store, first, second)
        # The outsider's own limit is far away, so it is the store's batch that the server gives up.
        await other.execute("SET deadlock_timeout = '1min'")
        async with other.transaction():
            await lock(other, second)
            commit = asyncio.ensure_future(update(store, first, second))
            await until_someone_waits_for_a_lock(other)
            await lock(other, first)
        await commit
        read = await store.payment_setup(second.id)
        assert read is not None
        assert read.version == 1


async def test_a_batch_that_waits_too_long_for_a_lock_fails_alone(postgresql_url: str) -> None:
    locked, free = records.setup(), records.setup()
    async with node(postgresql_url) as store, outsider(postgresql_url) as other:
        await insert(store, locked, free)
        async with other.transaction():
            await lock(other, locked)
            results = await asyncio.gather(update(store, locked), update(store, free), return_exceptions=True)
        assert [type(result) for result in results] == [StorageUnavailable, type(None)]
        await update(store, locked)


async def test_a_claim_passes_over_what_another_node_is_just_claiming(postgresql_url: str) -> None:
    first, second = records.payment(), records.payment()
    wakes = [Wake(records.ACCOUNT, payment.id, records.NOW) for payment in (first, second)]
    async with node(postgresql_url) as store, outsider(postgresql_url) as other:
        await store.commit(Batch(wakes=wakes))
        async with other.transaction():
            await other.execute("SELECT 1 FROM due_payments WHERE payment_id = $1 FOR UPDATE", first.id)
            claimed = await store.claim_due_payments(now=records.NOW, limit=2, lease=timedelta(minutes=1))
        assert claimed == (second.id,)


# Lost connections


async def test_a_connection_lost_mid_way_is_unavailable_and_the_next_commit_works(
    postgresql_url: str,
) -> None:
    setup = records.setup()
    async with node(postgresql_url) as store, outsider(postgresql_url) as other:
        await insert(store, setup)
        async with other.transaction():
            await lock(other, setup)
            commit = asyncio.ensure_future(update(store, setup))
            pid = await until_someone_waits_for_a_lock(other)
            await other.fetchval("SELECT pg_terminate_backend($1)", pid)
            with pytest.raises(StorageUnavailable):
                await commit
        await update(store, setup)
        read = await store.payment_setup(setup.id)
        assert read is not None
        assert read.version == 1


async def test_a_server_that_stops_is_unavailable_until_it_is_back() -> None:
    with PostgresqlServer() as server:
        name = await server.create_database()
        setup, lost = records.setup(), records.setup()
        async with node(server.url(name)) as store:
            await insert(store, setup)
            server.stop()
            with pytest.raises(StorageUnavailable):
                await insert(store, lost)
            with pytest.raises(StorageUnavailable):
                await store.payment_setup(setup.id)
            with pytest.raises(StorageUnavailable):
                await store.check()
            server.start()
            assert await store.payment_setup(setup.id) == setup
            assert await store.payment_setup(lost.id) is None
            await insert(store, lost)
            await store.check()


async def test_a_read_only_server_is_unavailable(postgresql_url: str) -> None:
    async with node(postgresql_url) as store, outsider(postgresql_url) as other:
        name = await other.fetchval("SELECT current_database()")
        await other.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
        # What is connected now keeps its setting; a failover breaks connections in the same way.
        query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'fils'"
        await other.execute(f"{query} AND datname = current_database()")
        with pytest.raises(StorageUnavailable):
            await insert(store, records.setup())


class CuttingProxy:
    """Stands between Fils and the server, and ends one connection instead of passing its next question on."""

    def __init__(self, url: str) -> None:
        self._port = urlsplit(url).port
        self.cuts_left = 0

    async def serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        server, to_server = await asyncio.open_connection("127.0.0.1", self._port)
        answers = asyncio.create_task(self._pass_on(server, to_client))
        while octets := await client.read(65_536):
            if self.cuts_left:
                self.cuts_left -= 1
                break
            to_server.write(octets)
        answers.cancel()
        to_server.close()
        to_client.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while octets := await reader.read(65_536):
            writer.write(octets)
        writer.close()


@pytest.fixture
async def cut(postgresql_url: str) -> AsyncIterator[tuple[OpenStore, CuttingProxy]]:
    """A store behind a proxy that can cut, with connections for reads and for writes that have worked before."""
    proxy = CuttingProxy(postgresql_url)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    address = urlsplit(postgresql_url)
    url = f"postgresql://{address.username}@127.0.0.1:{port}{address.path}?sslmode=disable"
    async with node(url) as store:
        await insert(store, records.setup())
        await store.check()
        yield store, proxy
    server.close()
    await server.wait_closed()


async def test_a_read_is_asked_again_once_where_the_connection_ended(
    cut: tuple[OpenStore, CuttingProxy],
) -> None:
    store, proxy = cut
    setup = records.setup()
    await insert(store, setup)
    proxy.cuts_left = 1
    assert await store.payment_setup(setup.id) == setup
    assert proxy.cuts_left == 0


async def test_a_read_is_not_asked_a_third_time(cut: tuple[OpenStore, CuttingProxy]) -> None:
    store, proxy = cut
    proxy.cuts_left = 3
    with pytest.raises(StorageUnavailable):
        await store.check()
    assert proxy.cuts_left == 1
    proxy.cuts_left = 0


async def test_a_change_is_never_sent_again_where_the_connection_ended(
    cut: tuple[OpenStore, CuttingProxy],
) -> None:
    store, proxy = cut
    lost = records.setup()
    for change in (
        insert(store, lost),
        store.claim_due_payments(now=records.NOW, limit=1, lease=timedelta(minutes=1)),
        store.forget_answers(before=records.NOW, limit=1),
    ):
        proxy.cuts_left = 1
        with pytest.raises(StorageUnavailable):
            await change
        assert proxy.cuts_left == 0
    assert await store.payment_setup(lost.id) is None
    await insert(store, lost)


async def test_a_server_that_falls_silent_in_a_commit_is_unavailable_and_what_it_did_is_found_afterwards(
    postgresql_url: str,
) -> None:
    """The outcome was not known, so nothing was sent again; the one commit happened."""
    setup = records.setup()
    async with node(postgresql_url) as store, outsider(postgresql_url) as other:
        await insert(store, records.setup())
        [writer] = await other.fetch(
            "SELECT pid FROM pg_stat_activity WHERE query LIKE '%fils_commit%' AND pid <> pg_backend_pid()"
            " AND datname = current_database()"
        )
        os.kill(writer["pid"], signal.SIGSTOP)
        try:
            with pytest.raises(StorageUnavailable, match="did not answer"):
                await insert(store, setup)
            assert await store.payment_setup(setup.id) is None
        finally:
            os.kill(writer["pid"], signal.SIGCONT)
        async with asyncio.timeout(5):
            while await store.payment_setup(setup.id) is None:
                await asyncio.sleep(0.01)
        with pytest.raises(ConcurrentUpdate):
            await insert(store, setup)


async def test_a_server_that_is_killed_in_a_commit_is_unavailable_and_has_all_or_nothing() -> None:
    first, second = records.setup(), records.setup()
    with PostgresqlServer() as server:
        name = await server.create_database()
        async with node(server.url(name)) as store, outsider(server.url(name)) as other:
            await insert(store, first)
            # Ended by the server's end.
            await other.execute("BEGIN")
            await lock(other, first)
            commit = asyncio.create_task(store.commit(Batch(inserts=[second], updates=[first])))
            async with outsider(server.url(name)) as watcher:
                await until_someone_waits_for_a_lock(watcher)
            server.stop()
            with pytest.raises(StorageUnavailable):
                await commit
        server.start()
        async with node(server.url(name)) as store:
            assert await store.payment_setup(first.id) == first
            assert await store.payment_setup(second.id) is None


async def test_when_the_standby_takes_over_it_is_used(postgresql_server: PostgresqlServer) -> None:
    """Several hosts in the url: the one that takes writes, before and after."""
    before, after = records.setup(), records.setup()
    with PostgresqlServer() as first:
        name = await first.create_database()
        with PostgresqlServer(standby_of=first) as second:
            url = f"postgresql://fils@127.0.0.1:{second.port},127.0.0.1:{first.port}/{name}"
            async with node(url) as store:
                await insert(store, before)
                await second.wait_for(first)
                first.stop()
                with pytest.raises(StorageUnavailable):
                    await insert(store, after)
                await second.promote()
                await insert(store, after)
                assert await store.payment_setup(before.id) == before
                assert await store.payment_setup(after.id) == after


async def test_a_server_that_only_reads_is_refused_at_the_start() -> None:
    with (
        PostgresqlServer() as first,
        PostgresqlServer(standby_of=first) as second,
        pytest.raises(ConfigurationError, match="PostgreSQL database cannot be used"),
    ):
        await open_store(second.url("postgres"), mode="sandbox")


# Connections


async def connection_count(other: asyncpg.Connection) -> int:
    query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'fils' AND datname = current_database()"
    return int(await other.fetchval(query))


async def test_a_process_has_no_more_connections_than_it_was_told(postgresql_url: str) -> None:
    setups = [records.setup() for _ in range(50)]
    store = await open_store(postgresql_url, mode="sandbox", connections=3)
    async with outsider(postgresql_url) as other:
        await asyncio.gather(*(insert(store, setup) for setup in setups))
        read = await asyncio.gather(*(store.payment_setup(setup.id) for setup in setups))
        assert await connection_count(other) == 3
    await store.close()
    assert read == setups


async def test_a_server_without_room_for_another_connection_is_refused_by_its_own_words() -> None:
    with PostgresqlServer(fsync=False) as server:
        name = await server.create_database()
        async with outsider(server.url(name)) as other:
            await other.execute(f'ALTER DATABASE "{name}" CONNECTION LIMIT 0')
            await other.execute("CREATE ROLE gateway LOGIN")
            url = server.url(name).replace("fils@", "gateway@")
            with pytest.raises(ConfigurationError, match="too many connections"):
                await open_store(url, mode="sandbox")


async def test_a_pooler_that_drops_settings_is_refused(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = {name: value for name, value in SESSION.items() if name != "statement_timeout"}
    with_less = functools.partial(connect, session=kept)
    monkeypatch.setattr("fils.storage.postgresql.connect", with_less)
    with pytest.raises(ConfigurationError, match=r"did not take statement_timeout=5000 .* pooler"):
        await open_store(postgresql_url, mode="sandbox")


# Passwords and certificates


@pytest.fixture
async def guarded(tmp_path: Path) -> AsyncIterator[PostgresqlServer]:
    """A server that wants a password, over TLS."""
    with PostgresqlServer(fsync=False, password=PASSWORD, certificate=tmp_path) as server:
        yield server


async def test_the_password_may_come_from_the_environment_or_a_file_and_is_never_told(
    guarded: PostgresqlServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = guarded.url("postgres")
    with pytest.raises(ConfigurationError, match="PostgreSQL database cannot be used"):
        await open_store(url, mode="sandbox")

    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    await (await open_store(url, mode="sandbox")).close()

    monkeypatch.setenv("PGPASSWORD", PASSWORD[::-1])
    with pytest.raises(ConfigurationError, match="password authentication failed") as refusal:
        await open_store(url, mode="sandbox")
    assert PASSWORD[::-1] not in str(refusal.value)

    monkeypatch.delenv("PGPASSWORD")
    file = tmp_path / "pgpass"
    file.write_text(f"127.0.0.1:{guarded.port}:*:fils:{PASSWORD}\n")
    file.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(file))
    await (await open_store(url, mode="sandbox")).close()


async def test_the_url_may_ask_for_a_certificate_of_an_authority(
    guarded: PostgresqlServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    url = guarded.url("postgres").replace("127.0.0.1", "localhost")
    known = f"{url}?sslmode=verify-full&sslrootcert={tmp_path / 'server.crt'}"
    await (await open_store(known, mode="sandbox")).close()

    make_certificate(tmp_path / "other", "localhost")
    with pytest.raises(ConfigurationError, match="certificate verify failed"):
        await open_store(f"{url}?sslmode=verify-full&sslrootcert={tmp_path / 'other.crt'}", mode="sandbox")


# What opens


async def test_an_address_where_nothing_listens_is_refused_without_the_password() -> None:
    url = f"postgresql://fils:hunter2@127.0.0.1:{free_port()}/fils"
    with pytest.raises(ConfigurationError, match="PostgreSQL database cannot be used") as refusal:
        await open_store(url, mode="sandbox")
    assert "hunter2" not in str(refusal.value)


async def test_a_url_that_cannot_be_read_is_refused_without_the_password() -> None:
    with pytest.raises(ConfigurationError, match="cannot be read") as refusal:
        await open_store("postgresql://fils:hunter2/x@127.0.0.1/fils", mode="sandbox")
    assert "hunter2" not in str(refusal.value)


async def test_a_database_that_is_not_there_is_refused_by_name(postgresql_server: PostgresqlServer) -> None:
    with pytest.raises(ConfigurationError, match='"no_such_database" does not exist'):
        await open_store(postgresql_server.url("no_such_database"), mode="sandbox")


async def test_a_database_of_another_program_is_refused(postgresql_url: str) -> None:
    async with outsider(postgresql_url) as other:
        await other.execute("CREATE TABLE payments (mine TEXT)")
    with pytest.raises(ConfigurationError, match="already exists"):
        await open_store(postgresql_url, mode="sandbox")


async def test_a_text_that_postgresql_cannot_hold_names_nothing(postgresql_url: str) -> None:
    async with node(postgresql_url) as store:
        assert await store.payment(PaymentId("pay_\0")) is None


# Two schemas that say the same


async def test_both_databases_have_the_same_tables_columns_and_unique_keys(
    postgresql_url: str, tmp_path: Path
) -> None:
    sqlite_path = tmp_path / "fils.db"
    await (await open_store(str(sqlite_path), mode="sandbox")).close()
    sqlite = sqlite3.connect(sqlite_path)
    sqlite_columns = sqlite.execute(
        """
        SELECT t.name, c.name FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table'
        """
    ).fetchall()
    sqlite_keys = sqlite.execute(
        """
        SELECT t.name, group_concat(c.name), i.partial
        FROM sqlite_master t, pragma_index_list(t.name) i, pragma_index_info(i.name) c
        WHERE t.type = 'table' AND i."unique" GROUP BY t.name, i.name
        """
    ).fetchall()
    sqlite.close()
    async with node(postgresql_url), outsider(postgresql_url) as other:
        columns = await other.fetch(
            """
            SELECT table_name, column_name FROM information_schema.columns
            WHERE table_schema = 'public'
            """
        )
        keys = await other.fetch(
            """
            SELECT t.relname, string_agg(a.attname, ',' ORDER BY array_position(i.indkey::int2[], a.attnum)),
                   (i.indpred IS NOT NULL)::int
            FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
            JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = ANY (i.indkey::int2[])
            WHERE i.indisunique AND t.relnamespace = 'public'::regnamespace
            GROUP BY t.relname, i.indexrelid
            """
        )
    # An INTEGER PRIMARY KEY of SQLite has no index of its own.
    positions = {(table, "position", 0) for table, column in sqlite_columns if column == "position"}
    one = {("stamp", "one", 0)}
    assert sorted(map(tuple, columns)) == sorted(sqlite_columns)
    assert {tuple(key) for key in keys} == set(sqlite_keys) | positions | one
