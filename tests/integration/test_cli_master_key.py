"""``fils master-key`` as people use it: beside a Fils that serves, on both databases, and cut short."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fils.bootstrap import master_keys
from fils.bootstrap.master_keys import NotReplaced
from fils.bootstrap.operations import perform
from fils.config import Settings, read_settings
from fils.domain.errors import ConfigurationError
from fils.operations.messages import Request
from fils.operations.messages.master_key import ListDataKeys, ReplaceSeals, SealedDataKeys
from fils.vault import MasterKey
from tests.support.command_line import run_fils
from tests.support.customer import SUCCESS_URL, Customer, Shop, link_of
from tests.support.new_database import make_database
from tests.support.process import FilsProcess

DATABASE = "fils-data/fils.sqlite3"
OLD = "fils-data/master.key"


def fingerprint(folder: Path, name: str) -> str:
    return master_keys.fingerprint(folder / name)


def test_the_key_is_replaced_while_fils_serves_and_the_next_start_needs_the_new_one(tmp_path: Path) -> None:
    new = {"FILS_MODE": "sandbox", "FILS_MASTER_KEY_FILE": "new.key"}
    with FilsProcess(tmp_path) as fils:
        shop, customer = Shop(fils.base_url), Customer()
        waiting, paid = shop.confirmed(), shop.confirmed()
        customer.open(link_of(waiting))
        made = run_fils("master-key", "create", "new.key", folder=tmp_path)
        assert made.stdout.startswith(
            f"new.key holds the new master key {fingerprint(tmp_path, 'new.key')}.\n"
        )
        done = run_fils("master-key", "rotate", "--new", "new.key", "--by", "noura", folder=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith(
            f"The database now opens with the master key {fingerprint(tmp_path, 'new.key')}, "
            f"and no longer with {fingerprint(tmp_path, OLD)}.\nBefore any Fils starts again: name new.key"
        )

        # What it has open stays right, for old links and seals and for new ones.
        assert Customer().pay(link_of(paid)).startswith(SUCCESS_URL)
        later = shop.confirmed()
        assert run_fils("verify", folder=tmp_path, environment=new).returncode == 0
        again = run_fils("master-key", "rotate", "--new", "new.key", folder=tmp_path)
        assert again.stdout.startswith("The database already opens with the master key")
        log = run_fils("accounts", "log", folder=tmp_path)
        assert "noura  master key replaced  dek_" in log.stdout
        assert f"{fingerprint(tmp_path, OLD)} by {fingerprint(tmp_path, 'new.key')}" in log.stdout

        fils.terminate()
        with pytest.raises(RuntimeError, match=f"needs {fingerprint(tmp_path, 'new.key')}"):
            fils.start()
        refused = run_fils("payments", "attention", folder=tmp_path)
        assert refused.returncode == 2
        assert f"needs {fingerprint(tmp_path, 'new.key')}: name that file" in refused.stderr
        (tmp_path / "new.key").replace(tmp_path / OLD)
        fils.start()
        customer.fill_in_card()
        assert customer.confirm().startswith(SUCCESS_URL)
        assert Customer().pay(link_of(later)).startswith(SUCCESS_URL)
    assert run_fils("verify", folder=tmp_path).stdout.endswith("Every law holds.\n")


def test_nodes_on_postgresql_go_on_and_a_database_that_nobody_serves_is_rotated_too(
    tmp_path: Path, postgresql_url: str
) -> None:
    environment = {"FILS_MODE": "sandbox", "FILS_DATABASE_URL": postgresql_url}
    assert run_fils("master-key", "create", "new.key", folder=tmp_path).returncode == 0
    with FilsProcess(tmp_path, environment=environment) as fils:
        confirmed = Shop(fils.base_url).confirmed()
        done = run_fils("master-key", "rotate", "--new", "new.key", folder=tmp_path, environment=environment)
        assert (done.returncode, done.stderr) == (0, "")
        assert Customer().pay(link_of(confirmed)).startswith(SUCCESS_URL)
    named = {**environment, "FILS_MASTER_KEY_FILE": "new.key"}
    old = run_fils("verify", folder=tmp_path, environment=environment)
    assert (old.returncode, old.stdout) == (2, "")
    assert run_fils("verify", folder=tmp_path, environment=named).returncode == 0
    back = run_fils("master-key", "rotate", "--new", OLD, folder=tmp_path, environment=named)
    assert (back.returncode, back.stderr) == (0, "")
    assert run_fils("verify", folder=tmp_path, environment=environment).returncode == 0


# Without a process that serves


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Those of a database that has a data key."""
    path = tmp_path / "master.key"
    master_keys.create(path)
    chosen = read_settings(
        {"FILS_MODE": "sandbox", "FILS_MASTER_KEY_FILE": str(path)}, database=str(tmp_path / "fils.db")
    )
    asyncio.run(make_database(chosen))
    return chosen


def new_key(settings: Settings, name: str) -> Path:
    path = settings.master_key_file.with_name(name)
    master_keys.create(path)
    return path


def opening(settings: Settings, *files: Path) -> list[bool]:
    """Which of *files* opens the database as it stands."""
    ends = []
    for file in files:
        environment = {"FILS_MODE": "sandbox", "FILS_MASTER_KEY_FILE": str(file)}
        try:
            perform(read_settings(environment, database=settings.database), ListDataKeys())
            ends.append(True)
        except ConfigurationError:
            ends.append(False)
    return ends


@pytest.mark.parametrize("is_stored", [False, True])
def test_whenever_it_is_cut_short_exactly_one_of_both_keys_opens_the_database(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, *, is_stored: bool
) -> None:
    new = new_key(settings, "new.key")

    def cut_short(settings: Settings, request: Request) -> object:
        if isinstance(request, ReplaceSeals) and not is_stored:
            raise KeyboardInterrupt
        answer = perform(settings, request)
        if isinstance(request, ReplaceSeals):
            raise KeyboardInterrupt
        return answer

    monkeypatch.setattr(master_keys, "perform", cut_short)
    with pytest.raises(KeyboardInterrupt):
        master_keys.replace(settings, new, by="noura")
    assert opening(settings, settings.master_key_file, new) == [not is_stored, is_stored]


def test_of_two_who_rotate_at_once_one_is_refused_and_changes_nothing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = new_key(settings, "first.key"), new_key(settings, "second.key")
    stored = perform(settings, ListDataKeys())

    def late(settings: Settings, request: Request) -> object:
        return stored if isinstance(request, ListDataKeys) else perform(settings, request)

    master_keys.replace(settings, first, by="noura")
    monkeypatch.setattr(master_keys, "perform", late)
    by_first = read_settings(
        {"FILS_MODE": "sandbox", "FILS_MASTER_KEY_FILE": str(first)}, database=settings.database
    )
    # It had read the old key too, before the other one was done.
    keys = {first: master_key_in(settings.master_key_file), second: master_key_in(second)}
    monkeypatch.setattr(master_keys, "read_master_key", keys.__getitem__)
    with pytest.raises(NotReplaced, match="somebody else replaced the master key meanwhile"):
        master_keys.replace(by_first, second, by="noura")
    assert opening(settings, settings.master_key_file, first, second) == [False, True, False]


def master_key_in(path: Path) -> MasterKey:
    return MasterKey(bytes.fromhex(path.read_text()))


def test_the_key_in_use_is_no_new_one(settings: Settings) -> None:
    with pytest.raises(ConfigurationError, match="that is in use; make another one"):
        master_keys.replace(settings, settings.master_key_file, by="noura")


def test_no_key_travels_to_the_fils_that_stores(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []

    def listening(settings: Settings, request: Request) -> object:
        answer = perform(settings, request)
        sent.append(f"{request!r} {answer!r}")
        return answer

    monkeypatch.setattr(master_keys, "perform", listening)
    new = new_key(settings, "new.key")
    master_keys.replace(settings, new, by="noura")
    for key in (new, settings.master_key_file):
        assert key.read_text().strip() not in " ".join(sent)
    answer = perform(
        read_settings({"FILS_MODE": "sandbox", "FILS_MASTER_KEY_FILE": str(new)}, database=settings.database),
        ListDataKeys(),
    )
    assert isinstance(answer, SealedDataKeys)
    assert [key.version for key in answer.keys] == [1]


def test_commands_at_once_leave_one_key_that_opens(settings: Settings) -> None:
    news = [new_key(settings, f"{number}.key") for number in range(3)]

    def rotate(path: Path) -> bool:
        try:
            master_keys.replace(settings, path, by="noura")
        except (ConfigurationError, NotReplaced):
            return False
        return True

    with ThreadPoolExecutor(3) as pool:
        ends = list(pool.map(rotate, news))
    assert sum(ends) == 1
    assert opening(settings, *news) == ends


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("create", "there"), "something at there already; a master key is never written over"),
        (("show", "open.key"), "open to other users (mode 0644)"),
        (
            ("rotate", "--new", "spoilt.key"),
            "the master key fils-data/master.key cannot be read: No such file",
        ),
    ],
)
def test_what_cannot_be_done_is_one_line(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    (tmp_path / "there").touch()
    (tmp_path / "open.key").write_text("ab" * 32)
    (tmp_path / "open.key").chmod(0o644)
    (tmp_path / "spoilt.key").write_text("hunter2")
    (tmp_path / "spoilt.key").chmod(0o600)
    before = sorted(tmp_path.iterdir())
    ended = run_fils("master-key", *arguments, folder=tmp_path)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert words in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert "hunter2" not in ended.stderr
    assert sorted(tmp_path.iterdir()) == before
