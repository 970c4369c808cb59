"""What customers are made of stands in the API's page: fields, limits and codes."""

from __future__ import annotations

import re

import pytest

from fils.api.schemas.customer import (
    CUSTOMER_METADATA_KEYS_MAX,
    CUSTOMER_METADATA_TEXT_MAX,
    KEPT_NAME_LENGTH_MAX,
    KeptCustomerBody,
    read_customer,
)
from tests.architecture.modules import ROOT

PAGE = (ROOT / "docs/reference/api.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("## Customers\n")[2].partition("\n## ")[0]
WRONG = {
    "text for all": b'{"email": "x", "name": 1, "phone": "x", "metadata": "x"}',
    "one part of a phone": b'{"phone": {"country_code": "965"}}',
    "the other part": b'{"phone": {"number": "99887766"}}',
    "parts too long": b'{"phone": {"country_code": "12345678", "number": "1"}}',
}


def test_the_section_is_there() -> None:
    assert "| `email` |" in SECTION


@pytest.mark.parametrize("field", KeptCustomerBody.__struct_fields__)
def test_every_field_is_documented(field: str) -> None:
    assert f"| `{field}` |" in SECTION


@pytest.mark.parametrize(
    "limit", [KEPT_NAME_LENGTH_MAX, CUSTOMER_METADATA_KEYS_MAX, CUSTOMER_METADATA_TEXT_MAX]
)
def test_every_limit_is_documented(limit: int) -> None:
    assert re.search(rf"\b{limit} (characters|keys)", SECTION)


@pytest.mark.parametrize("body", WRONG.values(), ids=WRONG)
def test_every_code_is_documented(body: bytes) -> None:
    _, codes = read_customer(body)
    assert codes
    for code in codes:
        assert f"`{code}`" in PAGE
