"""What ``pyproject.toml`` says is what the program is and uses."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable

import fils
from tests.architecture.modules import ROOT, Module, imports, program_modules

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOADED_BY_UVICORN = {"httptools", "uvloop"}


def declared(dependencies: Iterable[str]) -> set[str]:
    """Packages in a list of requirements, by the names that they are imported by, which have no hyphens."""
    names = (re.split(r"[^A-Za-z0-9_-]", dependency)[0] for dependency in dependencies)
    return {name.lower().replace("-", "_") for name in names}


def imported(modules: Iterable[Module]) -> set[str]:
    """Packages from outside that the program imports itself."""
    heads = {use.name.partition(".")[0] for module in modules for use in imports(module)}
    return {head for head in heads if head not in sys.stdlib_module_names and head != "fils"}


def test_the_version_is_the_same_in_both_places() -> None:
    assert PROJECT["version"] == fils.__version__


def test_what_is_imported_is_declared() -> None:
    missing = imported(program_modules()) - declared(PROJECT["dependencies"])
    assert not missing, f"It would work here by chance and fail after an installation: {missing}"


def test_what_is_declared_is_used() -> None:
    unused = declared(PROJECT["dependencies"]) - imported(program_modules()) - LOADED_BY_UVICORN
    assert not unused, f"A dependency that nothing uses is a risk for nothing: {unused}"


def test_an_import_from_outside_is_noticed() -> None:
    module = Module.parse(
        "fils.api.routes", "import json\nimport msgspec.json\nfrom fils.domain import money"
    )
    assert imported([module]) == {"msgspec"}
    assert declared(["msgspec>=0.22", "uvloop>=0.22.1,<0.23; sys_platform != 'win32'"]) == {
        "msgspec",
        "uvloop",
    }
