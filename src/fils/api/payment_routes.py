"""Payments over HTTP: one thin function for each request."""

from __future__ import annotations

from fils.api.answers import action_documents, payment_document
from fils.api.endpoint import Call, Reply
from fils.application.payments import find_payment, get_payment
from fils.domain.errors import NotFound
from fils.domain.identifiers import PAYMENT, SESSION, AccountId, is_identifier


async def read_payment(call: Call) -> Reply:
    """``GET /payments/{payment_id}``, by the payment's id or by the session id of the browser's return."""
    account_id, name = await _named_payment(call)
    view = await get_payment(call.ports, account_id, name)
    return Reply(200, payment_document(call.ports, call.base_url, view))


async def list_actions(call: Call) -> Reply:
    """``GET /payments/{payment_id}/actions``, newest first."""
    account_id, name = await _named_payment(call)
    return Reply(200, action_documents(await find_payment(call.ports, account_id, name)))


async def _named_payment(call: Call) -> tuple[AccountId, str]:
    account_id = await call.account()
    name = call.path_value("payment_id")
    if not is_identifier(PAYMENT, name) and not is_identifier(SESSION, name):
        raise NotFound
    return account_id, name
