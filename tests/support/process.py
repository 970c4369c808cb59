"""Fils as a real process: started, killed, restarted and asked over HTTP as its users do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import pytest

import fils
from tests.support.ports import free_port

_START_TIMEOUT_S: Final = 20
_STOP_TIMEOUT_S: Final = 20


class FilsProcess:
    """
    ``fils serve`` in a folder of its own, on a free port of loopback. A context manager that always cleans up.

    Args:
        folder: The working directory; the default database lands here and survives a restart.
        database: What ``--database`` says; without it Fils takes its default.
        environment: Further variables. No ``FILS_`` variable of the caller reaches the process.
        arguments: Further arguments of ``fils serve``.
        umask: Which rights new files lose; the caller's if not given.
    """

    def __init__(
        self,
        folder: Path,
        *,
        database: str | None = None,
        environment: Mapping[str, str] | None = None,
        arguments: tuple[str, ...] = (),
        umask: int = -1,
    ) -> None:
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.folder = folder
        self._umask = umask
        self._environment = _clean_environment() | dict(environment or {})
        self._command = [sys.executable, "-m", "fils", "serve", "--port", str(self.port)]
        if database is not None:
            self._command += ["--database", database]
        self._command += arguments
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        """The process id of the running server."""
        return self._running().pid

    @property
    def output(self) -> str:
        """All that the process wrote to its standard output and error, over all its starts."""
        return self._log_file.read_text(encoding="utf-8", errors="replace")

    def start(self) -> None:
        """Start the process and wait until ``/health`` answers 200."""
        with self._log_file.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=self._environment,
                umask=self._umask,
            )
        try:
            self._wait_until_healthy()
        except BaseException:
            self.kill()
            raise

    def kill(self) -> None:
        """End the process at once (SIGKILL): nothing can be flushed or finished. Harmless when it has ended."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=_STOP_TIMEOUT_S)
            self._process = None

    def terminate(self) -> int:
        """Ask the process to end (SIGTERM), wait until it has, and return its exit code."""
        process = self._running()
        process.send_signal(signal.SIGTERM)
        exit_code = process.wait(timeout=_STOP_TIMEOUT_S)
        self._process = None
        return exit_code

    def restart(self) -> None:
        """Kill the process and start it again on the same folder and port."""
        self.kill()
        self.start()

    @property
    def _log_file(self) -> Path:
        return self.folder / "fils-output.log"

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("the process does not run")
        return self._process

    def _wait_until_healthy(self) -> None:
        process = self._running()
        deadline = time.monotonic() + _START_TIMEOUT_S
        while time.monotonic() < deadline and process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.base_url}/health", timeout=2) as answer:
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.05)
        raise RuntimeError(f"fils serve did not become healthy (exit code {process.poll()}):\n{self.output}")


def _clean_environment() -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FILS_")}
    # The very package that the tests import is the one that runs, wherever the process is started.
    return inherited | {"PYTHONPATH": str(Path(fils.__file__).parents[1]), "PYTHONUNBUFFERED": "1"}


@pytest.fixture
def fils_process(tmp_path: Path) -> Iterator[FilsProcess]:
    """A running Fils on SQLite with its defaults, for tests that need nothing special."""
    with FilsProcess(tmp_path) as process:
        yield process
