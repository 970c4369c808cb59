"""The query of an address: its parameters, each at most once, and what may stand in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from starlette.types import Scope

from fils.domain.errors import RequestRefused

PARAMETERS_MAX: Final = 50
_NUMBER: Final = re.compile(r"[0-9]{1,9}")

Query = Mapping[str, str | None]
"""The value of each parameter; None for one that stands there twice: which counts would be a guess."""


def read_query(scope: Scope) -> Query:
    """
    The parameters of a request's address, by name. Parameters that nobody asks about are ignored.

    Raises:
        RequestRefused: If it is not UTF-8, or has more parameters than any request needs.
    """
    query: dict[str, str | None] = {}
    try:
        pairs = parse_qsl(
            scope["query_string"].decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=PARAMETERS_MAX,
        )
    except ValueError as error:
        raise RequestRefused("parameter_invalid") from error
    for name, value in pairs:
        query[name] = None if name in query else value
    return query


def whole_number(query: Query, name: str, *, default: int, least: int, most: int) -> int | None:
    """The number that the parameter *name* gives, *default* if it is absent, None if it is none in that range."""
    if name not in query:
        return default
    text = query[name]
    if text is None or not _NUMBER.fullmatch(text):
        return None
    number = int(text)
    return number if least <= number <= most else None
