"""
The how-to of the first live payment is followed as it stands, with a ``fils simulator`` for KNET: a production, made
by its commands alone, takes a payment over HTTP.

What differs from the page is what a test cannot have: KNET itself, TLS, and a person who types secrets.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.support.command_line import read_banner, start_fils
from tests.support.customer import Customer, Shop, call, link_of
from tests.support.documentation import commands, read_page, run, section
from tests.support.ports import free_port
from tests.support.simulator_process import running_simulator

PAGE: Final = read_page("how-to/take-the-first-live-payment.md")
PASSWORD, RESOURCE_KEY = "simpass01", "SIMKEY0123456789"
STORED: Final = ("fils.sqlite3", "fils.sqlite3-wal")
TYPED: Final = f" --tranportal-id 888801 --password-file {PASSWORD}.txt --key-file {RESOURCE_KEY}.txt"


def shell(script: str, folder: Path) -> str:
    """Run the page's lines; ``fils`` in them is the one under test."""
    return run(f'fils() {{ {sys.executable} -m fils "$@"; }}\n{script}', folder)


@dataclass(frozen=True)
class Installation:
    """A production that the page's commands have made, and its bank."""

    folder: Path
    base_url: str
    banner: str
    """What ``fils serve`` said before there was a key."""
    key: str
    channel: str
    addresses: str
    """What ``fils terminals add`` printed."""
    tested: str
    """What `fils terminals test` printed."""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder, port = tmp_path_factory.mktemp("first-live-payment"), free_port()
    base_url = f"http://127.0.0.1:{port}"
    [prepare, look] = commands(section(PAGE, "Prepare an installation"))
    [toml] = re.findall(r"```toml\n(.*?)```", section(PAGE, "Prepare an installation"), re.DOTALL)
    [store, test] = commands(section(PAGE, "Store the terminal"))
    [serve, make_key] = commands(section(PAGE, "Put TLS in front"))
    for name in (PASSWORD, RESOURCE_KEY):
        (folder / f"{name}.txt").write_text(f"{name}\n")
        (folder / f"{name}.txt").chmod(0o600)
    (folder / "bank").mkdir()
    with running_simulator(folder / "bank") as bank:
        shell(prepare, folder)
        (folder / "fils.toml").write_text(
            toml.replace("https://pay.example.com", base_url) + f"port = {port}\n"
        )
        assert "production" in shell(look, folder)
        stored = shell(store.replace("--bank test", f"--bank {bank.base_url}/kpg{TYPED}"), folder)
        tested = shell(test, folder)
        with start_fils(*serve.split()[1:], folder=folder) as process:
            try:
                banner = read_banner(process)
                key = shell(make_key, folder).split()[0]
                [channel] = re.findall(r"pc_[a-z2-7]{26}", stored)
                yield Installation(folder, base_url, banner, key, channel, stored, tested)
            finally:
                process.kill()


def create(installed: Installation) -> dict[str, object]:
    """The page's own request, pasted into a shell."""
    [curl] = commands(section(PAGE, "Pay on the test system"))
    names = {"BASE_URL": installed.base_url, "KEY": installed.key, "CHANNEL": installed.channel}
    script = "\n".join(f"{name}='{value}'" for name, value in names.items())
    setup = json.loads(run(f"{script}\n{curl}", installed.folder))
    assert isinstance(setup, dict)
    return setup


def test_the_banner_lacks_a_key_and_names_the_command(installed: Installation) -> None:
    assert "is ready, in production." in installed.banner
    assert "Accounts    1\n" in installed.banner
    assert "Terminals   1\n" in installed.banner
    lacking = re.findall(r"^  (\w+) +fils \w+ \w+", installed.banner, re.MULTILINE)
    assert lacking == ["key"]


def test_the_bank_is_told_addresses_that_answer(installed: Installation) -> None:
    for kind in ("notifications", "errors"):
        [address] = set(
            re.findall(rf"{installed.base_url}/knet/{kind}/trm_[a-z2-7]{{26}}", installed.addresses)
        )
        assert call("POST", address, body=b"ab").text == "refused"


@pytest.mark.parametrize("ending", ["pays", "is declined", "cancels"])
def test_a_payment_is_taken_over_http(installed: Installation, ending: str) -> None:
    setup, shop, customer = create(installed), Shop(installed.base_url, installed.key), Customer()
    confirmed = shop.post(f"/payments/setups/{setup['id']}/confirm/knet").json()
    link = link_of(confirmed)
    if ending == "cancels":
        customer.open(link)
        customer.cancel()
    else:
        assert customer.open(link) is not None
        customer.fill_in_card() if ending == "pays" else customer.fill_in_card(("5", "2029"))
        call("GET", customer.confirm_and_leave())
    status = shop.payment(confirmed["id"])["status"]
    assert status == ("Captured" if ending == "pays" else "Canceled")


def test_nothing_secret_was_said_or_stored_in_clear(installed: Installation) -> None:
    master_key = (installed.folder / "master.key").read_text().strip()
    said = installed.banner + installed.addresses + installed.tested
    stored = b"".join(path.read_bytes() for path in installed.folder.iterdir() if path.name in STORED)
    for secret in (PASSWORD, RESOURCE_KEY, master_key, installed.key):
        assert secret not in said
        assert secret.encode() not in stored


def test_what_it_says_to_run_every_day_runs(installed: Installation) -> None:
    """The copy is taken, and the laws are checked, while Fils serves."""
    watch = section(PAGE, "What to watch")
    assert {"`fils payments attention`", "`fils verify`", "`fils backup FILE`"} <= set(
        re.findall(r"`fils [^`]+`", watch)
    )
    shell("fils payments attention\nfils verify\nfils backup copy.fils", installed.folder)
    assert (installed.folder / "copy.fils").stat().st_mode & 0o077 == 0


def test_going_live_differs_in_the_bank_alone() -> None:
    [live] = commands(section(PAGE, "Go live"))
    [store, _] = commands(section(PAGE, "Store the terminal"))
    assert live.strip().replace("--bank production", "--bank test") in store
