"""The command line as people use it: real processes, with nothing of the caller's ``FILS_`` environment."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import fils

RUN_TIMEOUT_S: Final = 30


def command(*arguments: str) -> list[str]:
    """The words that run ``fils`` with *arguments*."""
    return [sys.executable, "-m", "fils", *arguments]


def clean_environment(changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """The caller's environment without settings of Fils, with *changes*; the package under test is the one found."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FILS_")}
    return inherited | {"PYTHONPATH": str(Path(fils.__file__).parents[1])} | dict(changes or {})


def run_fils(
    *arguments: str, folder: Path, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end and keep what it wrote."""
    return subprocess.run(
        command(*arguments),
        cwd=folder,
        env=clean_environment(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=RUN_TIMEOUT_S,
        check=False,
    )


def start_fils(
    *arguments: str, folder: Path, environment: Mapping[str, str] | None = None, output: int = subprocess.PIPE
) -> subprocess.Popen[str]:
    """Start a command; its output is read as it comes, or goes to the file descriptor *output*."""
    return subprocess.Popen(
        command(*arguments),
        cwd=folder,
        env=clean_environment(environment),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        text=True,
    )


def read_banner(process: subprocess.Popen[str]) -> str:
    """What a server that was just started prints up to its last line, or up to its end if it ends instead."""
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("Stop with"):
            break
    return "".join(lines)
