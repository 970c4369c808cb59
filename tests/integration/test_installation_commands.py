"""Commands about accounts, channels, keys and terminals as people use them, with the simulator for the bank."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.support.command_line import clean_environment, command, run_fils
from tests.support.customer import Customer, Shop, link_of
from tests.support.operator import (
    KEY,
    NEW_PASSWORD,
    PASSWORD,
    Operator,
    bank_with_a_terminal,
    until_refused,
    until_taken,
)
from tests.support.ports import free_port
from tests.support.process import FilsProcess
from tests.support.production import ProductionProcess, write_master_key

SANDBOX_TERMINAL: Final = "trm_filstestkuwaitknetsandbox2"


@pytest.fixture(scope="module")
def bank_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a simulated bank with one terminal listens, in front of KNET's paths."""
    with bank_with_a_terminal(tmp_path_factory.mktemp("bank")) as url:
        yield url


def test_a_production_is_set_up_by_its_commands_and_takes_a_payment(tmp_path: Path, bank_url: str) -> None:
    """Before the first start on an empty database, then beside the Fils that runs; no secret is in clear anywhere."""
    production = ProductionProcess(tmp_path)
    operator = Operator(tmp_path, production.settings)
    assert "begins with `fils accounts create`" in operator.told("accounts", "list", code=2)
    made = operator.run("accounts", "create", "Bakery", "--by", "noura", "--json").stdout
    [account] = json.loads(made)["accounts"]
    added = operator.add_terminal("Main", bank_url)
    terminal_id = re.findall(r"trm_[a-z2-7]{26}", added)[0]
    for path in ("notifications", "errors"):
        assert f"{production.base_url}/knet/{path}/{terminal_id}\n" in added

    with production:
        assert f"{account['prefix']}  {account['id']}" in operator.run("accounts", "list").stdout
        words = ("channels", "create", "Web", "--json")
        [channel] = json.loads(operator.run(*words).stdout)["channels"]
        key = operator.run("keys", "create", "--name", "Web shop").stdout.rstrip("\n")
        assert re.fullmatch(r"sk_[a-z2-7]{26}[a-z2-7*#$=]", key)
        shop = Shop(production.base_url, key)
        confirmed = until_taken(shop, channel["id"])
        assert Customer().pay(link_of(confirmed)).startswith("https://example.com/payments/success")
        assert shop.payment(confirmed["id"])["status"] == "Captured"

        check_terminal(operator, bank_url)
        new_key = check_rotation(operator, shop)
        operator.run("terminals", "disable", "Main")
        until_refused(Shop(production.base_url, new_key), channel["id"])
        assert "off" in operator.run("terminals", "list").stdout
        log = operator.run("accounts", "log").stdout
        assert re.search(r"noura +account created", log)
        assert "terminal disabled" in log
        assert_nowhere_in_clear(operator, (KEY, PASSWORD, NEW_PASSWORD), (key, new_key))


def check_terminal(operator: Operator, bank_url: str) -> None:
    """What ``fils terminals test`` says to each thing that can be wrong."""
    works = operator.run("terminals", "test", "Main").stdout
    assert f"Main works: {bank_url} took its Tranportal id and password (version 1)" in works
    operator.add_terminal("Stranger", bank_url, tranportal_id="999999")
    assert "the Tranportal id is not known there" in operator.told("terminals", "test", "Stranger")
    operator.add_terminal("Away", f"http://127.0.0.1:{free_port()}/kpg")
    assert "cannot be reached" in operator.told("terminals", "test", "Away", code=3)
    operator.add_terminal("Lost", bank_url.replace("/kpg", "/elsewhere"))
    assert "gave no answer that can be read (KNET answered an inquiry with status 404)" in operator.told(
        "terminals", "test", "Lost", code=3
    )
    files = (operator.secret_file("password", NEW_PASSWORD), operator.secret_file("key", KEY))
    secrets = ("--password-file", files[0], "--key-file", files[1])
    refused = operator.told("terminals", "rotate", "Main", *secrets)
    assert "nothing was changed, because the bank refused: the Tranportal password is wrong" in refused
    for name in ("Away", "Lost"):
        assert "; --unchecked stores it" in operator.told("terminals", "rotate", name, *secrets)
    assert "(version 1)" in operator.run("terminals", "test", "Main").stdout
    right = ("--password-file", operator.secret_file("old-password", PASSWORD), "--key-file", files[1])
    assert "version 2, for new" in operator.run("terminals", "rotate", "Main", *right).stdout
    rotated = operator.run("terminals", "rotate", "Main", *secrets, "--unchecked")
    assert "version 3, for new payments from" in rotated.stdout
    assert "the Tranportal password is wrong" in operator.told("terminals", "test", "Main")
    operator.run("terminals", "test", "Main", "--version", "1")


def check_rotation(operator: Operator, shop: Shop) -> str:
    """A new key in the place of the shop's, which is revoked then; returns the new one."""
    new_key = operator.run("keys", "rotate", "Web shop", "--overlap", "1h", "--quiet").stdout.rstrip("\n")
    for key in (shop.key, new_key):
        assert Shop(shop.base_url, key).get("/payments/pay_unknown").status == 404
    listed = json.loads(operator.run("keys", "list", "--json").stdout)["keys"]
    [old] = [entry for entry in listed if entry["ends_at"]]
    operator.run("keys", "revoke", old["id"])
    assert shop.get("/payments/pay_unknown").status == 401
    assert Shop(shop.base_url, new_key).get("/payments/pay_unknown").status == 404
    assert "opens nothing already" in operator.told("keys", "revoke", old["id"])
    return new_key


def assert_nowhere_in_clear(operator: Operator, secrets: tuple[str, ...], keys: tuple[str, ...]) -> None:
    """Look through what was stored and printed. A key was printed once, when it was made."""
    for path in operator.folder.iterdir():
        if path.is_file() and path.name not in {"password", "old-password", "key", "master.key"}:
            octets = path.read_bytes()
            for secret in (*secrets, *keys):
                assert secret.encode() not in octets, path.name
    for secret in secrets:
        assert secret not in operator.printed
    for key in keys:
        assert operator.printed.count(key) == 1


def test_several_merchants_share_a_sandbox_and_see_nothing_of_each_other(tmp_path: Path) -> None:
    with FilsProcess(tmp_path) as fils:
        operator = Operator(tmp_path, {})
        operator.run("accounts", "create", "Bakery\u202e")
        assert "\u202e" not in operator.printed
        assert "(--account NAME, or `fils accounts log NAME`)" in operator.told("channels", "create", "Web")
        words = ("channels", "create", "Web", "--account", "bakery", "--json")
        [channel] = json.loads(operator.run(*words).stdout)["channels"]
        assert channel["terminal_id"] == SANDBOX_TERMINAL
        bound = ("--account", "Bakery", "--name", "Shop", "--channel", "Web")
        key = operator.run("keys", "create", *bound, "--quiet").stdout.rstrip("\n")
        assert re.fullmatch(r"sk_sbox_[a-z2-7]{27}", key)
        bakery, sandbox = Shop(fils.base_url, key), Shop(fils.base_url)
        confirmed = bakery.confirmed(processing_channel_id=channel["id"])
        assert Customer().pay(link_of(confirmed)).startswith("https://example.com/payments/success")
        assert bakery.payment(confirmed["id"])["status"] == "Captured"
        assert sandbox.get(f"/payments/{confirmed['id']}").status == 404

        assert "--sandbox-key" in operator.told("keys", "revoke", "sandbox")
        assert sandbox.get("/payments/pay_unknown").status == 404
        operator.run("keys", "revoke", "sandbox", "--sandbox-key")
        assert sandbox.get("/payments/pay_unknown").status == 401
        assert "a sandbox has those of its simulator" in operator.told("terminals", "list", code=2)
        fils.restart()
        assert sandbox.get("/payments/pay_unknown").status == 404
        assert bakery.get("/payments/pay_unknown").status == 404


def type_into(words: tuple[str, ...], operator: Operator, lines: tuple[str, ...]) -> tuple[int, str]:
    """Run a command at a terminal of its own and type *lines*, each when it is asked for something."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command(*words),
        cwd=operator.folder,
        env=clean_environment(operator.environment),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    shown, asked = "", list(lines)
    while process.poll() is None or select.select([ours], [], [], 0)[0]:
        if not select.select([ours], [], [], 0.05)[0]:
            continue
        try:
            shown += os.read(ours, 4096).decode()
        except OSError:
            break
        if asked and re.search(r": \Z|\]: \Z", shown):
            os.write(ours, f"{asked.pop(0)}\n".encode())
            shown += "\n"
    os.close(ours)
    return process.wait(timeout=10), shown


def test_secrets_are_typed_twice_and_not_shown(tmp_path: Path) -> None:
    environment = {
        "FILS_MODE": "production",
        "FILS_BASE_URL": "https://pay.example",
        "FILS_DATABASE_URL": str(tmp_path / "fils.sqlite3"),
        "FILS_MASTER_KEY_FILE": str(write_master_key(tmp_path)),
    }
    operator = Operator(tmp_path, environment)
    words = ("terminals", "add", "Main", "--bank", "test")
    code, shown = type_into(words, operator, ())
    assert code == 2, shown
    assert re.fullmatch(r"fils: there is no \S+fils\.sqlite3: [^\n]+\n", shown.replace("\r", ""))
    operator.run("accounts", "create", "Bakery")
    blank = f"{KEY} "
    typed = ("123456", PASSWORD, "mistyped", PASSWORD, PASSWORD, blank, blank, KEY, KEY)
    code, shown = type_into(words, operator, typed)
    assert code == 0, shown
    assert "The two entered values do not match" in shown
    assert "exactly 16 visible ASCII characters and this has 17" in shown
    assert PASSWORD not in shown
    assert KEY not in shown
    assert shown.startswith("Terminal Main of Bakery at https://kpaytest.com.kw/kpg (KNET's test system)")
    for asking, refusal in (
        (words, "is called Main already"),
        (("terminals", "add", "Second", "--bank", "kpay"), "the bank is not known"),
        (("terminals", "rotate", "Second"), "there is no terminal Second"),
        (("keys", "revoke", "Shop"), "there is no key Shop"),
    ):
        # Nobody is there to answer a question, so that one would be waited for in vain.
        assert refusal in type_into(asking, operator, ())[1]
    code, shown = type_into(("terminals", "add", "Second", "--bank", "test"), operator, ("123456",))
    assert code == 1
    assert "Main is this terminal already" in shown
    assert "nobody is here to type the New Tranportal password" in operator.told(
        "terminals", "rotate", "Main", code=2
    )
    # A key is shown to a person with what it is for, and revoked only after a question.
    code, shown = type_into(("keys", "create", "--name", "Shop"), operator, ())
    assert code == 0
    assert "This key is shown once." in shown
    assert re.search(r"^    sk_[a-z2-7]{27}\r?$", shown, re.MULTILINE)
    code, shown = type_into(("keys", "revoke", "Shop"), operator, ("n",))
    assert code == 1
    assert "nothing was changed" in shown
    # Ctrl-D, as Ctrl-C, leaves a question unanswered.
    code, shown = type_into(("keys", "revoke", "Shop"), operator, ("\x04",))
    assert code == 1
    assert shown.replace("\r", "").endswith("\nfils: stopped at a question: nothing was changed\n")
    assert "good" in operator.run("keys", "list").stdout


def test_a_file_that_others_can_read_is_warned_of_and_what_it_holds_is_not_repeated(tmp_path: Path) -> None:
    environment = {
        "FILS_MODE": "production",
        "FILS_BASE_URL": "https://pay.example",
        "FILS_DATABASE_URL": str(tmp_path / "fils.sqlite3"),
        "FILS_MASTER_KEY_FILE": str(write_master_key(tmp_path)),
    }
    operator = Operator(tmp_path, environment)
    operator.run("accounts", "create", "Bakery")
    files = (operator.secret_file("password", PASSWORD), operator.secret_file("key", f"{KEY} \n"))
    Path(files[0]).chmod(0o644)
    words = ("terminals", "add", "Main", "--bank", "test", "--tranportal-id", "123456")
    ended = run_fils(
        *words, "--password-file", files[0], "--key-file", files[1], folder=tmp_path, environment=environment
    )
    assert ended.returncode == 1
    assert f"other users of this machine can read {files[0]}" in ended.stderr
    assert "exactly 16 visible ASCII characters and this has 17" in ended.stderr
    assert PASSWORD not in ended.stderr
    assert KEY not in ended.stderr
    gone = operator.told(*words, "--password-file", "gone", "--key-file", files[1], code=2)
    assert "cannot be read from gone: No such file" in gone
