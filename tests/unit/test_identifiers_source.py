"""Randomness: its form, and that it does not repeat."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import UUID

import pytest

from fils.application.authentication import is_secret_key
from fils.domain.identifiers import PAYMENT, read_identifier
from fils.identifiers_source import SystemIds, new_master_key, new_secret_key

IDS = SystemIds()

SOURCES: dict[str, tuple[Callable[[], str], str]] = {
    "identifier": (lambda: IDS.identifier(PAYMENT), r"pay_[a-z2-7]{26}"),
    "track id": (IDS.track_id, r"[A-Z2-7]{19}"),
    "secret": (IDS.secret, r"[A-Za-z0-9_-]{32}"),
    "request id": (IDS.request_id, r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
    "sandbox key": (lambda: new_secret_key(sandbox=True), r"sk_sbox_[a-z2-7]{27}"),
    "production key": (lambda: new_secret_key(sandbox=False), r"sk_[a-z2-7]{27}"),
    "master key": (lambda: new_master_key().hex(), r"[0-9a-f]{64}"),
}


@pytest.mark.parametrize("name", SOURCES)
def test_each_has_its_form_and_none_comes_twice(name: str) -> None:
    source, form = SOURCES[name]
    drawn = [source() for _ in range(500)]
    assert all(re.fullmatch(form, text) for text in drawn)
    assert len(set(drawn)) == len(drawn)


@pytest.mark.parametrize("name", SOURCES)
def test_every_character_that_may_vary_does(name: str) -> None:
    source, form = SOURCES[name]
    drawn = [source() for _ in range(500)]
    fixed = [position for position, letters in enumerate(zip(*drawn, strict=True)) if len(set(letters)) == 1]
    prefix = len(re.match(r"(pay_|sk_sbox_|sk_)?", form)[0])  # type: ignore[index]  # it matches always
    expected = [8, 13, 14, 18, 23] if name == "request id" else list(range(prefix))
    assert fixed == expected


def test_an_identifier_holds_a_version_4_uuid_in_little_endian_order() -> None:
    octets = read_identifier(PAYMENT, IDS.identifier(PAYMENT))
    assert octets is not None
    assert UUID(bytes_le=octets).version == 4


@pytest.mark.parametrize("sandbox", [True, False])
def test_a_new_key_is_a_secret_key(*, sandbox: bool) -> None:
    assert is_secret_key(new_secret_key(sandbox=sandbox))
