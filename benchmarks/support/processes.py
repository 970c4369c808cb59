"""The processes of a benchmark: each part in one of its own, so that the system tells their processor time apart."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

_ROOT: Final = Path(__file__).parents[2]
_START_TIMEOUT_S: Final = 30
_STOP_TIMEOUT_S: Final = 30
_SERVER_ERROR: Final = 500
_POLL_S: Final = 0.002
_PROBE_TIMEOUT_S: Final = 5

PLACE: Final = Path("/var/tmp")  # noqa: S108 - a fresh folder is made in it
"""Where data folders are made unless told otherwise: on a disk, where /tmp may be memory that knows no fsync."""


class BenchmarkFailed(Exception):
    """A part did not start, or did not do what is measured. Figures of such a run mean nothing."""


@contextlib.contextmanager
def scratch_folder(place: Path) -> Iterator[Path]:
    """A new folder in *place*, gone when the block ends."""
    with tempfile.TemporaryDirectory(prefix="fils-benchmark-", dir=place) as folder:
        yield Path(folder)


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def fils_environment(folder: Path, database: str = "fils.sqlite3") -> dict[str, str]:
    """The settings of a sandbox that keeps everything in *folder*."""
    return {"FILS_DATABASE_URL": database, "FILS_MODE": "sandbox", "FILS_DATA_DIR": str(folder)}


def python(module: str, *arguments: str) -> list[str]:
    """The command that runs a module with this interpreter."""
    return [sys.executable, "-m", module, *arguments]


@contextlib.contextmanager
def serving(
    command: Sequence[str],
    *,
    folder: Path,
    port: int,
    environment: Mapping[str, str] | None = None,
    path: str = "/health",
) -> Iterator[int]:
    """
    A server as a process of its own, stopped when the block ends.

    Args:
        command: What starts it.
        folder: Its working folder; what it prints goes to a file there.
        port: Where it listens on loopback.
        environment: Further variables.
        path: What it is asked for until it answers.

    Returns:
        Its process id.

    Raises:
        BenchmarkFailed: If it ends, or takes too long to listen.
    """
    output = folder / f"output-{port}.log"
    with output.open("ab") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=_environment(environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        if not _answers(process, port, path):
            text = output.read_text(encoding="utf-8", errors="replace")
            raise BenchmarkFailed(f"{command[2]} did not start (exit code {process.poll()}):\n{text}")
        yield process.pid
    finally:
        _stop(process)


def _answers(process: subprocess.Popen[bytes], port: int, path: str) -> bool:
    """Wait until the server answers there without trouble of its own."""
    deadline = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError):
            if _status(port, path) < _SERVER_ERROR:
                return True
        time.sleep(_POLL_S)
    return False


def run_load(module: str, options: Mapping[str, object], *, watched: Mapping[str, int]) -> dict[str, Any]:
    """
    Run a load generator in a process of its own and return what it measured.

    Args:
        module: The load generator; it prints one line of JSON.
        options: Its options by name.
        watched: Processes whose processor time it measures over the same time, by name.
    """
    arguments = [f"--{name}={value}" for name, value in options.items()]
    arguments += [f"--watch={name}:{pid}" for name, pid in watched.items()]
    completed = subprocess.run(
        python(module, *arguments), env=_environment(None), capture_output=True, text=True, check=False
    )
    if completed.returncode != 0:
        raise BenchmarkFailed(f"the load generator failed:\n{completed.stderr}")
    round_: dict[str, Any] = json.loads(completed.stdout)
    return round_


def _status(port: int, path: str) -> int:
    """The least that can ask: an HTTP client would take longer than what is measured."""
    with socket.create_connection(("127.0.0.1", port), timeout=_PROBE_TIMEOUT_S) as connection:
        request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
        connection.sendall(request.encode("ascii"))
        first_line = connection.recv(1024).partition(b"\r\n")[0].split(b" ")
    if len(first_line) < 2:
        raise ConnectionError("the server hung up")
    return int(first_line[1])


def _environment(further: Mapping[str, str] | None) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FILS_")}
    # So that modules of the benchmarks, and this very fils, are found from any working folder.
    return inherited | {"PYTHONPATH": f"{_ROOT / 'src'}{os.pathsep}{_ROOT}"} | dict(further or {})


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=_STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
