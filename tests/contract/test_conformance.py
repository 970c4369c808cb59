"""The official SDKs, unmodified, through every call that Fils answers; and the page that was made of such a run."""

from __future__ import annotations

import ast
from collections.abc import Mapping

import pytest

from tests.architecture.modules import ROOT
from tests.support.conformance import CASES, is_expected, run_cases
from tests.support.conformance_page import CHECKLIST, PAGE, conformance_page

pytestmark = pytest.mark.filterwarnings("ignore:Risk endpoints are no longer supported:DeprecationWarning")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Mapping[str, str]]:
    return run_cases(tmp_path_factory.mktemp("conformance"))


@pytest.mark.parametrize("title", [one.title for one in CASES])
def test_every_sdk_tells_what_is_expected(title: str, told: Mapping[str, Mapping[str, str]]) -> None:
    [one] = [one for one in CASES if one.title == title]
    assert len(told[title]) == 3
    assert not {name: word for name, word in told[title].items() if not is_expected(one, name, word)}


def test_the_page_is_what_a_run_gives(told: Mapping[str, Mapping[str, str]]) -> None:
    assert conformance_page(told) == PAGE.read_text(encoding="utf-8"), (
        "run: .venv/bin/python -m scripts.generate_conformance"
    )


def test_what_is_not_expected_is_noticed() -> None:
    [one] = [one for one in CASES if one.title == "create one without an amount"]
    assert is_expected(one, "Python", "422 amount_required")
    assert not is_expected(one, "Node, fetch", "2xx amount_required")
    assert not is_expected(one, "Python", "422 currency_required")


@pytest.mark.parametrize("line", CHECKLIST)
def test_every_line_of_the_checklist_names_tests_that_exist(line: str) -> None:
    for test in CHECKLIST[line]:
        path, _, name = test.partition("::")
        nodes = ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8")))
        functions = (node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
        assert name in {function.name for function in functions}
