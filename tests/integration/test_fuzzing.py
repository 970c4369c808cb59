"""
Schemathesis over ``/openapi.json`` of a real Fils: no 5xx, no status, body or header that is not described.

The long run is ``proofs/fuzzing.py``.
"""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.customer import call
from tests.support.fuzzing import QUICK, fuzz
from tests.support.process import FilsProcess


def test_no_answer_is_otherwise_than_described(fils_process: FilsProcess, tmp_path: Path) -> None:
    base_url = fils_process.base_url
    found = fuzz(f"{base_url}/openapi.json", base_url, tmp_path, phases=QUICK, cases=6, seed=7)
    assert found.is_clean, found.output
    assert found.cases_count > 100, found.output


def test_an_answer_that_is_otherwise_is_noticed(fils_process: FilsProcess, tmp_path: Path) -> None:
    base_url = fils_process.base_url
    document = json.loads(call("GET", f"{base_url}/openapi.json").text)
    document["components"]["schemas"]["Health"]["properties"]["version"] = {"type": "integer"}
    altered = tmp_path / "altered.json"
    altered.write_text(json.dumps(document), encoding="utf-8")
    found = fuzz(str(altered), base_url, tmp_path, phases=("fuzzing",), cases=1, seed=7, only="/health")
    assert not found.is_clean
    assert "is not of type" in found.output
