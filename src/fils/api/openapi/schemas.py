"""JSON Schema (draft 2020-12, as OpenAPI 3.1 takes it) of the types that requests and answers have."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

Schema = dict[str, Any]

_REFERENCE: Final = "#/components/schemas/{name}"


def schemas_of(types: Iterable[object]) -> tuple[list[Schema], dict[str, Schema]]:
    """
    The schema of each of *types*, and the named schemas they refer to.

    The named ones have the names of their classes, and stand in alphabetical order.
    """
    schemas, named = msgspec.json.schema_components(types, ref_template=_REFERENCE)
    return [_tidied(schema) for schema in schemas], {name: _tidied(named[name]) for name in sorted(named)}


def _tidied(schema: Schema) -> Schema:
    """*Schema* in the words of JSON Schema and Markdown where msgspec keeps those of Python."""
    tidied: Schema = {}
    for word, value in schema.items():
        match word:
            case "title" | "default" if value is None or word == "title":
                continue  # the class's name is known, and null is not what an absent field holds
            case "required" if not value:
                continue
            case "pattern":
                # The two ends of a text have other names in the regular expressions of ECMA-262.
                tidied[word] = value.replace(r"\A", "^").replace(r"\Z", "$")
            case "description":
                tidied[word] = " ".join(value.replace("``", "`").split())
            case "properties":
                tidied[word] = {name: _tidied(inner) for name, inner in value.items()}
            case "items" | "additionalProperties" | "propertyNames" if isinstance(value, dict):
                tidied[word] = _tidied(value)
            case "anyOf":
                tidied |= _alternatives([_tidied(inner) for inner in value])
            case "enum":
                tidied |= {"type": "string", word: value}
            case _:
                tidied[word] = value
    return tidied


def _alternatives(options: list[Schema]) -> Schema:
    """One of *options*; a plain type that may be null as well is told in one piece."""
    match options:
        case [{"type": str(kind), **rest}, {"type": "null"}] if "enum" not in rest:
            return {"type": [kind, "null"], **rest}
        case _:
            return {"anyOf": options}
