"""Every door that stays shut has its tests: the table names them, and they are there."""

from __future__ import annotations

import ast
import re

from tests.architecture.modules import ROOT

PAGE = ROOT / "docs" / "explanation" / "doors-that-stay-shut.md"


def rows() -> dict[str, list[str]]:
    """What holds, and the tests that are named for it."""
    lines = re.findall(
        r"^\| (?!What holds|---)(.+?) \| (.+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE
    )
    return {what: re.findall(r"`(tests/[^`]+)`", tests) for what, tests in lines}


def is_there(name: str) -> bool:
    """Whether a test of that name stands in that file, whatever it is given."""
    path, _, function = name.partition("::")
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return function in {node.name for node in functions}


def test_every_door_names_tests_that_are_there() -> None:
    doors = rows()
    assert len(doors) >= 29
    assert [what for what, tests in doors.items() if not tests] == []
    assert [name for tests in doors.values() for name in tests if not is_there(name)] == []


def test_a_test_that_is_gone_is_noticed() -> None:
    assert not is_there("tests/architecture/test_doors.py::test_that_is_gone")
