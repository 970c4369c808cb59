"""The page about conformance, made of what the official SDKs told and of the checklist with its tests."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Final

from tests.architecture.modules import ROOT
from tests.support.conformance import CASES, Case, is_expected

PAGE: Final = ROOT / "docs" / "reference" / "conformance.md"

_LOCK: Final = Path(__file__).parent / "node_sdk" / "package-lock.json"
_SETUPS: Final = "tests/unit/api/test_payment_setups.py"
_KEYS: Final = "tests/unit/api/test_idempotency.py"

CHECKLIST: Final[Mapping[str, tuple[str, ...]]] = {
    "A create with all KNET fields is 200: `ready`, no flags, `knet` available, `Regular`": (
        f"{_SETUPS}::test_the_documented_request_is_answered_as_documented_to_the_letter",
    ),
    "Without amount, currency or channel it is 422 with `request_id`, `error_type` and `error_codes`": (
        f"{_SETUPS}::test_nothing_told_is_everything_required",
        "tests/unit/api/test_routes.py::test_each_request_has_an_id_of_its_own_which_its_refusal_names",
    ),
    "Without language or url it is 200, not `ready`, with a flag for each; a confirm is then 422": (
        f"{_SETUPS}::test_a_setup_that_is_not_ready_says_why_and_is_not_confirmed",
    ),
    "Amounts of 1, 1001 and 1010 are taken; with the rule about the last digit 1001 is `amount_invalid`": (
        "tests/unit/api/test_conformance_checklist.py::test_any_whole_amount_is_taken",
        "tests/unit/api/test_conformance_checklist.py::test_the_rule_about_the_last_digit_refuses_1001",
    ),
    "401 and 404 have empty bodies; every answer has `Cko-Request-Id`; every body is `application/json`": (
        "tests/unit/api/test_auth.py::test_anything_else_is_401_with_an_empty_body",
        "tests/unit/api/test_routes.py::test_a_setup_that_cannot_exist_or_does_not_is_404",
        "tests/unit/api/test_openapi.py::test_a_body_where_none_is_described_is_noticed",
    ),
    "A confirm without body, with an empty one and with `{}` is 202 `Pending` with `self` and `redirect`": (
        f"{_SETUPS}::test_a_confirm_is_answered_as_documented",
    ),
    "With the same idempotency key: same status, same bytes; failures are forgotten; too many at once: 429": (
        f"{_KEYS}::test_a_create_sent_again_is_answered_with_the_same_bytes",
        f"{_KEYS}::test_a_confirm_sent_again_is_answered_with_the_same_bytes",
        f"{_KEYS}::test_an_error_is_not_kept",
        "tests/integration/test_idempotency.py::test_200_confirms_with_one_key_have_one_effect",
    ),
    "A payment is read by `pay_` and `sid_`; its `actions` only by `sid_`": (
        "tests/unit/api/test_payments.py::"
        "test_the_session_id_names_the_payment_with_its_actions_for_a_quarter_of_an_hour",
    ),
    "Both SDKs pass through create, update, get, confirm and payment": (
        "tests/contract/test_conformance.py::test_every_sdk_tells_what_is_expected",
    ),
}
"""What an API like this one has to do, and the tests that hold it. Refunds and webhooks are not offered yet."""


def conformance_page(told: Mapping[str, Mapping[str, str]]) -> str:
    """The page, from what every SDK told in every case: by the case's title and the SDK's name."""
    names = list(next(iter(told.values())))
    versions = (
        f"`checkout-sdk` {metadata.version('checkout-sdk')} for Python, `checkout-sdk-node` {_node_version()}"
    )
    lines = [
        "# Conformance",
        "",
        "<!-- Written by scripts/generate_conformance.py: change the code, then run it. -->",
        "",
        "What the official SDKs of Checkout.com, unmodified, tell their callers when Fils answers:",
        f"{versions} over each of",
        "the two HTTP clients that it offers. A test makes this run again and compares it with this page. How to use",
        "them: [Use the official SDKs](../how-to/use-the-official-sdks.md).",
        "",
        "A cell tells the status, and after it what the document said or the error codes. Node's SDK does not tell its",
        "caller the status of a success, so there it says 2xx. Python raises every error as `CheckoutApiException`;",
        "Node raises `AuthenticationError` (401), `NotFoundError` (404), `ValidationError` (422),",
        "`TooManyRequestsError` (429) and `ApiError` (any other).",
        "",
        "One call is broken by an SDK itself: over fetch, Node's sends the method of a customer's update as `patch` in",
        "lower case, which is no method of HTTP. Choose axios for it.",
        "",
    ]
    for section in dict.fromkeys(one.section for one in CASES):
        lines += [f"## {section}", "", *_table(section, names, told), ""]
    lines += [
        "## Checklist",
        "",
        "What a server of this API has to do, and the tests that hold it. Refunds, workflows and webhooks are left",
        "out: Fils does not offer them yet.",
        "",
        "| It holds that | Tests |",
        "| --- | --- |",
    ]
    lines += [
        f"| {line} | {'<br>'.join(f'`{test}`' for test in tests)} |" for line, tests in CHECKLIST.items()
    ]
    return "\n".join(lines) + "\n"


def _table(section: str, names: list[str], told: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    yield f"| Call | Expected | {' | '.join(names)} |"
    yield "| --- | --- |" + " --- |" * len(names)
    for one in CASES:
        if one.section == section:
            cells = [_cell(one, name, word) for name, word in told[one.title].items()]
            yield f"| {one.title} | {one.expected} | {' | '.join(cells)} |"


def _cell(one: Case, sdk: str, word: str) -> str:
    if not is_expected(one, sdk, word):
        return f"**not as expected**: {word}"
    return f"{word} (the SDK's fault, see above)" if sdk in one.faults else word


def _node_version() -> str:
    packages = json.loads(_LOCK.read_text(encoding="utf-8"))["packages"]
    return str(packages["node_modules/checkout-sdk-node"]["version"])
