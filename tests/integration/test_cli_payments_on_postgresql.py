"""``fils payments`` on PostgreSQL: there is no door, the command reads and writes beside the Fils that runs."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import pytest

from tests.support.command_line import run_fils
from tests.support.customer import Customer, Shop, link_of
from tests.support.needing_a_person import call_for_a_person
from tests.support.process import FilsProcess

WORD = ("--evidence", "report 14, line 3", "--by", "Noura")


def test_a_word_is_taken_beside_a_running_fils(tmp_path: Path, postgresql_url: str) -> None:
    environment = {"FILS_MODE": "sandbox", "FILS_DATABASE_URL": postgresql_url}
    with FilsProcess(tmp_path, environment=environment) as fils:
        shop = Shop(fils.base_url)
        confirmed = shop.confirmed()
        Customer().open(link_of(confirmed))
        attempt_id = asyncio.run(call_for_a_person(postgresql_url, confirmed["id"]))

        listed = run_fils("payments", "attention", "--json", folder=tmp_path, environment=environment)
        assert [entry["attempt_id"] for entry in json.loads(listed.stdout)["attempts"]] == [attempt_id]
        words = ("payments", "resolve", attempt_id, "--captured", *WORD)
        done = run_fils(*words, folder=tmp_path, environment=environment)
        assert done.stdout == f"Recorded. Payment {confirmed['id']} is Captured.\n"
        assert shop.payment(confirmed["id"])["status"] == "Captured"
        again = run_fils(*words, folder=tmp_path, environment=environment)
        assert again.returncode == 1
        assert "Noura resolved it" in again.stderr
    assert not list(tmp_path.glob("**/*.door"))


@pytest.mark.parametrize("arguments", [("attention",), ("resolve", "att_1", "--captured", *WORD)])
def test_elsewhere_without_the_master_key_nothing_is_made(
    tmp_path: Path, postgresql_url: str, arguments: tuple[str, ...]
) -> None:
    environment = {"FILS_MODE": "sandbox", "FILS_DATABASE_URL": postgresql_url}
    ended = run_fils("payments", *arguments, folder=tmp_path, environment=environment)
    assert ended.returncode == 2
    assert ended.stderr.startswith(
        "fils: there is no fils-data/master.key: run the command where `fils serve`"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_is_not_there_is_told_without_the_password(tmp_path: Path) -> None:
    (tmp_path / "fils-data").mkdir()
    (tmp_path / "fils-data" / "master.key").write_text("ab" * 32)
    (tmp_path / "fils-data" / "master.key").chmod(0o600)
    environment = {"FILS_MODE": "sandbox", "FILS_DATABASE_URL": "postgresql://fils:hunter2@127.0.0.1:1/fils"}
    ended = run_fils("payments", "attention", folder=tmp_path, environment=environment)
    assert ended.returncode == 2
    assert re.fullmatch(
        r"fils: the PostgreSQL database cannot be used: Connect call failed \('127\.0\.0\.1', 1\); see that its server "
        r"runs, and that the url names its host, port, database, user and password\n",
        ended.stderr,
    )
    assert "hunter2" not in ended.stderr
    assert ended.stderr.count("\n") == 1
