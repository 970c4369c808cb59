"""The page that people read about the API: all that the description has, in text, with links that lead somewhere."""

from __future__ import annotations

import html
import json
import re
import shlex
from collections.abc import Iterator

import pytest
from starlette.routing import Router

from fils.api.description import PATH as JSON_PATH
from fils.api.description import ApiDescription
from fils.pages.api_reference import PATH, api_reference_routes, reference_page
from fils.pages.writing import SECURITY_HEADERS
from tests.support.api_client import documented_request
from tests.support.application_ports import BASE_URL
from tests.support.described_api import described_api
from tests.unit.pages.visitor import ask


@pytest.fixture(scope="module")
def app() -> Router:
    description = ApiDescription(BASE_URL)
    page = api_reference_routes(lambda: description.document, base_url=BASE_URL, json_path=JSON_PATH)
    return Router([*description.routes, *page])


@pytest.fixture
async def text(app: Router) -> str:
    return (await ask(app, PATH)).text


def calls() -> dict[str, list[str]]:
    """The words of each call to copy, by the operation's name."""
    page = reference_page(described_api(), base_url=BASE_URL, json_path=JSON_PATH)
    sections = [operation for group in page.groups for operation in group.operations]
    return {section.anchor: shlex.split(section.call) for section in sections}


async def test_the_page_is_kept_for_minutes_and_obeys_the_policy(app: Router) -> None:
    answer = await ask(app, PATH)
    assert answer.status == 200
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert answer.headers["content-security-policy"] == SECURITY_HEADERS["Content-Security-Policy"]
    assert "<script" not in answer.text
    assert "style=" not in answer.text
    assert (await ask(app, PATH)).text == answer.text


def test_nothing_is_loaded_from_elsewhere(text: str) -> None:
    loaded = re.findall(r'(?:src|href)="([^"]*)"', text)
    assert loaded
    assert all(address.startswith(("#", "/")) for address in loaded)


def test_every_link_inside_the_page_leads_somewhere(text: str) -> None:
    anchors = re.findall(r'id="([^"]+)"', text)
    assert len(anchors) == len(set(anchors))
    links = set(re.findall(r'href="#([^"]+)"', text))
    assert links
    assert links <= set(anchors)


def test_the_page_names_every_operation_parameter_status_code_and_field(text: str) -> None:
    shown = html.unescape(text)
    for path, methods in described_api()["paths"].items():
        assert path in shown
        for operation in methods.values():
            assert operation["summary"] in shown
            assert all(parameter["name"] in shown for parameter in operation.get("parameters", ()))
            assert all(f">{status}</span>" in shown for status in operation["responses"])
    for name, schema in described_api()["components"]["schemas"].items():
        assert f'id="{name}"' in shown
        assert all(f"<code>{field}</code>" in shown for field in schema.get("properties", ()))
    codes = {code for code in _enumerated(described_api()) if code.endswith("_invalid")}
    assert codes
    assert all(f"<code>{code}</code>" in shown for code in codes)


def _enumerated(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        yield from part.get("enum", ())
        for inner in part.values():
            yield from _enumerated(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _enumerated(inner)


def test_a_bound_says_what_it_counts(text: str) -> None:
    for told in ("object, at most 20 keys", "string, at most 80 characters", "whole number, 1 to 999999999"):
        assert f">{told}</td>" in text


def test_the_call_that_creates_sends_the_documented_example() -> None:
    words = calls()["createPaymentSetup"]
    assert words[:3] == ["curl", "-sS", f"{BASE_URL}/payments/setups"]
    assert "Authorization: Bearer $SECRET_KEY" in words
    assert json.loads(words[words.index("-d") + 1]) == documented_request()


def test_calls_say_their_method_where_curl_would_choose_another() -> None:
    found = calls()
    assert found["updatePaymentSetup"][2:4] == ["-X", "PUT"]
    assert found["confirmPaymentSetup"][2:4] == ["-X", "POST"]
    assert "-X" not in found["createPaymentSetup"]
    assert "-X" not in found["readPayment"]
    assert found["listPayments"][2].endswith("/payments?reference=ORD-5023-4E89")
    assert not [word for word in found["reportHealth"] if "SECRET_KEY" in word]


async def test_the_description_is_served_and_kept_by_its_tag(app: Router) -> None:
    first = await ask(app, JSON_PATH)
    assert (first.status, first.headers["content-type"]) == (200, "application/json")
    assert json.loads(first.text) == described_api()
    assert first.headers["cache-control"] == "public, max-age=300"
    again = await ask(app, JSON_PATH, {"If-None-Match": first.headers["etag"]})
    assert (again.status, again.text) == (304, "")
