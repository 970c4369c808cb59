"""Payments over HTTP: one thin function for each request."""

from __future__ import annotations

import re
from typing import Final

from fils.api.answers import action_documents, payment_document
from fils.api.endpoint import Call, Reply
from fils.api.query import Query, read_query, whole_number
from fils.application.payments import find_payment, get_payment
from fils.application.payments import list_payments as list_payments_by_reference
from fils.domain.errors import NotFound, RequestRefused
from fils.domain.identifiers import PAYMENT, SESSION, AccountId, is_identifier

LIMIT_MAX: Final = 100
LIMIT_DEFAULT: Final = 10
"""How many payments a list holds (Checkout.com, get payment list)."""
SKIP_MAX: Final = 999_999_999
_REFERENCE: Final = re.compile(r"[^\x00-\x1f\x7f-\x9f]{1,80}")
"""What a setup's reference may be."""


async def list_payments(call: Call) -> Reply:
    """``GET /payments``, by reference."""
    account_id = await call.account()
    reference, skip, limit = _asked_for(read_query(call.scope))
    page = await list_payments_by_reference(call.ports, account_id, reference, skip=skip, limit=limit)
    document = {
        "limit": limit,
        "skip": skip,
        "total_count": page.total_count,
        "data": [payment_document(call.ports, call.base_url, view) for view in page.views],
    }
    return Reply(200, document)


async def read_payment(call: Call) -> Reply:
    """``GET /payments/{payment_id}``, by the payment's id or by the session id of the browser's return."""
    account_id, name = await _named_payment(call)
    view = await get_payment(call.ports, account_id, name)
    return Reply(200, payment_document(call.ports, call.base_url, view))


async def list_actions(call: Call) -> Reply:
    """``GET /payments/{payment_id}/actions``, newest first."""
    account_id, name = await _named_payment(call)
    return Reply(200, action_documents(await find_payment(call.ports, account_id, name)))


def _asked_for(query: Query) -> tuple[str, int, int]:
    """Reference, skip and limit, or ``RequestRefused`` with every reason."""
    reference = query.get("reference")
    skip = whole_number(query, "skip", default=0, least=0, most=SKIP_MAX)
    limit = whole_number(query, "limit", default=LIMIT_DEFAULT, least=1, most=LIMIT_MAX)
    faults = {
        "reference_required": "reference" not in query,
        "reference_invalid": "reference" in query and not _REFERENCE.fullmatch(reference or ""),
        "paging_limit_invalid": limit is None,
        "paging_skip_invalid": skip is None,
    }
    if reference is None or skip is None or limit is None or any(faults.values()):
        raise RequestRefused(*(code for code, holds in faults.items() if holds))
    return reference, skip, limit


async def _named_payment(call: Call) -> tuple[AccountId, str]:
    account_id = await call.account()
    name = call.path_value("payment_id")
    if not is_identifier(PAYMENT, name) and not is_identifier(SESSION, name):
        raise NotFound
    return account_id, name
