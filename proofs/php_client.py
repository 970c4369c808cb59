"""
Proof by another author: the PHP class ``alnazer/knet-payment`` pays at ``fils simulator``, in both of KNET's modes.

The class is not part of this project (GPL-2.0): fetch it yourself and name its file. PHP serves it as a process of its
own, a browserless customer pays, declines and cancels, and what the class read is compared with what was done.

    .venv/bin/python -m proofs.php_client .../knet-payment/src/Knet.php
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.customer import APPROVING, DECLINING, Customer, call
from tests.support.ports import free_port
from tests.support.simulator_process import running_simulator

SHOP: Final = Path(__file__).with_name("support") / "shop.php"
AMOUNT: Final = "1.500"
TERMINALS: Final = {
    "N": ("888801", "simpass01", "SIMKEY0123456789"),
    "L": ("888802", "simpass02", "SIMKEY0223456789"),
}
_START_TIMEOUT_S: Final = 10


@dataclass(frozen=True)
class PhpShop:
    """The class, served by PHP."""

    url: str
    result: Path

    def told(self) -> dict[str, str]:
        """What the class read, once; empty if it was told nothing."""
        if not self.result.exists():
            return {}
        told: dict[str, str] = json.loads(self.result.read_text(encoding="utf-8"))
        self.result.unlink()
        return told


def main() -> int:
    """Run every case; returns the exit code: 1 when the class and the simulator disagreed."""
    client = _read_client()
    faults = 0
    with tempfile.TemporaryDirectory(prefix="fils-php-") as name:
        folder = Path(name)
        with running_simulator(folder) as simulator:
            for mode, terminal in TERMINALS.items():
                with _serve_shop(client, folder, simulator.base_url, mode, terminal) as shop:
                    faults += sum(_report(mode, *case) for case in _pay(shop))
                tranportal_id, password, _ = terminal
                wrong = (tranportal_id, password, "WRONGKEY00000000")
                with _serve_shop(client, folder, simulator.base_url, mode, wrong) as shop:
                    faults += sum(_report(mode, *case) for case in _start_with_wrong_key(shop))
    return 1 if faults else 0


def _read_client() -> Path:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("client", type=Path, help="the class' file")
    client: Path = parser.parse_args().client
    if not client.is_file():
        parser.error(f"there is no file {client}")
    return client.resolve()


def _pay(shop: PhpShop) -> Iterator[tuple[str, object, object]]:
    for what, expiry, expected in (
        ("an approved card", APPROVING, ("success", "CAPTURED", AMOUNT)),
        ("a declined card", DECLINING, ("success", "NOT CAPTURED", AMOUNT)),
        ("cancel", None, ("success", "CANCELED", AMOUNT)),
    ):
        customer = Customer()
        customer.open(f"{shop.url}/start")
        if expiry is None:
            customer.cancel()
        else:
            customer.fill_in_card(expiry)
            customer.confirm()
        if customer.carries_news:
            customer.hand_over()
        told = shop.told()
        yield what, (told.get("status"), told.get("result"), told.get("amount")), expected
        yield f"{what}, the customer's page", customer.page, "Thank you"


def _start_with_wrong_key(shop: PhpShop) -> Iterator[tuple[str, object, object]]:
    customer = Customer()
    customer.open(f"{shop.url}/start")
    yield "a wrong key, told at errorURL", shop.told().get("Error"), "IPAY0100176"
    yield "a wrong key, the customer's page", customer.page, "Something went wrong"


def _report(mode: str, what: str, seen: object, expected: object) -> int:
    print(f"mode {mode}, {what}: {'ok' if seen == expected else 'WRONG'}  {seen}")
    return 0 if seen == expected else 1


@contextmanager
def _serve_shop(
    client: Path, folder: Path, bank: str, mode: str, terminal: tuple[str, str, str]
) -> Iterator[PhpShop]:
    shop = PhpShop(f"http://127.0.0.1:{free_port()}", folder / "result.json")
    tranportal_id, password, key = terminal
    settings = {
        "gateway_url": f"{bank}/",
        "is_redirection_mode": mode == "N",
        "tranportal_id": tranportal_id,
        "password": password,
        "resource_key": key,
        "response_url": f"{shop.url}/response",
        "error_url": f"{shop.url}/error",
        "receipt_url": f"{shop.url}/receipt",
        "amount": AMOUNT,
        "language": "EN",
    }
    environment = {
        "KNET_CLIENT": str(client),
        "KNET_SETTINGS": json.dumps(settings),
        "KNET_RESULT": str(shop.result),
    }
    command = [
        "php",
        "-d",
        "error_reporting=E_ALL & ~E_DEPRECATED",
        "-S",
        shop.url.removeprefix("http://"),
        str(SHOP),
    ]
    with (folder / "php.log").open("ab") as log:
        process = subprocess.Popen(command, env=os.environ | environment, stdout=log, stderr=log)
    try:
        _wait_until_served(shop.url)
        yield shop
    finally:
        process.kill()
        process.wait()


def _wait_until_served(url: str) -> None:
    deadline = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < deadline:
        try:
            call("GET", f"{url}/receipt")
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError("PHP does not serve the shop")


if __name__ == "__main__":
    sys.exit(main())
