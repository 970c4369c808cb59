"""Payment setups over HTTP: one thin function for each request."""

from __future__ import annotations

from fils.api.answers import accepted_payment_document, setup_document
from fils.api.endpoint import Call, Reply
from fils.api.schemas.reading import check_object
from fils.api.schemas.setup_terms import read_setup_terms
from fils.application.payment_setups import (
    SetupView,
    confirm_payment_setup,
    create_payment_setup,
    get_payment_setup,
)
from fils.domain.errors import NotFound
from fils.domain.identifiers import PAYMENT_SETUP, PaymentSetupId, is_identifier


async def create_setup(call: Call) -> Reply:
    """``POST /payments/setups``."""
    account_id = await call.account()
    body = await call.body()
    terms, faults = read_setup_terms(body)
    return await call.once(
        account_id,
        body,
        200,
        document=lambda setup: setup_document(call.ports, call.base_url, SetupView(setup)),
        act=lambda keep: create_payment_setup(call.ports, account_id, terms, faults=faults, keep=keep),
    )


async def read_setup(call: Call) -> Reply:
    """``GET /payments/setups/{setup_id}``."""
    view = await get_payment_setup(call.ports, await call.account(), _setup_id(call))
    return Reply(200, setup_document(call.ports, call.base_url, view))


async def confirm_setup(call: Call) -> Reply:
    """``POST /payments/setups/{setup_id}/confirm/{method}``."""
    account_id = await call.account()
    body = await call.body()
    check_object(body)
    setup_id, method = _setup_id(call), call.path_value("method")
    return await call.once(
        account_id,
        body,
        202,
        document=lambda confirmed: accepted_payment_document(call.ports, call.base_url, confirmed.payment),
        act=lambda keep: confirm_payment_setup(call.ports, account_id, setup_id, method, keep=keep),
    )


def _setup_id(call: Call) -> PaymentSetupId:
    text = call.path_value("setup_id")
    if not is_identifier(PAYMENT_SETUP, text):
        raise NotFound
    return PaymentSetupId(text)
