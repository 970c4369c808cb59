"""
A real PostgreSQL for tests: Debian's binaries, a data folder and a random port of their own.

Nothing of a PostgreSQL that already runs on the machine is used or touched.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import asyncpg
import pytest

from tests.support.ports import free_port

INSTALL_LINE: Final = (
    "mkdir -p /etc/postgresql-common && "
    "echo create_main_cluster=false >/etc/postgresql-common/createcluster.conf && "
    "apt-get update && apt-get install -y --no-install-recommends postgresql"
)
_TIMEOUT_S: Final = 30


class BinariesMissing(Exception):
    """PostgreSQL's binaries are not installed; the message holds the line that installs them."""


def find_binaries() -> Path:
    """
    Find the folder of ``initdb`` and ``postgres``, the newest version first.

    Raises:
        BinariesMissing: If there is none. Tests fail then; they are never skipped.
    """
    folders = list(Path("/usr/lib/postgresql").glob("*/bin"))
    folders.sort(key=lambda folder: int(folder.parent.name), reverse=True)
    in_path = shutil.which("initdb")
    if in_path is not None:
        folders.append(Path(in_path).resolve().parent)
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise BinariesMissing(f"PostgreSQL is not installed. As root on Debian run: {INSTALL_LINE}")


class PostgresqlServer:
    """
    One PostgreSQL of its own. A context manager: it runs on entry and leaves nothing behind on exit.

    Args:
        fsync: Whether commits reach the disk. Off only where durability is not what is tested.
        password: What it wants over TCP from its superuser, ``fils``; None lets everybody in.
        certificate: The folder where it puts ``server.crt``, for localhost, and answers TLS only; None has no TLS.
        standby_of: A server that runs, which this one follows until it is promoted.
    """

    def __init__(
        self,
        *,
        fsync: bool = True,
        password: str | None = None,
        certificate: Path | None = None,
        standby_of: PostgresqlServer | None = None,
    ) -> None:
        self.port = free_port()
        self._password = password
        self._certificate = certificate
        self._standby_of = standby_of
        self._fsync = fsync
        self._binaries = find_binaries()
        self._folder = Path(tempfile.mkdtemp(prefix="fils-postgresql-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._user: int | None = None
        self._group: int | None = None
        self._extra_groups: list[int] | None = None
        if os.geteuid() == 0:
            # PostgreSQL refuses to run as root, so it runs as the system's nobody.
            nobody = pwd.getpwnam("nobody")
            self._user, self._group, self._extra_groups = nobody.pw_uid, nobody.pw_gid, []
            os.chown(self._folder, self._user, self._group)

    def __enter__(self) -> Self:
        try:
            self._initialise()
            self.start()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._remove()

    def url(self, database: str) -> str:
        """The address of *database* over TCP on loopback, as Fils' own setting takes it."""
        return f"postgresql://fils@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start the server and wait until it answers. It keeps its port and what it stored."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self._folder),
            "max_connections": "200",
            "fsync": "on" if self._fsync else "off",
        }
        if self._certificate is not None:
            files = {"ssl_cert_file": "server.crt", "ssl_key_file": "server.key"}
            settings |= {"ssl": "on"} | {name: str(self._folder / file) for name, file in files.items()}
        command = [str(self._binaries / "postgres"), "-D", str(self._data_folder)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with self._log_file.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                cwd="/",
                user=self._user,
                group=self._group,
                extra_groups=self._extra_groups,
            )
        self._wait_until_ready()

    def stop(self) -> None:
        """Stop the server as a crash would: connections break, what was committed stays."""
        if self._process is not None:
            # PostgreSQL's immediate shutdown: no farewell to clients, but unlike SIGKILL its children end too.
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(timeout=_TIMEOUT_S)
            self._process = None

    async def promote(self) -> None:
        """Make a standby the one that takes writes."""
        await self._execute("SELECT pg_promote()")

    async def wait_for(self, primary: PostgresqlServer) -> None:
        """Wait until this standby has all that *primary* has written."""
        source = await asyncpg.connect(primary.url("postgres"))
        written = await source.fetchval("SELECT pg_current_wal_lsn()::text")
        await source.close()
        here = await asyncpg.connect(self.url("postgres"))
        query = f"SELECT pg_last_wal_replay_lsn() >= '{written}'::pg_lsn"
        while not await here.fetchval(query):
            await asyncio.sleep(0.01)
        await here.close()

    async def create_database(self, *, template: str = "template1") -> str:
        """Make a fresh database, a copy of *template* (nobody may be connected to that), and return its name."""
        name = f"fils_{uuid.uuid4().hex}"
        await self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    async def drop_database(self, name: str) -> None:
        """Remove a database and end whatever is still connected to it."""
        await self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self.url("postgres"))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    @property
    def _data_folder(self) -> Path:
        return self._folder / "data"

    @property
    def _log_file(self) -> Path:
        return self._folder / "log"

    def _initialise(self) -> None:
        if self._standby_of is not None:
            source = ("-h", "127.0.0.1", "-p", str(self._standby_of.port), "-U", "fils")
            copied = (
                "-D",
                str(self._data_folder),
                "--write-recovery-conf",
                "--checkpoint=fast",
                "--no-sync",
            )
            self._run("pg_basebackup", *source, *copied)
            return
        options = (
            "-D",
            str(self._data_folder),
            "-U",
            "fils",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        )
        if self._password is None:
            self._run("initdb", *options, "--auth=trust")
        else:
            file = self._folder / "password"
            file.write_text(self._password, encoding="utf-8")
            self._give_away(file)
            self._run(
                "initdb", *options, "--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={file}"
            )
        if self._certificate is not None:
            make_certificate(self._folder / "server", "localhost")
            shutil.copy(self._folder / "server.crt", self._certificate)
            for name in ("server.key", "server.crt"):
                self._give_away(self._folder / name)

    def _give_away(self, file: Path) -> None:
        """Let the server's user, and nobody else, read a file."""
        file.chmod(0o600)
        if self._user is not None and self._group is not None:
            os.chown(file, self._user, self._group)

    def _run(self, program: str, *options: str) -> None:
        finished = subprocess.run(
            [str(self._binaries / program), *options],
            check=False,
            capture_output=True,
            text=True,
            cwd="/",
            user=self._user,
            group=self._group,
            extra_groups=self._extra_groups,
        )
        if finished.returncode != 0:
            raise RuntimeError(f"{program} failed:\n{finished.stdout}{finished.stderr}")

    def _wait_until_ready(self) -> None:
        check = [str(self._binaries / "pg_isready"), "-q", "-h", str(self._folder), "-p", str(self.port)]
        deadline = time.monotonic() + _TIMEOUT_S
        while time.monotonic() < deadline and self._process is not None and self._process.poll() is None:
            if subprocess.run(check, check=False).returncode == 0:
                return
            time.sleep(0.05)
        raise RuntimeError(f"PostgreSQL did not start:\n{self._log_file.read_text(errors='replace')}")

    def _remove(self) -> None:
        try:
            self.stop()
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)


def make_certificate(path: Path, host: str) -> None:
    """A certificate of *host*, signed by itself: ``path.crt``, and its key, ``path.key``."""
    subject = ["-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}"]
    files = ["-keyout", f"{path}.key", "-out", f"{path}.crt"]
    new = ["openssl", "req", "-x509", "-newkey", "ed25519", "-noenc", "-days", "2"]
    subprocess.run([*new, *subject, *files], check=True, capture_output=True)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresqlServer]:
    """One server for a whole test session, with full fsync."""
    with PostgresqlServer() as server:
        yield server


@pytest.fixture
async def postgresql_url(postgresql_server: PostgresqlServer) -> AsyncIterator[str]:
    """The address of an empty database of this test's own."""
    name = await postgresql_server.create_database()
    yield postgresql_server.url(name)
    await postgresql_server.drop_database(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def durable_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database that outlives the store opened on it."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/fils.db"
    return str(request.getfixturevalue("postgresql_url"))
