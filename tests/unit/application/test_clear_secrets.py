"""What is taken for a secret in a stored document, and what is not."""

from __future__ import annotations

import json

import pytest

from fils.application.clear_secrets import clear_secrets

CARD = "4111111111111111"
KEY = "sk_sbox_filssandboxkeyforlocaltests"
TOKEN = "tok_" + "a2" * 13
TRANDATA = "9F" * 48
SHA_512 = "9f" * 64
"""What a shop may sign its urls with; it looks like trandata."""


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ({"result": CARD}, ["a card number in result"]),
        ({"said": {"texts": ["", f"card {CARD}, pin"]}}, ["a card number in texts"]),
        ({CARD: 1}, ["a card number in document"]),
        ({"name": f"<{KEY}>"}, ["a secret key in name"]),
        ({"name": KEY.replace("sbox_", "")}, ["a secret key in name"]),
        ({"metadata": {"note": KEY}}, ["a secret key in note"]),
        ({"url": f"https://pay.test/{TOKEN}/pay"}, ["a link token in url"]),
        ({"raw": TRANDATA.lower()}, ["trandata in raw"]),
        ({"carried": {"note": KEY}}, ["a secret key in note"]),
        ({"a": {"b": KEY, "c": CARD}}, ["a secret key in b", "a card number in c"]),
    ],
)
def test_a_secret_is_named_by_its_field(document: object, found: list[str]) -> None:
    assert list(clear_secrets(json.dumps(document))) == found


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"result": "4111111111111112"},
        {"result": "41111111111111111"},
        {"result": f"A{CARD}"},
        {"amount": int(CARD)},
        {"digest": "ab" * 32},
        {"name": "sk_sbox_short"},
        {"reference": CARD, "description": CARD},
        {"metadata": {"order": [CARD, {"again": CARD, "link": TOKEN}]}},
        {"said": {"knet_payment_id": CARD, "transaction_id": CARD, "bank_reference": CARD}},
        {"success_url": f"https://shop.example/?order={CARD}"},
        {"success_url": f"https://shop.example/?signature={SHA_512}", "reference": SHA_512[:80]},
        {"carried": {"metadata": {"digest": SHA_512}}, "description": SHA_512[:100]},
    ],
)
def test_what_only_looks_like_one_is_left(document: object) -> None:
    assert list(clear_secrets(json.dumps(document))) == []
