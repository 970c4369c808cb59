"""Lines of the conformance checklist that no other test is about."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fils.application.ports import Batch
from tests.support.api_client import ApiClient, documented_request
from tests.support.application_ports import ACCOUNT


@pytest.mark.parametrize("amount", [1, 1001, 1010])
async def test_any_whole_amount_is_taken(api: ApiClient, amount: int) -> None:
    answer = await api.create(documented_request(amount=amount))
    assert (answer.status, answer.document["amount"]) == (200, amount)


async def test_the_rule_about_the_last_digit_refuses_1001(api: ApiClient) -> None:
    await api.ports.store.commit(Batch(updates=(replace(ACCOUNT, last_digit_zero=True),)))
    refused = await api.create(documented_request(amount=1001))
    assert (refused.status, refused.error_codes) == (422, ["amount_invalid"])
    assert (await api.create(documented_request(amount=1010))).status == 200
