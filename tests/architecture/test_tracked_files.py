"""What must not stand in any tracked file, and what no test may do."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.modules import ROOT, Module, imports, test_modules, uses

INSTALL_FILES = (
    *("pyproject.toml", "fils", "scripts/*", ".ci/*", "requirements*.txt", "*.lock", ".github/*"),
    "*package*.json",
)
"""Git's own patterns of the files that install something."""

HARMLESS_HOSTS = ("127.0.0.1", "localhost", "example.com")
SKIPPING = {"pytest.skip", "pytest.importorskip", "pytest.xfail"} | {
    f"pytest.mark.{mark}" for mark in ("skip", "skipif", "xfail")
}


def tracked(*patterns: str) -> list[Path]:
    """Files of the project that git tracks or would track, narrowed by git's *patterns*."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def lines_naming(text: str, *folders: Path) -> list[int]:
    """Numbers of the lines that name something inside one of *folders* by its whole path."""
    named = [re.escape(f"{folder}/") for folder in folders if folder != Path("/")]
    pattern = re.compile(rf"(?<![\w.-])(?:{'|'.join(named)})")
    return [number for number, line in enumerate(text.splitlines(), start=1) if pattern.search(line)]


def foreign_hosts(text: str) -> list[str]:
    """Addresses in *text* that lead off this machine."""
    addresses = re.findall(r"[a-z+]+://[^\s\"'<>)]+", text)
    return [one for one in addresses if not one.partition("://")[2].startswith(HARMLESS_HOSTS)]


def avoidance(module: Module) -> Iterator[str]:
    """Ways around an honest test: skipping it, expecting it to fail, or a mock in place of what is tested."""
    for use in uses(module):
        if use.name in SKIPPING:
            yield f"{module.name}:{use.line}: {use.name}"
    for use in imports(module):
        if use.name.startswith("unittest.mock"):
            yield f"{module.name}:{use.line}: {use.name}"


def test_no_file_names_a_path_of_this_machine() -> None:
    found = []
    for path in tracked():
        text = path.read_bytes().decode("utf-8", errors="ignore")
        found += [f"{path.relative_to(ROOT)}:{number}" for number in lines_naming(text, ROOT, Path.home())]
    assert not found, f"A path of one machine is wrong on every other: {found}"


def test_what_installs_names_no_host() -> None:
    found = {
        str(path.relative_to(ROOT)): hosts
        for path in tracked(*INSTALL_FILES)
        if (hosts := foreign_hosts(path.read_text(encoding="utf-8")))
    }
    assert not found, f"Packages come from whatever mirror the user's own settings name: {found}"


def test_no_test_is_skipped_expected_to_fail_or_mocked() -> None:
    found = [line for module in test_modules() for line in avoidance(module)]
    assert not found, f"A test that does not run, or tests a mock, proves nothing: {found}"


def test_a_path_of_this_machine_is_noticed() -> None:
    text = "see src/fils/cli\nsee /fils/notes"
    assert lines_naming(text, Path("/fils"), Path("/")) == [2]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("--index-url https://packages.invalid/simple", ["https://packages.invalid/simple"]),
        ("git+ssh://host.invalid/x", ["git+ssh://host.invalid/x"]),
        ("http://127.0.0.1:4140 https://example.com/a ${{ github.server_url }}", []),
    ],
)
def test_a_host_is_noticed(text: str, expected: list[str]) -> None:
    assert foreign_hosts(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "import pytest\n\n@pytest.mark.skip\ndef test_it(): ...",
        "from pytest import mark\n\n@mark.skipif(True)\ndef test_it(): ...",
        "import pytest as p\np.importorskip('asyncpg')",
        "from unittest.mock import Mock",
    ],
)
def test_a_way_around_a_test_is_noticed(text: str) -> None:
    assert list(avoidance(Module.parse("tests.unit.test_it", text)))
