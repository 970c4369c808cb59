"""The API's description: right OpenAPI 3.1, whole, the same at every writing, and true of the routes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from starlette.routing import Route

from fils.api.description import ApiDescription
from fils.api.endpoint import ApiSettings
from fils.api.errors import ERROR_ANSWERS
from fils.api.openapi.operation import TAGS
from fils.api.openapi.operations import OPERATIONS
from fils.api.routes import api_routes
from fils.domain.errors import DomainError, PaymentMethodNotReady, RequestRefused
from tests.support.application_ports import BASE_URL, make_ports
from tests.support.described_api import check_answer, described_api

NEVER_ASKED_OF_THE_BANK = {502}
"""No request of the API waits for the bank yet."""
REQUEST_HEADERS = {
    "content-type": "application/json",
    "cko-request-id": "6c824505-e595-49d6-8a77-87e8da610b75",
    "cko-version": "0.1.0",
}


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in described_api()["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def schemas_in(part: Any) -> Iterator[dict[str, Any]]:
    """Every object of the document, which is where a schema may be."""
    if isinstance(part, dict):
        yield part
        for inner in part.values():
            yield from schemas_in(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from schemas_in(inner)


def test_an_independent_reader_finds_it_right() -> None:
    assert described_api()["openapi"].startswith("3.1.")
    assert not list(OpenAPIV31SpecValidator(described_api()).iter_errors())


def test_it_describes_every_route_and_no_other() -> None:
    served = {
        (route.path_format, method)
        for route in api_routes(make_ports(), ApiSettings(base_url=BASE_URL))
        if isinstance(route, Route)
        for method in methods_of(route)
    }
    assert ("/payments/setups", "POST") in served
    assert {(path, method.upper()) for path, method, _ in operations()} == served


def methods_of(route: Route) -> Iterator[str]:
    """The methods that the endpoint of *route* takes, as its own ``Allow`` says them."""
    methods: dict[str, object] = vars(route.endpoint)["_methods"]
    yield from methods


def test_it_is_written_the_same_every_time() -> None:
    first, second = ApiDescription(BASE_URL), ApiDescription(BASE_URL)
    assert first.text == second.text
    assert json.loads(first.text) == described_api()
    assert [*described_api()["paths"]] == [*dict.fromkeys(operation.path for operation in OPERATIONS)]


def test_it_speaks_the_json_schema_of_3_1() -> None:
    told = list(schemas_in(described_api()))
    assert not [schema for schema in told if "nullable" in schema or "discriminator" in schema]
    assert not [schema for schema in told if isinstance(schema.get("exclusiveMinimum"), bool)]
    assert not [one for schema in told if isinstance(one := schema.get("pattern"), str) and r"\Z" in one]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_each_parameter_of_the_path_is_told(operation: Any) -> None:
    told = {parameter.name for parameter in operation.parameters if parameter.place == "path"}
    assert told == set(re.findall(r"\{(\w+)\}", operation.path))


def test_each_operation_stands_in_a_group_that_is_described() -> None:
    assert {operation.tag for operation in OPERATIONS} == set(TAGS)


def test_links_lead_to_operations_and_fill_in_their_path() -> None:
    named = {operation["operationId"]: path for path, _, operation in operations()}
    links = [
        (name, link)
        for _, _, operation in operations()
        for response in operation["responses"].values()
        for name, link in response.get("links", {}).items()
    ]
    assert links
    for name, link in links:
        assert set(link["parameters"]) == set(re.findall(r"\{(\w+)\}", named[name]))


def test_every_status_and_code_of_an_error_is_told() -> None:
    statuses = {int(status) for _, _, operation in operations() for status in operation["responses"]}
    answered = {answer.status for answer in ERROR_ANSWERS.values()}
    assert answered - statuses == NEVER_ASKED_OF_THE_BANK
    collecting = {RequestRefused, PaymentMethodNotReady}
    told = {code for schema in schemas_in(described_api()) for code in schema.get("enum", [])}
    codes = {
        error.code
        for error, answer in ERROR_ANSWERS.items()
        if answer.error_type and issubclass(error, DomainError) and error not in collecting
    }
    assert codes <= told


def test_every_example_is_as_its_schema_says() -> None:
    count = 0
    for part in schemas_in(described_api()["paths"]):
        for example in part.get("examples", {}).values() if isinstance(part.get("examples"), dict) else []:
            schema = part["schema"] | {"components": described_api()["components"]}
            assert not [error.message for error in OAS31Validator(schema).iter_errors(example["value"])]
            count += 1
    assert count > 5


def test_the_documented_example_comes_first() -> None:
    [content] = described_api()["paths"]["/payments/setups"]["post"]["requestBody"]["content"].values()
    first = next(iter(content["examples"].values()))["value"]
    assert (first["amount"], first["currency"], first["reference"]) == (1000, "KWD", "ORD-5023-4E89")


@pytest.mark.parametrize("name", ["SetupBody", "MethodsBody", "KnetBody", "SettingsBody", "KeptCustomerBody"])
def test_every_field_of_a_request_says_what_it_means(name: str) -> None:
    fields = described_api()["components"]["schemas"][name]["properties"]
    assert [field for field, schema in fields.items() if not schema.get("description")] == []


def test_a_field_that_is_not_described_is_noticed() -> None:
    body = b'{"status": "ok", "version": "1", "parts": {}, "mood": "fine"}'
    with pytest.raises(AssertionError, match="mood"):
        check_answer("GET", "/health", 200, REQUEST_HEADERS, body)


@pytest.mark.parametrize("status", [204, 404])
def test_a_status_that_is_not_described_is_noticed(status: int) -> None:
    with pytest.raises(AssertionError, match="not said to answer"):
        check_answer("GET", "/health", status, REQUEST_HEADERS, b"")


def test_a_body_where_none_is_described_is_noticed() -> None:
    with pytest.raises(AssertionError, match="without a body"):
        check_answer("GET", "/payments/setups/set_x", 404, REQUEST_HEADERS, b"{}")
