"""The error codes that operations can tell, read off the types and errors that they come from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, get_args

import msgspec
from msgspec import Struct

from fils.api.schemas.reading import error_code
from fils.domain.errors import DomainError, IdempotencyKeyReused

IDEMPOTENCY_CODES: Final = ("idempotency_key_invalid", IdempotencyKeyReused.code)


def codes_of(*errors: type[DomainError]) -> tuple[str, ...]:
    """The codes of errors that have one of their own."""
    return tuple(error.code for error in errors)


def field_codes(kind: type[Struct]) -> tuple[str, ...]:
    """What is told of fields of *kind*, and of the objects in it, whose values have the wrong shape."""
    return tuple(dict.fromkeys(_field_codes(kind, "")))


def _field_codes(kind: type[Struct], parent: str) -> Iterator[str]:
    for field in msgspec.structs.fields(kind):
        if field.type is Any:
            continue
        yield error_code(parent, field.name)
        if field.required:
            yield error_code(parent, field.name, "required")
        for inner in _structs(field.type):
            yield from _field_codes(inner, field.name)


def _structs(kind: object) -> Iterator[type[Struct]]:
    if isinstance(kind, type) and issubclass(kind, Struct):
        yield kind
    for inner in get_args(kind):
        yield from _structs(inner)
