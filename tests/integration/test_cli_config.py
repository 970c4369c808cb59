"""``fils config`` as people and programs call it: the real command in a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from fils.config import SETTINGS

KEY = "sk_sbox_abcdefghijklmnopqrstuvwxyz2"


def fils(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FILS_")}
    return subprocess.run(
        [sys.executable, "-m", "fils", *arguments],
        cwd=folder,
        env={**environment, **variables},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_a_person_reads_a_table(tmp_path: Path) -> None:
    (tmp_path / "fils.toml").write_text("port = 8080\n")
    (tmp_path / "fils.toml").chmod(0o600)
    result = fils(tmp_path, "config", "--host", "::1", FILS_RESULT_PAGE="on", FILS_SANDBOX_KEY=KEY)
    assert (result.returncode, result.stderr) == (0, "")
    rows = [line.split(maxsplit=1) for line in result.stdout.splitlines()]
    assert [row[0] for row in rows] == ["Setting", *(setting.name for setting in SETTINGS)]
    told = {name: " ".join(rest.split()) for name, rest in rows}
    assert told["host"] == "--host ::1"
    assert told["port"] == "fils.toml, line 1: port 8080"
    assert told["result_page"] == "FILS_RESULT_PAGE on"
    assert told["sandbox_key"] == "FILS_SANDBOX_KEY (hidden)"
    assert told["mode"] == "default sandbox"
    assert KEY not in result.stdout


def test_a_program_reads_json(tmp_path: Path) -> None:
    result = fils(tmp_path, "config", "--json", "--port", "1")
    document = json.loads(result.stdout)
    assert list(document) == [setting.name for setting in SETTINGS]
    assert document["port"] == {"name": "port", "value": "1", "origin": "option", "source": "--port"}
    assert document["host"] == {"name": "host", "value": "127.0.0.1", "origin": "default", "source": ""}


def test_a_wrong_setting_is_the_line_that_serve_ends_with(tmp_path: Path) -> None:
    (tmp_path / "fils.toml").write_text("prot = 8080\n")
    (tmp_path / "fils.toml").chmod(0o600)
    line = "fils: fils.toml, line 1: 'prot' is no setting of a file; did you mean port?\n"
    for command, code in (("config", 1), ("serve", 2)):
        result = fils(tmp_path, command)
        assert (result.returncode, result.stdout, result.stderr) == (code, "", line)


def test_nothing_is_opened_or_made(tmp_path: Path) -> None:
    assert fils(tmp_path, "config").returncode == 0
    assert list(tmp_path.iterdir()) == []
