"""Fils and its bank as processes of their own, which are killed at any moment and started again on the same files."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

from tests.support.ports import free_port

_ROOT: Final = Path(__file__).parents[2]
_START_TIMEOUT_S: Final = 30
_WHILE_STARTING: Final = 0.25
"""How often a party that was just started is not left the time to become ready."""

SHORT_WAITS: Final[Mapping[str, str]] = {
    "FILS_LINK_LIFETIME": "4",
    "FILS_PAYMENT_LIFETIME": "6",
    "FILS_PAGE_LIMIT": "2",
    "FILS_HOST_MARGIN": "2",
    "FILS_REVERSAL_WINDOW": "2",
}
"""An attempt is closed 8 seconds after its start, and whoever takes longer at the bank's page pays late."""


_REVERSAL_DELAY_MAX_S: Final = "1"
"""Of the bank: what it could not tell is given back well within Fils' reversal window, as in real life."""


class Party:
    """A server that is a process of its own. Only one thread kills and starts it."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        folder: Path,
        alive_url: str,
        settings: Mapping[str, str] = SHORT_WAITS,
    ) -> None:
        self.name = name
        self._settings = settings
        self._command = [sys.executable, "-m", *command]
        self._folder = folder
        self._alive_url = alive_url
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def output(self) -> Path:
        """What the process printed, over all its starts."""
        return self._folder / f"{self.name}-output.log"

    def start(self) -> None:
        """Start the process, and do not wait for it."""
        with self.output.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._folder,
                env=_environment(self._folder, self._settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def wait_until_ready(self) -> None:
        """Wait until it answers; RuntimeError if it ended instead."""
        deadline = time.monotonic() + _START_TIMEOUT_S
        while time.monotonic() < deadline and self._process is not None and self._process.poll() is None:
            if self._answers():
                return
            time.sleep(0.05)
        raise RuntimeError(f"{self.name} did not start:\n{self.output.read_text(errors='replace')[-4000:]}")

    def kill(self) -> None:
        """End the process at once (SIGKILL). Harmless when it does not run."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(self._alive_url, timeout=2):
                return True
        except urllib.error.HTTPError as error:
            error.close()
            return error.code < 500
        except OSError:
            return False


@dataclass(frozen=True, slots=True)
class Stage:
    """A Fils and its bank, both running."""

    fils: Party
    bank: Party
    base_url: str
    database: str
    """A file, or the address of a PostgreSQL database."""
    bank_books: Path


@contextlib.contextmanager
def staged(folder: Path, *, database: str | None = None) -> Iterator[Stage]:
    """
    Start both parties in *folder*; whatever runs of them is killed when the block ends.

    Args:
        folder: Keeps their files and all that they print.
        database: The address of an empty PostgreSQL database; without it Fils stores in a file.
    """
    fils_port, bank_port = str(free_port()), str(free_port())
    base_url, bank_url = f"http://127.0.0.1:{fils_port}", f"http://127.0.0.1:{bank_port}/kpg"
    database, books = database or str(folder / "fils.sqlite3"), folder / "bank.sqlite3"
    bank_command = ["benchmarks.support.bank", "--port", bank_port, "--fils-url", base_url]
    bank_command += ["--reversal-delay-max", _REVERSAL_DELAY_MAX_S]
    fils_command = ["benchmarks.support.fils_with_bank", "--port", fils_port, "--bank-url", bank_url]
    bank = Party(
        "bank",
        [*bank_command, "--books", str(books)],
        folder=folder,
        alive_url=f"{bank_url}/assets/simulator.css",
    )
    fils = Party(
        "fils",
        fils_command,
        folder=folder,
        alive_url=f"{base_url}/health",
        settings={**SHORT_WAITS, "FILS_DATABASE_URL": database},
    )
    try:
        for party in (bank, fils):
            party.start()
        for party in (bank, fils):
            party.wait_until_ready()
        yield Stage(fils, bank, base_url, database, books)
    finally:
        fils.kill()
        bank.kill()


@dataclass
class Killer:
    """Kills one of *victims* again and again, at moments drawn from *random*, until the block ends."""

    victims: Sequence[Party]
    random: Random
    pause_s: tuple[float, float] = (0.5, 4.0)
    """The least and the greatest time between a start and the next kill."""
    kill_counts: Counter[str] = field(default_factory=Counter)
    trouble: Exception | None = None
    """Why it gave up: a party that was killed did not start again."""
    _stopping: threading.Event = field(default_factory=threading.Event)

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """Kill in the background for the length of the block; every victim is ready when it ends."""
        thread = threading.Thread(target=self._run, name="killer")
        thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            thread.join()
        if self.trouble is not None:
            raise self.trouble
        for victim in self.victims:
            victim.wait_until_ready()

    def _run(self) -> None:
        try:
            while not self._stopping.wait(self.random.uniform(*self.pause_s)):
                self._kill(self.random.choice(self.victims))
        except RuntimeError as error:
            self.trouble = error

    def _kill(self, victim: Party) -> None:
        victim.kill()
        self.kill_counts[victim.name] += 1
        if self.random.random() < 0.5:
            self._stopping.wait(self.random.uniform(0, 1))
        victim.start()
        if self.random.random() < _WHILE_STARTING:
            self._stopping.wait(self.random.uniform(0, 1))
            victim.kill()
            self.kill_counts[victim.name] += 1
            victim.start()
        victim.wait_until_ready()


def _environment(folder: Path, settings: Mapping[str, str]) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FILS_")}
    # The very package that the proof imports is the one that runs.
    paths = {"PYTHONPATH": f"{_ROOT / 'src'}{os.pathsep}{_ROOT}", "PYTHONUNBUFFERED": "1"}
    return inherited | paths | dict(settings) | {"FILS_DATA_DIR": str(folder), "FILS_MODE": "sandbox"}
