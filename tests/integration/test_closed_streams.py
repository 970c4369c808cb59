"""Whoever starts Fils may have closed its standard streams, as some scripts that start services do."""

from __future__ import annotations

import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from tests.support.command_line import RUN_TIMEOUT_S, clean_environment, command
from tests.support.ports import free_port


def until_healthy(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + RUN_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as answer:
                assert answer.status == 200
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.05)
    raise AssertionError(f"it did not become healthy (exit code {process.poll()})")


def test_no_socket_or_database_gets_the_number_of_a_closed_stream(tmp_path: Path) -> None:
    """What a library prints would go into it, and libuv ends the process when it closes such a socket."""
    port = free_port()
    words = command("serve", "--port", str(port), "--log-level", "info")
    process = subprocess.Popen(
        ["bash", "-c", 'exec "$@" <&- >&- 2>&-', "bash", *words],
        cwd=tmp_path,
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until_healthy(process, port)
        process.send_signal(signal.SIGTERM)
        assert process.wait(RUN_TIMEOUT_S) == 0
    finally:
        process.kill()
        process.wait()
