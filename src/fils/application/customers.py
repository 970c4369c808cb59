"""Customers: kept by the shop itself, or named by its payment setups."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fils.application.deciding import decide
from fils.application.idempotency import Keep, keep_nothing
from fils.application.ports import Batch, Ports
from fils.domain.customer import Customer, CustomerDetails, comparable_email
from fils.domain.errors import ConcurrentUpdate, NotFound, RequestRefused
from fils.domain.identifiers import CUSTOMER, AccountId, CustomerId, is_identifier
from fils.domain.payment_setup import CustomerTerms


@dataclass(frozen=True, slots=True)
class NamedCustomer:
    """Whom a setup names, and what of that has to be written with its payment."""

    customer: Customer
    batch: Batch

    @property
    def lock_name(self) -> str | None:
        """What those hold who write the same customer; None if nothing is written that anybody else might write."""
        if self.batch.updates:
            return self.customer.id
        if self.batch.inserts and self.customer.email is not None:
            return f"{self.customer.account_id} {self.customer.email}"
        return None


async def create_customer(
    ports: Ports,
    account_id: AccountId,
    details: CustomerDetails,
    *,
    faults: tuple[str, ...] = (),
    keep: Keep[Customer] = keep_nothing,
) -> Customer:
    """
    Keep a new customer.

    Args:
        details: What the shop told, as far as it could be read.
        faults: An error code for each field that could not be read; with any of them nothing is kept.
        keep: The answer to be kept with it, for a request that has an idempotency key.

    Raises:
        RequestRefused: With every reason; also if the address names a customer of the account already.
    """
    codes = list(faults)
    if details.email is None and "email_invalid" not in faults:
        codes.append("email_required")
    if codes:
        raise RequestRefused(*codes)
    customer = _new_customer(ports, account_id).told(details)
    await _refuse_taken(ports, customer, "customer_already_exists")
    try:
        await ports.store.commit(Batch(inserts=(customer, *keep(customer))))
    except ConcurrentUpdate:
        await _refuse_taken(ports, customer, "customer_already_exists")
        raise
    return customer


async def get_customer(ports: Ports, account_id: AccountId, name: str) -> Customer:
    """
    Read a customer by its id or its address of e-mail.

    Raises:
        NotFound: If the account has no such customer.
    """
    if is_identifier(CUSTOMER, name):
        customer = await _own_customer(ports, account_id, CustomerId(name))
    else:
        customer = await ports.store.customer_by_email(account_id, comparable_email(name))
    if customer is None:
        raise NotFound
    return customer


async def update_customer(
    ports: Ports,
    account_id: AccountId,
    customer_id: CustomerId,
    details: CustomerDetails,
    *,
    faults: tuple[str, ...] = (),
) -> Customer:
    """
    Change what is kept about a customer; what is not told stays.

    Raises:
        NotFound: If the account has no such customer.
        RequestRefused: With every reason; also if the address names another customer of the account.
    """

    async def decision() -> Customer:
        before = await _own_customer(ports, account_id, customer_id)
        if before is None:
            raise NotFound
        if faults:
            raise RequestRefused(*faults)
        after = before.told(details)
        if after != before:
            await _refuse_taken(ports, after, "email_in_use")
            await ports.store.commit(Batch(updates=(after,)))
        return after

    return await decide(ports, customer_id, decision)


async def delete_customer(ports: Ports, account_id: AccountId, customer_id: CustomerId) -> None:
    """
    Forget a customer. Payments keep what they were told.

    Raises:
        NotFound: If the account has no such customer.
    """

    async def decision() -> None:
        customer = await _own_customer(ports, account_id, customer_id)
        if customer is None:
            raise NotFound
        await ports.store.commit(Batch(updates=(customer.deleted(ports.clock.now()),)))

    await decide(ports, customer_id, decision)


async def is_known_customer(ports: Ports, account_id: AccountId, told: CustomerTerms | None) -> bool:
    """Whether the customer that *told* names by its id is one of the account; True if it names none so."""
    if told is None or told.id is None:
        return True
    return await _own_customer(ports, account_id, told.id) is not None


@asynccontextmanager
async def named_customer(
    ports: Ports, account_id: AccountId, told: CustomerTerms | None, *, overtaken: bool = False
) -> AsyncIterator[NamedCustomer]:
    """
    The customer a payment is made for, in a block that commits the payment.

    It is the one with the id, else the one with the address, else a new one. What is told besides becomes part of what
    is known about the customer, with the payment. An address that names somebody else already does not: that would
    take it away from them. Those in this node who write the same customer wait for each other, from reading to
    committing; who writes nothing about it waits for nobody.

    Args:
        overtaken: Whether another node was faster than the try before this one. What is known about a customer stays
            as it is then: the payment tells what it was told anyway, and must not fail for it. A new customer is
            always written.

    Raises:
        RequestRefused: If no customer of the account has the id.
    """
    named = await _resolved(ports, account_id, told, overtaken=overtaken)
    while (name := named.lock_name) is not None:
        async with ports.locks.holding(name):
            named = await _resolved(ports, account_id, told, overtaken=overtaken)
            if named.lock_name == name:
                yield named
                return
    yield named


async def _resolved(
    ports: Ports, account_id: AccountId, told: CustomerTerms | None, *, overtaken: bool
) -> NamedCustomer:
    told = told or CustomerTerms()
    details = CustomerDetails(email=told.email, name=told.name, phone=told.phone)
    before = await _named(ports, account_id, told)
    if before is None:
        customer = _new_customer(ports, account_id).told(details)
        return NamedCustomer(customer, Batch(inserts=(customer,)))
    customer = before.told(details)
    if customer.email != before.email and await _is_taken(ports, customer):
        customer = before.told(CustomerDetails(name=told.name, phone=told.phone))
    is_changed = customer != before and not overtaken
    return NamedCustomer(customer, Batch(updates=(customer,) if is_changed else ()))


async def _named(ports: Ports, account_id: AccountId, told: CustomerTerms) -> Customer | None:
    if told.id is not None:
        customer = await _own_customer(ports, account_id, told.id)
        if customer is None:
            raise RequestRefused("customer_not_found")
        return customer
    if told.email is not None:
        return await ports.store.customer_by_email(account_id, comparable_email(told.email))
    return None


async def _own_customer(ports: Ports, account_id: AccountId, customer_id: CustomerId) -> Customer | None:
    customer = await ports.store.customer(customer_id)
    is_own = customer is not None and customer.account_id == account_id and customer.deleted_at is None
    return customer if is_own else None


async def _is_taken(ports: Ports, customer: Customer) -> bool:
    """Whether the customer's address names another one."""
    if customer.email is None:
        return False
    other = await ports.store.customer_by_email(customer.account_id, customer.email)
    return other is not None and other.id != customer.id


async def _refuse_taken(ports: Ports, customer: Customer, code: str) -> None:
    if await _is_taken(ports, customer):
        raise RequestRefused(code)


def _new_customer(ports: Ports, account_id: AccountId) -> Customer:
    return Customer(
        id=CustomerId(ports.ids.identifier(CUSTOMER)),
        account_id=account_id,
        created_at=ports.clock.now(),
    )
