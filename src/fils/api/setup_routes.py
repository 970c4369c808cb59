"""Payment setups over HTTP: one thin function for each request."""

from __future__ import annotations

from fils.api.answers import Document, accepted_payment_document, setup_document
from fils.api.endpoint import Call, Reply
from fils.api.schemas.reading import check_object
from fils.api.schemas.setup_terms import read_setup_change, read_setup_terms
from fils.application.confirming import confirm_payment_setup
from fils.application.payment_setups import create_payment_setup, get_payment_setup, update_payment_setup
from fils.application.setup_views import SetupView
from fils.domain.errors import NotFound
from fils.domain.identifiers import PAYMENT_SETUP, PaymentSetupId, is_identifier
from fils.domain.payment import Payment


async def create_setup(call: Call) -> Reply:
    """``POST /payments/setups``."""
    caller = await call.caller()
    body = await call.body()
    terms, faults = read_setup_terms(body)
    return await call.once(
        caller,
        body,
        200,
        document=lambda view: _setup(call, view),
        act=lambda keep: create_payment_setup(
            call.ports,
            caller.account_id,
            terms,
            faults=faults,
            bound_to=caller.processing_channel_id,
            keep=keep,
        ),
    )


async def read_setup(call: Call) -> Reply:
    """``GET /payments/setups/{setup_id}``."""
    view = await get_payment_setup(call.ports, await call.account(), _setup_id(call))
    return Reply(200, _setup(call, view))


async def update_setup(call: Call) -> Reply:
    """``PUT /payments/setups/{setup_id}``."""
    caller = await call.caller()
    body = await call.body()
    change = read_setup_change(body)
    setup_id = _setup_id(call)
    return await call.once(
        caller,
        body,
        200,
        document=lambda view: _setup(call, view),
        act=lambda keep: update_payment_setup(
            call.ports, caller.account_id, setup_id, change, bound_to=caller.processing_channel_id, keep=keep
        ),
    )


async def confirm_setup(call: Call) -> Reply:
    """``POST /payments/setups/{setup_id}/confirm/{method}``."""
    caller = await call.caller()
    body = await call.body()
    check_object(body)
    setup_id, method = _setup_id(call), call.path_value("method")
    with_setup = call.settings.confirms_with_setup
    return await call.once(
        caller,
        body,
        200 if with_setup else 202,
        document=lambda made: _setup(call, made.view) if with_setup else _payment(call, made.payment),
        act=lambda keep: confirm_payment_setup(
            call.ports, caller.account_id, setup_id, method, bound_to=caller.processing_channel_id, keep=keep
        ),
    )


def _setup(call: Call, view: SetupView) -> Document:
    return setup_document(call.ports, call.base_url, view)


def _payment(call: Call, payment: Payment) -> Document:
    return accepted_payment_document(call.ports, call.base_url, payment)


def _setup_id(call: Call) -> PaymentSetupId:
    text = call.path_value("setup_id")
    if not is_identifier(PAYMENT_SETUP, text):
        raise NotFound
    return PaymentSetupId(text)
