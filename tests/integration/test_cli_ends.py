"""How commands end when their output cannot be written or a person stops them: never in a traceback."""

from __future__ import annotations

import signal
import socket
import subprocess
from pathlib import Path

from tests.support.command_line import clean_environment, command, start_fils
from tests.support.process import FilsProcess


def test_output_that_cannot_be_written_is_told_with_what_may_be_done(
    tmp_path: Path, fils_process: FilsProcess
) -> None:
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            command("keys", "create", "--name", "Lost"),
            cwd=tmp_path,
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=30,
            check=False,
        )
    assert (ended.returncode, ended.stderr) == (
        3,
        "fils: the output cannot be written: No space left on device. What was asked may be done all the same: look "
        "before you repeat it\n",
    )


def test_a_command_that_is_stopped_at_work_says_that_it_may_be_done(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        process = start_fils("pay", "1.000", "--url", url, folder=tmp_path)
        with process:
            connection, _ = silent.accept()
            with connection:
                connection.recv(1)
                process.send_signal(signal.SIGINT)
                shown, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    assert shown == "\nfils: stopped. What was asked may be done all the same: look before you repeat it\n"
