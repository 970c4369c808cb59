"""Requests that carry a secret say nothing of it when they are shown."""

from __future__ import annotations

import pytest

from fils.operations.messages import Request, read_request, write_message
from fils.operations.messages.keys import CreateKey, RotateKey
from fils.operations.messages.terminals import AddTerminal, CheckTerminal, RotateTerminal

PASSWORD, KEY = "PlantedPass1", "PlantedKey!56789"
REQUESTS = (
    CreateKey("Shop", "sk_" + "a" * 27, "noura"),
    RotateKey("Shop", "sk_" + "a" * 27, 60, "noura"),
    AddTerminal("Main", "test", "N", "888801", PASSWORD, KEY, "noura"),
    RotateTerminal("Main", PASSWORD, KEY, "noura"),
    CheckTerminal("Main", new_password=PASSWORD),
)


@pytest.mark.parametrize("request_", REQUESTS, ids=repr)
def test_a_secret_arrives_and_is_not_shown(request_: Request) -> None:
    assert read_request(write_message(request_)) == request_
    shown = f"{request_!r} {request_}"
    assert not any(secret in shown for secret in (PASSWORD, KEY, "sk_", "aaaa"))
