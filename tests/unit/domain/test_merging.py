"""Merging an update into what was told before: the cases of RFC 7396, appendix A, and the laws."""

from __future__ import annotations

import pytest

from fils.domain.merging import merged

CASES: list[tuple[dict[str, object], dict[str, object], dict[str, object]]] = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    ({"e": False}, {"a": 1}, {"e": False, "a": 1}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ({"a": "text"}, {"a": {"b": "c", "d": None}}, {"a": {"b": "c"}}),
    ({"a": {"b": 1}}, {"a": [None, {"c": None}]}, {"a": [None, {"c": None}]}),
    ({"a": {"b": 1}}, {}, {"a": {"b": 1}}),
]


@pytest.mark.parametrize(("document", "change", "result"), CASES, ids=str)
def test_a_change_joins_what_was_there(
    document: dict[str, object], change: dict[str, object], result: dict[str, object]
) -> None:
    assert merged(document, change) == result
    assert merged(result, change) == result


def test_what_was_there_is_left_as_it_was() -> None:
    document: dict[str, object] = {"a": {"b": 1}}
    merged(document, {"a": {"b": 2}})
    assert document == {"a": {"b": 1}}
