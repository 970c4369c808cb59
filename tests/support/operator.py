"""An operator at the machine of an installation, and a bank whose terminal has secrets that can be looked for."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.support.command_line import run_fils
from tests.support.customer import DOCUMENTED_REQUEST, Shop
from tests.support.simulator_process import running_simulator

PASSWORD: Final = "PlantedPass1"
KEY: Final = "PlantedKey!56789"
NEW_PASSWORD: Final = "PlantedPass2"
TERMINALS: Final = f"""
[[terminals]]
tranportal_id = "123456"
password = "{PASSWORD}"
key = "{KEY}"
"""


class Operator:
    """Somebody at the machine of an installation, and all that was printed to them."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.environment = environment
        self.printed = ""

    def run(self, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        ended = run_fils(*words, folder=self.folder, environment=self.environment)
        self.printed += ended.stdout + ended.stderr
        assert ended.returncode == code, ended.stderr
        assert ended.stderr.count("\n") == 1 or not code
        return ended

    def told(self, *words: str, code: int = 1) -> str:
        """What a command that does not succeed says, in its one line."""
        line = self.run(*words, code=code).stderr
        assert line.startswith("fils: ")
        return line

    def secret_file(self, name: str, text: str) -> str:
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o600)
        return str(path)

    def add_terminal(
        self, name: str, bank: str, *, tranportal_id: str = "123456", password: str = PASSWORD
    ) -> str:
        files = (self.secret_file("password", f"{password}\n"), self.secret_file("key", KEY))
        words = ("terminals", "add", name, "--bank", bank, "--tranportal-id", tranportal_id)
        return self.run(*words, "--password-file", files[0], "--key-file", files[1]).stdout


@contextmanager
def bank_with_a_terminal(folder: Path) -> Iterator[str]:
    """A simulator with the planted terminal; gives the address before KNET's paths."""
    (folder / "terminals.toml").write_text(TERMINALS)
    (folder / "terminals.toml").chmod(0o600)
    with running_simulator(folder, "--terminals", "terminals.toml") as simulator:
        yield f"{simulator.base_url}/kpg"


def until_taken(shop: Shop, channel_id: str) -> dict[str, object]:
    """A confirmed payment, once the node has read the terminal."""
    deadline = time.monotonic() + 10
    setup = shop.post("/payments/setups", {**DOCUMENTED_REQUEST, "processing_channel_id": channel_id})
    assert setup.status == 200, setup.text
    while time.monotonic() < deadline:
        confirmed = shop.post(f"/payments/setups/{setup.json()['id']}/confirm/knet")
        if confirmed.status == 202:
            return confirmed.json()
        assert "payee_not_onboarded" in confirmed.text
        time.sleep(0.2)
    raise AssertionError("the terminal was never taken")


def until_refused(shop: Shop, channel_id: str) -> None:
    """Wait until the node has read that the terminal is off."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        setup = shop.post("/payments/setups", {**DOCUMENTED_REQUEST, "processing_channel_id": channel_id})
        confirmed = shop.post(f"/payments/setups/{setup.json()['id']}/confirm/knet")
        if confirmed.status == 422:
            assert "payee_not_onboarded" in confirmed.text
            return
        time.sleep(0.2)
    raise AssertionError("the terminal was never switched off")
