"""The description of the API as one document in OpenAPI 3.1."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from fils import __version__
from fils.api.body import BODY_LIMIT, BODY_TIMEOUT_S
from fils.api.errors import BodyUnreadable
from fils.api.openapi.answers import Refusal
from fils.api.openapi.codes import codes_of
from fils.api.openapi.operation import TAGS, Answer, Body, Example, Operation, Parameter
from fils.api.openapi.operations import OPERATIONS
from fils.api.openapi.schemas import Schema, schemas_of
from fils.api.openapi.words import FIELDS
from fils.domain.errors import DuplicateRequest

OPENAPI_VERSION: Final = "3.1.1"
_JSON: Final = "application/json"
_SCHEME: Final = "secretKey"
_REQUEST_ID: Final = "6c824505-e595-49d6-8a77-87e8da610b75"

_DESCRIPTION: Final = f"""\
Fils is a KNET payment gateway that its owner runs. It speaks the part of Checkout.com's Payment Setup API that takes a
KNET payment: create a payment setup, confirm it, and send the customer to the link.

Bodies are JSON objects in UTF-8 of at most {BODY_LIMIT // 1024} KiB. In requests `null` is the same as absent (in the
update of a setup it takes away), and unknown fields are ignored. In answers absent values are left out; be ready for
fields that you do not know. Amounts are whole numbers of the minor unit: 1000 is 1.000 KWD. Times are UTC.

Before a request reaches the API it may be answered with 400 (it is no HTTP), 408 or 431 (its head came too slowly or
is too long) or 421 (it was sent to a host that Fils does not go by). Methods that an address does not take are answered
with 405, and its `Allow` says which it takes. None of these has a body of the API.
"""

_HEADERS: Final[Mapping[str, Schema]] = {
    "Cko-Request-Id": {
        "description": "Names the request; Fils' own log knows it.",
        "required": True,
        "schema": {"type": "string", "format": "uuid"},
    },
    "Cko-Version": {
        "description": "The version of Fils. Clients cannot choose one.",
        "required": True,
        "schema": {"type": "string"},
        "example": __version__,
    },
    "Retry-After": {
        "description": "In how many seconds asking again makes sense.",
        "schema": {"type": "integer"},
        "example": 1,
    },
}
_ALWAYS: Final = ("Cko-Request-Id", "Cko-Version")

_EMPTY_ANSWERS: Final = {
    "401": (
        "Unauthenticated",
        "No secret key, more than one, or none that Fils knows. Nothing else is looked at.",
    ),
    "404": ("NotFound", "No such thing for this account."),
    "408": ("TooSlow", f"The body took longer than {BODY_TIMEOUT_S} seconds; the connection is closed."),
    "413": ("TooLarge", f"The body is longer than {BODY_LIMIT // 1024} KiB; the connection is closed."),
    "500": ("Bug", "A bug of Fils; its log tells more under the request's id."),
    "503": (
        "Unavailable",
        "The database could not be asked, or is too busy. A change may or may not be stored.",
    ),
}
_IDEMPOTENCY_KEY: Final[Mapping[str, Any]] = {
    "name": "Cko-Idempotency-Key",
    "in": "header",
    "description": "Makes asking again safe: for 24 hours the same request with the same key gets the first answer "
    "of 2xx again, to the octet. 1 to 255 printable ASCII characters; best a UUID.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]*$"},
    "example": "0f8fad5b-d9cb-469f-a165-70867728950e",
}


def describe_api(base_url: str) -> dict[str, Any]:
    """
    Describe the API.

    Args:
        base_url: Where this Fils is found, without a slash at the end.
    """
    types = [kind for operation in OPERATIONS for kind in _types_of(operation)]
    schemas, named = schemas_of([*types, Refusal])
    _say_what_fields_mean(named)
    writer = _Writer(base_url, iter(schemas))
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = writer.operation(operation)
    return {
        "openapi": OPENAPI_VERSION,
        "info": {"title": "Fils", "version": __version__, "description": _DESCRIPTION},
        "servers": [{"url": base_url}],
        "tags": [{"name": name, "description": words} for name, words in TAGS.items()],
        "security": [{_SCHEME: []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                _SCHEME: {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A secret key of the account, `sk_...`. Keep it on your server.",
                }
            },
            "headers": dict(_HEADERS),
            "responses": _shared_responses(),
            "schemas": named,
        },
    }


def _types_of(operation: Operation) -> Iterator[object]:
    """The types whose schemas an operation needs, in the order in which ``_Writer`` asks for them."""
    yield from (parameter.type for parameter in operation.parameters)
    if operation.body is not None:
        yield operation.body.type
    yield from (answer.type for answer in operation.answers.values() if answer.type is not None)


def _say_what_fields_mean(named: Mapping[str, Schema]) -> None:
    """Add the words about the fields of requests that Fils acts on."""
    for name, fields in FIELDS.items():
        for field, words in fields.items():
            named[name]["properties"][field]["description"] = words


class _Writer:
    """Writes operations, taking their schemas one after the other."""

    def __init__(self, base_url: str, schemas: Iterator[Schema]) -> None:
        self._base_url = base_url
        self._schemas = schemas

    def operation(self, operation: Operation) -> dict[str, Any]:
        written: dict[str, Any] = {
            "operationId": operation.name,
            "tags": [operation.tag],
            "summary": operation.summary,
            "description": operation.description,
        }
        if operation.is_public:
            written["security"] = []
        parameters = [self._parameter(parameter) for parameter in operation.parameters]
        if operation.is_repeatable:
            parameters.append(dict(_IDEMPOTENCY_KEY))
        if parameters:
            written["parameters"] = parameters
        if operation.body is not None:
            written["requestBody"] = self._body(operation.body)
        written["responses"] = self._responses(operation)
        return written

    def _parameter(self, parameter: Parameter) -> dict[str, Any]:
        schema = next(self._schemas)
        schema.pop("description", None)
        return {
            "name": parameter.name,
            "in": parameter.place,
            "required": parameter.is_required,
            "description": parameter.description,
            "schema": schema,
            "example": parameter.example,
        }

    def _body(self, body: Body) -> dict[str, Any]:
        schema = next(self._schemas)
        if body.required:
            schema = {"allOf": [schema], "required": list(body.required)}
        content = {"schema": schema, **self._examples(body.examples)}
        return {"description": body.description, "required": body.is_required, "content": {_JSON: content}}

    def _responses(self, operation: Operation) -> dict[str, Any]:
        responses = {str(status): self._answer(one) for status, one in operation.answers.items()}
        if operation.body is not None:
            responses["400"] = _reference("Unreadable")
        if operation.codes:
            responses["422"] = _refusal(
                "Understood, and not allowed; every reason at once.", "request_invalid", operation.codes
            )
        if operation.is_repeatable:
            responses["429"] = _reference("Duplicate")
        needed = {
            "401": not operation.is_public,
            "404": operation.names_something,
            "408": operation.body is not None,
            "413": operation.body is not None,
        }
        for status, (name, _) in _EMPTY_ANSWERS.items():
            if needed.get(status, True) and status not in responses:
                responses[status] = _reference(name)
        return dict(sorted(responses.items()))

    def _answer(self, answer: Answer) -> dict[str, Any]:
        written: dict[str, Any] = {"description": answer.description, "headers": _headers()}
        if answer.type is not None:
            content = {"schema": next(self._schemas), **self._examples(answer.examples)}
            written["content"] = {_JSON: content}
        if answer.links:
            written["links"] = {
                name: {"operationId": name, "parameters": dict(parameters)}
                for name, parameters in answer.links.items()
            }
        return written

    def _examples(self, examples: Mapping[str, Example]) -> dict[str, Any]:
        if not examples:
            return {}
        return {
            "examples": {
                name: {"summary": example.summary, "value": self._placed(example.value)}
                for name, example in examples.items()
            }
        }

    def _placed(self, value: Any) -> Any:
        """*Value* with the address of this Fils in it."""
        match value:
            case str():
                return value.replace("{base_url}", self._base_url)
            case dict():
                return {name: self._placed(item) for name, item in value.items()}
            case list():
                return [self._placed(item) for item in value]
            case _:
                return value


def _shared_responses() -> dict[str, Any]:
    empty = {name: {"description": words, "headers": _headers()} for name, words in _EMPTY_ANSWERS.values()}
    unreadable = _refusal("The body is no JSON object.", "request_malformed", codes_of(BodyUnreadable))
    duplicate = _refusal(
        "A request with the same idempotency key is still being acted upon. Ask again soon.",
        "request_invalid",
        codes_of(DuplicateRequest),
    )
    duplicate["headers"] |= _headers("Retry-After")
    return {"Unreadable": unreadable, "Duplicate": duplicate, **empty}


def _refusal(description: str, error_type: str, codes: tuple[str, ...]) -> dict[str, Any]:
    """An answer that tells error codes, and which."""
    told = {
        "properties": {
            "error_type": {"const": error_type},
            "error_codes": {"items": {"enum": list(dict.fromkeys(codes))}},
        }
    }
    example = {"request_id": _REQUEST_ID, "error_type": error_type, "error_codes": [codes[0]]}
    schema = {"allOf": [{"$ref": "#/components/schemas/Refusal"}, told]}
    return {
        "description": description,
        "headers": _headers(),
        "content": {_JSON: {"schema": schema, "example": example}},
    }


def _headers(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names or _ALWAYS}


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/responses/{name}"}
