"""What ``fils serve`` leaves on disk: for its owner alone, inside its folder, and never through somebody's link."""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.support.command_line import run_fils
from tests.support.customer import DOCUMENTED_REQUEST, SUCCESS_URL, Customer, Shop, call, link_of
from tests.support.process import FilsProcess

MASTER_KEY = "ab" * 32


def refusal(folder: Path, database: str) -> str:
    """``fils serve`` must end with one line; returns it."""
    ended = run_fils("serve", "--port", "0", "--database", database, folder=folder)
    assert (ended.returncode, ended.stdout) == (2, ""), ended.stderr
    assert ended.stderr.startswith("fils: ")
    assert ended.stderr.count("\n") == 1
    return ended.stderr


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_every_file_is_for_its_owner_alone_whatever_the_umask(tmp_path: Path) -> None:
    with FilsProcess(tmp_path, umask=0) as process:
        Customer().pay(link_of(Shop(process.base_url).confirmed()))
        folder = tmp_path / "fils-data"
        assert f"{folder.stat().st_mode:o}" == "40700"
        modes = {file.name: f"{file.stat().st_mode:o}" for file in folder.iterdir()}
    database = ("fils.sqlite3", "fils.sqlite3-shm", "fils.sqlite3-wal", "fils.sqlite3.lock")
    books = ("simulator.sqlite3", "simulator.sqlite3-shm", "simulator.sqlite3-wal")
    files = dict.fromkeys((*database, *books, "master.key"), "100600")
    assert modes == files | {"fils.sqlite3.door": "140600"}


def test_a_foreign_file_is_refused_without_a_trace(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear customer, " * 100)
    with closing(sqlite3.connect(tmp_path / "songs.sqlite3")) as other:
        other.execute("CREATE TABLE songs (title TEXT)")
    before = names(tmp_path)
    assert "not a database" in refusal(tmp_path, "letter.txt")
    assert "belongs to another program" in refusal(tmp_path, "songs.sqlite3")
    assert names(tmp_path) == before


@pytest.mark.parametrize("name", ["fils.db.lock", "fils.db", "master.key"])
def test_a_link_to_nothing_is_refused_and_nothing_is_made_through_it(tmp_path: Path, name: str) -> None:
    (tmp_path / "data").mkdir()
    target = tmp_path / "elsewhere"
    (tmp_path / "data" / name).symlink_to(target)
    assert name in refusal(tmp_path, "data/fils.db")
    assert not target.exists()


def test_a_link_to_a_file_is_not_written_through(tmp_path: Path) -> None:
    target = tmp_path / "letter.txt"
    target.write_text("Dear customer")
    for name in ("fils.db.lock", "master.key"):
        folder = tmp_path / f"with {name}"
        folder.mkdir()
        (folder / name).symlink_to(target)
        assert name in refusal(folder, "fils.db")
    assert target.read_text() == "Dear customer"


def test_a_master_key_may_be_mounted_from_elsewhere(tmp_path: Path) -> None:
    """As container platforms do it: a link to a file that is only for reading."""
    secret = tmp_path / "secret"
    secret.write_text(MASTER_KEY)
    secret.chmod(0o400)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "master.key").symlink_to(secret)
    with FilsProcess(tmp_path, database="data/fils.db") as process:
        assert call("GET", f"{process.base_url}/health").status == 200
    assert secret.read_text() == MASTER_KEY


@pytest.mark.parametrize("content", ["", "hunter2", "ab" * 31])
def test_a_spoilt_master_key_is_named_and_not_repeated(tmp_path: Path, content: str) -> None:
    (tmp_path / "master.key").write_text(content)
    line = refusal(tmp_path, "fils.db")
    assert "master.key" in line
    assert not content or content not in line


@contextmanager
def disk_full(process: FilsProcess) -> Iterator[None]:
    """No file of the process may grow, as on a full disk."""
    limit = resource.RLIMIT_FSIZE
    resource.prlimit(process.pid, limit, (0, resource.RLIM_INFINITY))
    yield
    resource.prlimit(process.pid, limit, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def test_a_full_disk_is_503_until_there_is_room(fils_process: FilsProcess) -> None:
    shop = Shop(fils_process.base_url)
    confirmed = shop.confirmed()
    with disk_full(fils_process):
        assert shop.post("/payments/setups", DOCUMENTED_REQUEST).status == 503
        page = call("GET", link_of(confirmed))
        assert page.status == 503
        assert "text/html" in page.headers["Content-Type"]
        assert shop.payment(confirmed["id"])["status"] == "Pending"
    assert Customer().pay(link_of(confirmed)).startswith(SUCCESS_URL)
    assert shop.payment(confirmed["id"])["status"] == "Captured"
