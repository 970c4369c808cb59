"""The page about the API names everything that the API can answer, take and be asked."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any

import msgspec
import pytest

import fils.api.answers
import fils.api.routes
import fils.application.payment_setups
import fils.domain.payment_setup
import fils.domain.readiness
import fils.domain.response_codes
from fils.api.answers import KNET_RESULTS
from fils.api.body import BODY_DEPTH_MAX, BODY_LIMIT, BODY_TIMEOUT_S
from fils.api.endpoint import ApiSettings
from fils.api.errors import ERROR_ANSWERS
from fils.api.schemas.setup import (
    CARRIED,
    METADATA_KEYS_MAX,
    METADATA_TEXT_MAX,
    PaymentType,
    SetupBody,
)
from fils.api.schemas.setup_terms import read_setup_terms
from fils.domain.errors import DomainError, PaymentMethodNotReady, RequestRefused
from fils.domain.payment import PaymentStatus
from fils.domain.payment_setup import AMOUNT_MAX, Language
from fils.domain.readiness import MethodStatus
from fils.domain.response_codes import ResponseCode
from fils.domain.return_urls import RETURN_URL_LENGTH
from tests.architecture.modules import ROOT
from tests.support.api_client import ApiClient
from tests.support.application_ports import BASE_URL, WatchedStore, make_ports

REFERENCE = ROOT / "docs" / "reference"
PAGE = (REFERENCE / "api.md").read_text(encoding="utf-8")
CARRIED_PAGE = (REFERENCE / "carried-fields.md").read_text(encoding="utf-8")
"""Written from the types; ``tests/unit/api/test_carried_fields.py`` tries every line of it."""

WITHOUT_A_CODE_OF_THEIR_OWN = {RequestRefused, PaymentMethodNotReady}
"""These are raised with the codes they collect, the second with the method's flags."""

_CODE = re.compile(r"[a-z]+(_[a-z]+)*_(required|invalid|not_supported|not_ready|not_onboarded|expired)")


def undocumented(words: Iterable[object], page: str = PAGE) -> list[str]:
    """Those of *words* that the page does not show as code, alone or behind the name of what they are in."""
    shown = re.findall(r"`([^`\n]+)`", page)
    return sorted({str(word) for word in words} - set(shown) - {word.rpartition(".")[2] for word in shown})


def paths(kind: type[msgspec.Struct]) -> Iterator[tuple[str, ...]]:
    """The way to every field of a body, with those of the objects inside it."""
    for field in msgspec.structs.fields(kind):
        yield (field.name,)
        for inner in getattr(field.type, "__args__", ()):
            if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
                yield from ((field.name, *path) for path in paths(inner))


def told_wrongly(path: tuple[str, ...]) -> bytes:
    """A body whose field at *path* holds what no field takes."""
    value: object = 0.5
    for name in reversed(path):
        value = {name: value}
    return msgspec.json.encode(value)


def words_like_codes(module: ModuleType) -> set[str]:
    """Texts in the source of *module* that look like the API's error codes and flags."""
    constants = (
        node for node in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(node, ast.Constant)
    )
    return {node.value for node in constants if isinstance(node.value, str) and _CODE.fullmatch(node.value)}


def answered_fields(module: ModuleType) -> set[object]:
    """Names that the documents of *module* are built with: keys, and keywords of ``_add``."""
    names: set[object] = set()
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Dict):
            names |= {key.value for key in node.keys if isinstance(key, ast.Constant)}
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            names.add(node.slice.value)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_add":
            names |= {keyword.arg for keyword in node.keywords if keyword.arg}
    return names


def response_codes(thing: object = fils.domain.response_codes) -> Iterator[ResponseCode]:
    """Every code in the tables of the module."""
    if isinstance(thing, ResponseCode):
        yield thing
    elif isinstance(thing, ModuleType | dict):
        members: dict[str, Any] = vars(thing) if isinstance(thing, ModuleType) else thing
        for name, member in members.items():
            if not name.startswith("__"):
                yield from response_codes(member)


async def served() -> list[tuple[str, str]]:
    """Method and path of everything the API answers."""
    ports = make_ports(store=WatchedStore())
    found = []
    for route in fils.api.routes.api_routes(ports, ApiSettings(base_url=BASE_URL)):
        path: str = getattr(route, "path", "")
        address = re.sub(r"\{[^}]+\}", "x", path.replace("{rest:path}", "x/x"))
        answer = await ApiClient(ports).call("NONE", address, key=None)
        template: str = getattr(route, "path_format", "")
        found += [(method, template) for method in answer.headers.get("allow", "").split(", ") if method]
    return found


async def test_every_route_is_documented() -> None:
    routes = await served()
    assert ("POST", "/payments/setups") in routes
    assert not undocumented(f"{method} {path}" for method, path in routes)


def test_every_error_code_of_an_error_is_documented() -> None:
    codes = {
        error.code
        for error, answer in ERROR_ANSWERS.items()
        if answer.error_type and issubclass(error, DomainError) and error not in WITHOUT_A_CODE_OF_THEIR_OWN
    }
    assert "payment_setup_already_confirmed" in codes
    assert not undocumented(codes)


def test_every_error_code_of_a_field_is_documented() -> None:
    codes = {code for path in paths(SetupBody) for code in read_setup_terms(told_wrongly(path))[1]}
    assert {"amount_invalid", "language_invalid", "fail_url_invalid", "metadata_key_invalid"} <= codes
    assert not undocumented(codes, PAGE + CARRIED_PAGE)


@pytest.mark.parametrize("module", [fils.domain.payment_setup, fils.domain.readiness])
def test_every_flag_and_reason_is_documented(module: ModuleType) -> None:
    words = words_like_codes(module)
    assert words
    assert not undocumented(words)


def test_every_http_status_is_documented() -> None:
    statuses = {200, 202, 405, 421, 431} | {answer.status for answer in ERROR_ANSWERS.values()}
    assert not undocumented(statuses)


def test_every_error_type_is_documented() -> None:
    assert not undocumented(answer.error_type for answer in ERROR_ANSWERS.values() if answer.error_type)


def test_every_status_and_response_code_is_documented() -> None:
    codes = set(response_codes())
    assert len(codes) > 10
    assert not undocumented([*PaymentStatus, *MethodStatus, *KNET_RESULTS.values()])
    assert not undocumented(code.code for code in codes)
    assert not [code for code in codes if f"| `{code.code}` | {code.summary} |" not in PAGE]


def test_every_field_of_a_request_is_documented() -> None:
    acted_on = [path for path in paths(SetupBody) if path[0] not in CARRIED]
    assert not undocumented(".".join(path) for path in acted_on)
    assert not undocumented(CARRIED, CARRIED_PAGE)
    assert not undocumented([*CARRIED, *Language, *PaymentType])


def test_every_field_of_an_answer_is_documented() -> None:
    fields = answered_fields(fils.api.answers)
    assert {"latest_payment", "knet_payment_id", "available_to_refund", "processed_on"} <= fields
    assert not undocumented(fields)


def test_every_limit_is_documented() -> None:
    limits = [BODY_LIMIT, BODY_TIMEOUT_S, BODY_DEPTH_MAX, METADATA_KEYS_MAX, METADATA_TEXT_MAX]
    missing = [limit for limit in (*limits, AMOUNT_MAX, RETURN_URL_LENGTH) if not _is_told(limit)]
    assert not missing


def _is_told(number: int) -> bool:
    spaced = f"{number:,}".replace(",", " ")
    return re.search(rf"(?<![0-9]){spaced}(?![0-9])", PAGE) is not None


def test_a_word_that_is_missing_is_noticed() -> None:
    assert undocumented(["language_required", "colour_required"], "`language_required`") == [
        "colour_required"
    ]


def test_a_new_code_is_noticed() -> None:
    assert _CODE.fullmatch("colour_not_supported")
    assert not _CODE.fullmatch("_invalid")
