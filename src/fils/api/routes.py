"""The addresses of the payment API, and one thin function for each request."""

from __future__ import annotations

from starlette import routing
from starlette.routing import BaseRoute

from fils import __version__
from fils.api.answers import (
    accepted_payment_document,
    action_documents,
    payment_document,
    setup_document,
)
from fils.api.endpoint import Call, Endpoint, Reply
from fils.api.schemas import check_object, read_setup_terms
from fils.application.payment_setups import (
    SetupView,
    confirm_payment_setup,
    create_payment_setup,
    get_payment_setup,
)
from fils.application.payments import find_payment, get_payment
from fils.application.ports import Ports
from fils.domain.errors import NotFound
from fils.domain.identifiers import (
    PAYMENT,
    PAYMENT_SETUP,
    SESSION,
    AccountId,
    PaymentSetupId,
    is_identifier,
)


def api_routes(ports: Ports, *, base_url: str) -> list[BaseRoute]:
    """
    The routes of the payment API.

    Args:
        ports: The parts the use cases work with.
        base_url: What links in answers start with, without a slash at the end.
    """
    paths = {
        "/payments/setups": {"POST": create_setup},
        "/payments/setups/{setup_id}": {"GET": read_setup},
        "/payments/setups/{setup_id}/confirm/{method}": {"POST": confirm_setup},
        "/payments/{payment_id}": {"GET": read_payment},
        "/payments/{payment_id}/actions": {"GET": list_actions},
        "/health": {"GET": report_health},
        "/payments": {},
        "/payments/{rest:path}": {},
    }
    return [routing.Route(path, Endpoint(ports, base_url, path, methods)) for path, methods in paths.items()]


async def create_setup(call: Call) -> Reply:
    """``POST /payments/setups``."""
    account_id = await call.account()
    terms, faults = read_setup_terms(await call.body())
    setup = await create_payment_setup(call.ports, account_id, terms, faults=faults)
    return Reply(200, setup_document(call.ports, call.base_url, SetupView(setup)))


async def read_setup(call: Call) -> Reply:
    """``GET /payments/setups/{setup_id}``."""
    view = await get_payment_setup(call.ports, await call.account(), _setup_id(call))
    return Reply(200, setup_document(call.ports, call.base_url, view))


async def confirm_setup(call: Call) -> Reply:
    """``POST /payments/setups/{setup_id}/confirm/{method}``."""
    account_id = await call.account()
    check_object(await call.body())
    method = call.path_value("method")
    payment = await confirm_payment_setup(call.ports, account_id, _setup_id(call), method)
    return Reply(202, accepted_payment_document(call.ports, call.base_url, payment))


async def read_payment(call: Call) -> Reply:
    """``GET /payments/{payment_id}``, by the payment's id or by the session id of the browser's return."""
    account_id, name = await _named_payment(call)
    view = await get_payment(call.ports, account_id, name)
    return Reply(200, payment_document(call.ports, call.base_url, view))


async def list_actions(call: Call) -> Reply:
    """``GET /payments/{payment_id}/actions``, newest first."""
    account_id, name = await _named_payment(call)
    return Reply(200, action_documents(await find_payment(call.ports, account_id, name)))


async def report_health(call: Call) -> Reply:
    """``GET /health``: whether requests can be served, which is to say whether the store answers."""
    await call.ports.store.check()
    return Reply(200, {"status": "ok", "version": __version__})


async def _named_payment(call: Call) -> tuple[AccountId, str]:
    account_id = await call.account()
    name = call.path_value("payment_id")
    if not is_identifier(PAYMENT, name) and not is_identifier(SESSION, name):
        raise NotFound
    return account_id, name


def _setup_id(call: Call) -> PaymentSetupId:
    text = call.path_value("setup_id")
    if not is_identifier(PAYMENT_SETUP, text):
        raise NotFound
    return PaymentSetupId(text)
