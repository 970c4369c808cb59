"""The API's description as tests use it: which operation a request is of, and whether an answer is one it tells of."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import msgspec
from openapi_schema_validator import OAS31Validator

from fils.api.openapi.document import describe_api
from tests.support.application_ports import BASE_URL

_OF_NO_OPERATION: Final = {405, 502}
"""The description tells of the first for every address; the second comes of errors that no request can meet yet."""


def check_answer(method: str, path: str, status: int, headers: Mapping[str, str], body: bytes) -> None:
    """
    Hold an answer against the description, strictly: also a field that it does not tell of is a fault.

    Args:
        method: Of the request.
        path: Of the request, without a query.
        status: Of the answer.
        headers: Of the answer, by their names in lower case.
        body: Of the answer.

    Raises:
        AssertionError: If it is not described so.
    """
    template = template_of(method, path)
    if template is None or status in _OF_NO_OPERATION:
        assert status in {404, *_OF_NO_OPERATION}, (
            f"{method} {path} is described nowhere and answered {status}"
        )
        assert body == b""
        return
    described = _responses(template, method.lower())
    assert str(status) in described, f"{method} {template} is not said to answer {status}"
    response = described[str(status)]
    for name, header in response["headers"].items():
        assert name.lower() in headers or not header.get("required"), f"{status} without {name}"
    content = response.get("content")
    if content is None:
        assert body == b"", f"{method} {template} is said to answer {status} without a body"
        return
    assert headers["content-type"] in content
    faults = [
        error.message
        for error in _validator(template, method.lower(), str(status)).iter_errors(msgspec.json.decode(body))
    ]
    assert not faults, f"{method} {template} answered {status} otherwise than described: {faults}"


def template_of(method: str, path: str) -> str | None:
    """The described path that a request asks for; the one with the fewest parameters where several fit."""
    fitting = [
        template
        for template, operations in described_api()["paths"].items()
        if method.lower() in operations and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path)
    ]
    return min(fitting, key=lambda template: template.count("{"), default=None)


@cache
def described_api() -> dict[str, Any]:
    """The description, as a program reads it."""
    document: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(describe_api(BASE_URL)))
    return document


@cache
def _responses(template: str, method: str) -> dict[str, Any]:
    responses = described_api()["paths"][template][method]["responses"]
    return {status: _resolved(response) for status, response in responses.items()}


def _resolved(part: Any) -> Any:
    """*Part* with what it refers to in its place, except schemas."""
    if not isinstance(part, dict):
        return part
    reference = part.get("$ref", "")
    if reference and not reference.startswith("#/components/schemas/"):
        found: Any = described_api()
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
        return _resolved(found)
    return {name: _resolved(value) if name != "schema" else value for name, value in part.items()}


@cache
def _validator(template: str, method: str, status: str) -> OAS31Validator:
    [content] = _responses(template, method)[status]["content"].values()
    schema = {**content["schema"], "components": {"schemas": _closed_schemas()}}
    return OAS31Validator(schema, format_checker=OAS31Validator.FORMAT_CHECKER)


@cache
def _closed_schemas() -> dict[str, Any]:
    """The schemas, those of answers without room for other fields. What a request told is echoed whole."""
    schemas: dict[str, Any] = copy.deepcopy(described_api()["components"]["schemas"])
    for name, schema in schemas.items():
        if "properties" in schema and not name.endswith("Body"):
            schema["additionalProperties"] = False
    return schemas
