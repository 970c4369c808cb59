"""``fils serve`` as a real process: what it prints, how it ends, and how it refuses to start."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fils.config import SANDBOX_KEY
from tests.support.command_line import RUN_TIMEOUT_S, read_banner, run_fils, start_fils
from tests.support.customer import DOCUMENTED_REQUEST, Answer, call
from tests.support.process import FilsProcess

HEAVY = {"aiohttp", "asyncpg", "http.client", "jinja2", "msgspec", "segno", "starlette", "uvicorn"}


@contextmanager
def serving(folder: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A started ``fils serve`` and its banner; it is killed when the block ends."""
    process = start_fils("serve", "--port", "0", *arguments, folder=folder)
    with process:
        banner = read_banner(process)
        try:
            yield process, banner
        finally:
            process.kill()


def send_printed_curl(banner: str) -> Answer:
    """Send the request that the banner prints, pasted into a shell."""
    printed = re.search(r"^curl .*?^}'$", banner, re.DOTALL | re.MULTILINE)
    assert printed is not None, banner
    # A real shell takes it apart; a function stands in for the program.
    script = f"curl() {{ printf '%s\\0' \"$@\"; }}; {printed[0]}"
    arguments = subprocess.run(["bash", "-c", script], check=True, capture_output=True, text=True).stdout
    silent, url, flag, authorization, second_flag, content_type, data_flag, body, end = arguments.split("\0")
    assert (silent, flag, second_flag, data_flag, end) == ("-sS", "-H", "-H", "-d", "")
    headers = dict(header.split(": ") for header in (authorization, content_type))
    return call("POST", url, body=body.encode(), headers=headers)


def refused(folder: Path, *arguments: str, **environment: str) -> str:
    """Start ``fils serve``, which must refuse in one line on standard error with exit code 2; returns the line."""
    ended = run_fils("serve", *arguments, folder=folder, environment=environment)
    assert (ended.returncode, ended.stdout) == (2, ""), ended.stderr
    assert re.fullmatch(r"fils: [^\n]+\n", ended.stderr), ended.stderr
    return ended.stderr


def test_the_banner_says_what_a_newcomer_needs(tmp_path: Path) -> None:
    with serving(tmp_path) as (_, banner):
        found = re.search(r"Base url +(http://127\.0\.0\.1:\d+)\n", banner)
        assert found is not None, banner
        assert f"Secret key  {SANDBOX_KEY}\n" in banner
        assert "Channel     pc_wzjki6hw5puepb5fnvqlizj2e4\n" in banner
        assert f"English     {found[1]}/shop?lang=en\n" in banner
        assert f"Arabic      {found[1]}/shop?lang=ar\n" in banner
        assert "\x1b" not in banner
        for language in ("en", "ar"):
            assert call("GET", f"{found[1]}/shop?lang={language}").status == 200


def test_the_printed_request_is_the_documented_one_and_works_when_pasted(tmp_path: Path) -> None:
    with serving(tmp_path) as (_, banner):
        answer = send_printed_curl(banner)
        setup = answer.json()
        assert answer.status == 200
        assert setup["payment_methods"] == {"knet": {"status": "ready", "flags": []}}
        assert {name: setup[name] for name in ("amount", "reference", "settings")} == {
            name: DOCUMENTED_REQUEST[name] for name in ("amount", "reference", "settings")
        }


def test_beyond_loopback_the_key_is_random_and_the_printed_request_still_works(tmp_path: Path) -> None:
    with serving(tmp_path, "--host", "0.0.0.0") as (_, banner):
        assert SANDBOX_KEY not in banner
        assert send_printed_curl(banner).status == 200


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_one_line_and_exit_code_0(tmp_path: Path, number: signal.Signals) -> None:
    with serving(tmp_path) as (process, _):
        process.send_signal(number)
        assert process.wait(timeout=RUN_TIMEOUT_S) == 0
        assert process.stdout is not None
        assert process.stdout.read() == "\nFils has stopped. Payments under way go on when it starts again.\n"


def test_a_taken_port_is_named_with_the_way_out(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        line = refused(tmp_path, "--port", port)
    assert port in line
    assert "--port" in line.replace(f"--port {port}", "")


def test_an_address_of_another_machine_is_refused(tmp_path: Path) -> None:
    line = refused(tmp_path, "--host", "192.0.2.1", "--port", "0")
    assert line == "fils: host '192.0.2.1' is no address of this machine; choose another with --host\n"


@pytest.mark.parametrize(
    ("arguments", "environment", "words"),
    [
        (("--base-url", "127.0.0.1:4140"), {}, "--base-url is '127.0.0.1:4140': start it with http://"),
        (("--port", "http"), {}, "--port is 'http': write a port"),
        ((), {"FILS_MODE": "production"}, "mode production wants FILS_BASE_URL, "),
        ((), {"FILS_DATABSE_URL": "x"}, "did you mean FILS_DATABASE_URL?"),
        ((), {"FILS_SANDBOX_KEY": "hunter2"}, "FILS_SANDBOX_KEY cannot be used"),
    ],
)
def test_a_wrong_setting_is_refused_before_anything_is_made(
    tmp_path: Path, arguments: tuple[str, ...], environment: dict[str, str], words: str
) -> None:
    line = refused(tmp_path, *arguments, **environment)
    assert words in line
    assert "hunter2" not in line
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "books").mkdir()
    assert "books" in refused(tmp_path, "--port", "0", "--database", "books")


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear customer, " * 100)
    assert "letter.txt" in refused(tmp_path, "--port", "0", "--database", "letter.txt")
    assert letter.read_text() == "Dear customer, " * 100
    assert not (tmp_path / "master.key").exists()


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "other.sqlite3") as other:
        other.execute("CREATE TABLE songs (title TEXT)")
    other.close()
    assert "other.sqlite3" in refused(tmp_path, "--port", "0", "--database", "other.sqlite3")


def test_a_postgresql_that_does_not_answer_is_refused_without_its_password(tmp_path: Path) -> None:
    url = "postgresql://fils:hunter2@127.0.0.1:1/payments"
    line = refused(tmp_path, "--port", "0", "--mode", "sandbox", FILS_DATABASE_URL=url)
    assert "PostgreSQL" in line
    assert "hunter2" not in line


def test_a_second_process_on_one_file_is_refused(tmp_path: Path, fils_process: FilsProcess) -> None:
    assert "fils.sqlite3" in refused(tmp_path, "--port", "0")
    assert call("GET", f"{fils_process.base_url}/health").status == 200


def test_help_and_version_import_nothing_heavy(tmp_path: Path) -> None:
    for arguments in (
        ("--help",),
        ("serve", "--help"),
        ("pay", "--help"),
        ("simulator", "--help"),
        ("version",),
    ):
        ended = run_fils(*arguments, folder=tmp_path, environment={"PYTHONPROFILEIMPORTTIME": "1"})
        imported = {line.rpartition("|")[2].strip() for line in ended.stderr.splitlines()}
        assert "fils.cli" in imported
        assert imported & HEAVY == set()
        assert ended.returncode == 0


def test_the_version_is_two_lines(tmp_path: Path) -> None:
    ended = run_fils("version", folder=tmp_path)
    assert re.fullmatch(r"fils \d+\.\d+\.\d+\nCPython 3\.\d+\.\d+\S* on [^\n]+\n", ended.stdout)
    assert run_fils("--version", folder=tmp_path).stdout == ended.stdout


def test_no_color_is_honoured_on_a_terminal(tmp_path: Path) -> None:
    plain, coloured = (_first_output_on_terminal(tmp_path, no_color) for no_color in ("1", ""))
    assert "\x1b" not in plain
    assert "\x1b[1m" in coloured


def _first_output_on_terminal(folder: Path, no_color: str) -> str:
    terminal, inside = os.openpty()
    process = start_fils(
        "serve", "--port", "0", folder=folder, environment={"NO_COLOR": no_color}, output=inside
    )
    os.close(inside)
    try:
        return os.read(terminal, 1 << 16).decode()
    finally:
        process.kill()
        process.wait()
        os.close(terminal)


def test_the_home_shows_the_key_that_everybody_knows_and_no_other(tmp_path: Path) -> None:
    """Whoever reaches a Fils beyond loopback can open its home, and must not find there what the key keeps shut."""
    own_key = "sk_sbox_abcdefghijklmnopqrstuvwxyz2"
    for name, environment, key in (
        ("open", {}, SANDBOX_KEY),
        ("shut", {"FILS_SANDBOX_KEY": own_key}, own_key),
    ):
        folder = tmp_path / name
        folder.mkdir()
        with FilsProcess(folder, environment=environment) as process:
            home = call("GET", f"{process.base_url}/")
            assert home.status == 200
            assert (key in home.text) == (key == SANDBOX_KEY)
            assert key in process.output
