"""What a refusal of the API is called."""

from __future__ import annotations

import pytest

from fils.cli.pay import explain_refusal
from fils.cli.payments_api import ApiRefused

URL = "http://127.0.0.1:4140"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "Fils does not know this key (401)."),
        (421, "Fils does not go by the address http://127.0.0.1:4140 (421)."),
        (422, "Fils refused the payment (422): no reason given"),
        (429, "Fils cannot take the payment now (429). Try again in a moment"),
        (503, "Fils cannot take the payment now (503). Try again in a moment"),
        (404, "what http://127.0.0.1:4140 answers (404) cannot be understood. Is it a Fils?"),
        (200, "what http://127.0.0.1:4140 answers (200) cannot be understood. Is it a Fils?"),
    ],
)
def test_each_kind_of_refusal_says_what_to_do(status: int, words: str) -> None:
    assert explain_refusal(ApiRefused(status=status), URL).startswith(words)


def test_every_error_code_and_the_request_id_are_shown() -> None:
    refused = ApiRefused(
        status=422, error_codes=("amount_invalid", "currency_required"), request_id="0HN5A7Q2M3K1P"
    )
    assert explain_refusal(refused, URL) == (
        "Fils refused the payment (422): amount_invalid, currency_required (request id 0HN5A7Q2M3K1P)"
    )
