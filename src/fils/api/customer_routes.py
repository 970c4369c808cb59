"""Customers over HTTP: one thin function for each request."""

from __future__ import annotations

from fils.api.answers import customer_document
from fils.api.endpoint import Call, Reply
from fils.api.schemas.customer import is_email, read_customer
from fils.application import customers
from fils.domain.errors import NotFound
from fils.domain.identifiers import CUSTOMER, CustomerId, is_identifier


async def create_customer(call: Call) -> Reply:
    """``POST /customers``."""
    caller = await call.caller()
    body = await call.body()
    details, faults = read_customer(body)
    return await call.once(
        caller,
        body,
        201,
        document=lambda customer: {"id": customer.id},
        act=lambda keep: customers.create_customer(
            call.ports, caller.account_id, details, faults=faults, keep=keep
        ),
    )


async def read_kept_customer(call: Call) -> Reply:
    """``GET /customers/{customer_id}``, by id or by the address of e-mail."""
    account_id = await call.account()
    name = call.path_value("customer_id")
    if not is_identifier(CUSTOMER, name) and not is_email(name):
        raise NotFound
    return Reply(200, customer_document(await customers.get_customer(call.ports, account_id, name)))


async def update_customer(call: Call) -> Reply:
    """``PATCH /customers/{customer_id}``."""
    account_id = await call.account()
    details, faults = read_customer(await call.body())
    await customers.update_customer(call.ports, account_id, _customer_id(call), details, faults=faults)
    return Reply(204, b"")


async def delete_customer(call: Call) -> Reply:
    """``DELETE /customers/{customer_id}``."""
    await customers.delete_customer(call.ports, await call.account(), _customer_id(call))
    return Reply(204, b"")


def _customer_id(call: Call) -> CustomerId:
    text = call.path_value("customer_id")
    if not is_identifier(CUSTOMER, text):
        raise NotFound
    return CustomerId(text)
