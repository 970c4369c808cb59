"""A shop with Fils for tests of the worker."""

from __future__ import annotations

import pytest

from tests.support.payment_states import Counter


@pytest.fixture
async def counter() -> Counter:
    """Everything real but the bank and the time."""
    return await Counter.open()
