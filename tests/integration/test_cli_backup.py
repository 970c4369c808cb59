"""``fils backup``, ``fils restore`` and ``fils verify`` as people use them, beside a Fils that serves."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.support.command_line import run_fils
from tests.support.customer import DOCUMENTED_REQUEST, SUCCESS_URL, Customer, Shop, call, link_of
from tests.support.process import FilsProcess

DATABASE = "fils-data/fils.sqlite3"


def repeatable_create(base_url: str, key: str) -> str:
    """The id that a create with an idempotency key is answered."""
    headers = {"Authorization": f"Bearer {Shop(base_url).key}", "Content-Type": "application/json"}
    body = json.dumps(DOCUMENTED_REQUEST).encode()
    answer = call(
        "POST", f"{base_url}/payments/setups", body=body, headers={**headers, "Cko-Idempotency-Key": key}
    )
    assert answer.status == 200, answer.text
    return str(answer.json()["id"])


def test_what_was_under_way_goes_on_after_a_restore(tmp_path: Path) -> None:
    """The machine is lost; the backup, the master key and the bank are not."""
    with FilsProcess(tmp_path) as fils:
        shop = Shop(fils.base_url)
        paid, on_the_page, left = shop.confirmed(), shop.confirmed(), shop.confirmed()
        Customer().pay(link_of(paid))
        customer, gone = Customer(), Customer()
        customer.open(link_of(on_the_page))
        gone.pay_and_leave(link_of(left))
        setup_id = repeatable_create(fils.base_url, "order-1")
        made = run_fils("backup", "one.backup", folder=tmp_path)
        assert (made.returncode, made.stderr) == (0, "")
        assert made.stdout.startswith(f"one.backup holds {DATABASE} as of 20")
        assert "3 payments" in made.stdout
        assert "The master key is NOT in it. Keep fils-data/master.key in another place" in made.stdout
        lost = shop.confirmed()

        fils.kill()
        for path in (tmp_path / "fils-data").glob("fils.sqlite3*"):
            path.unlink()
        restored = run_fils("restore", "one.backup", folder=tmp_path)
        assert (restored.returncode, restored.stderr) == (0, "")
        assert restored.stdout.startswith(
            f"{DATABASE} is restored from one.backup.\n\nWhat happened after 20"
        )
        assert restored.stdout.endswith("Every law holds.\n")

        fils.start()
        assert shop.payment(paid["id"])["status"] == "Captured"
        customer.fill_in_card()
        assert customer.confirm().startswith(SUCCESS_URL)
        assert shop.payment(on_the_page["id"])["status"] == "Captured"
        assert repeatable_create(fils.base_url, "order-1") == setup_id
        assert shop.get(f"/payments/{lost['id']}").status == 404
        # The customer who left is asked about again.
        with closing(sqlite3.connect(tmp_path / DATABASE)) as database:
            query = "SELECT due_at_us FROM due_payments WHERE payment_id = ?"
            assert database.execute(query, (left["id"],)).fetchone() is not None
        assert run_fils("verify", folder=tmp_path).stdout.endswith("Every law holds.\n")


def test_a_broken_law_is_a_line_and_an_exit_code(tmp_path: Path) -> None:
    with FilsProcess(tmp_path) as fils:
        payment_id = Shop(fils.base_url).confirmed()["id"]
        sound = run_fils("verify", folder=tmp_path)
        assert (sound.returncode, sound.stderr) == (0, "")
        assert sound.stdout.startswith(f"Looked at {DATABASE}: 1 data keys, ")
        with closing(sqlite3.connect(tmp_path / DATABASE)) as database:
            database.execute("DELETE FROM events")
            database.commit()
        broken = run_fils("verify", folder=tmp_path)
        assert (broken.returncode, broken.stderr) == (1, "")
        assert f"I4: {payment_id} has 1 events, stored are those of []\n" in broken.stdout
        told = json.loads(run_fils("verify", "--json", folder=tmp_path).stdout)
        assert (told["is_sound"], told["violation_count"]) == (False, len(told["violations"]))
        assert {item["law"] for item in told["violations"]} == {"I4", "I6"}

        # What is broken can still be kept, and is told again of the copy and of what is made of it.
        assert run_fils("backup", "one.backup", folder=tmp_path).returncode == 0
        assert run_fils("verify", "one.backup", folder=tmp_path).returncode == 1
        (tmp_path / "other").mkdir()
        (tmp_path / "other" / "master.key").symlink_to(tmp_path / "fils-data" / "master.key")
        again = run_fils("restore", "one.backup", "--database", "other/fils.db", folder=tmp_path)
        assert again.returncode == 1
        assert "I4: " in again.stdout


def test_what_is_not_there_is_told_as_what_it_was_to_be(tmp_path: Path) -> None:
    for command in ("restore", "verify"):
        ended = run_fils(command, "gone.backup", folder=tmp_path)
        assert (ended.returncode, ended.stderr) == (2, "fils: there is no backup gone.backup\n")
    for words in (("backup", "new.backup"), ("verify",)):
        ended = run_fils(*words, folder=tmp_path)
        assert (ended.returncode, ended.stderr) == (
            2,
            f"fils: there is no database {DATABASE}: run the command where `fils serve` runs, with the same settings "
            "(--database, FILS_DATABASE_URL)\n",
        )
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "letter.txt").write_text("Dear customer, " * 100)
    assert run_fils("restore", "letter.txt", folder=tmp_path).stderr == (
        "fils: the backup letter.txt cannot be read: file is not a database\n"
    )


def test_a_running_fils_keeps_its_place(tmp_path: Path) -> None:
    with FilsProcess(tmp_path) as fils:
        assert run_fils("backup", "one.backup", folder=tmp_path).returncode == 0
        refused = run_fils("restore", "one.backup", folder=tmp_path)
        assert refused.returncode == 2
        assert refused.stderr == (
            f"fils: there is something at {DATABASE} already; nothing is ever written over it\n"
        )
        assert Shop(fils.base_url).confirmed()["status"] == "Pending"
    # And where none runs, the file alone is enough.
    assert run_fils("backup", "two.backup", folder=tmp_path).returncode == 0
    assert run_fils("verify", folder=tmp_path).returncode == 0


def test_a_fils_whose_file_was_removed_is_stopped_first(tmp_path: Path) -> None:
    with FilsProcess(tmp_path):
        assert run_fils("backup", "one.backup", folder=tmp_path).returncode == 0
        for ending in ("", "-wal", "-shm"):
            (tmp_path / f"{DATABASE}{ending}").unlink()
        refused = run_fils("restore", "one.backup", folder=tmp_path)
        assert refused.returncode == 2
        assert refused.stderr == (
            f"fils: a Fils that runs still has the database {DATABASE}; stop that Fils first\n"
        )
        assert not (tmp_path / DATABASE).exists()
    assert run_fils("restore", "one.backup", folder=tmp_path).returncode == 0


def test_where_nothing_is_nothing_is_made(tmp_path: Path) -> None:
    for arguments in (("backup", "one.backup"), ("verify",), ("restore", "one.backup")):
        ended = run_fils(*arguments, folder=tmp_path)
        assert ended.returncode == 2
        assert ended.stderr.startswith("fils: there is no ")
        assert ended.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
