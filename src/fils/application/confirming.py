"""Confirming a payment setup, which makes a payment: because the shop asks for it, or by itself once it is ready."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from fils.application.customers import NamedCustomer, named_customer
from fils.application.deciding import decide, first_event
from fils.application.idempotency import Keep, keep_nothing
from fils.application.ports import Batch, Ports, Wake
from fils.application.setup_views import SetupView, Surroundings, check_channel, own_setup, surroundings_of
from fils.domain.customer import Customer
from fils.domain.errors import InvariantViolated
from fils.domain.events import EventType
from fils.domain.identifiers import (
    PAYMENT,
    SESSION,
    AccountId,
    PaymentId,
    PaymentSetupId,
    ProcessingChannelId,
    SessionId,
)
from fils.domain.kept_answer import KeptAnswer
from fils.domain.payment import Payment
from fils.domain.payment_setup import PaymentSetup
from fils.domain.readiness import MethodStatus, check_confirmable, with_defaults


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A payment setup and the payment that its confirm has just made."""

    view: SetupView
    payment: Payment


async def confirm_payment_setup(
    ports: Ports,
    account_id: AccountId,
    setup_id: PaymentSetupId,
    method: str,
    *,
    bound_to: ProcessingChannelId | None = None,
    keep: Keep[Confirmed] = keep_nothing,
) -> Confirmed:
    """
    Turn a payment setup into a payment, whose link the customer's browser is sent to.

    Of several confirms at once one makes a payment; the others are refused.

    Args:
        method: The name in the address, such as ``knet``.
        bound_to: The one channel the caller's key may act on.
        keep: The answer to be kept with the payment, for a request that has an idempotency key.

    Raises:
        NotFound: If the account has no such setup.
        RequestRefused: If the setup cannot be confirmed with *method* now, or goes through another channel than the
            one the caller's key is bound to.
    """
    commits = count()

    async def decision() -> Confirmed:
        setup = await own_setup(ports, account_id, setup_id)
        check_channel(setup, bound_to)
        around = await surroundings_of(ports, setup)
        check_confirmable(setup, method, around.view(ports, setup).circumstances)
        told = setup.terms.customer
        async with named_customer(ports, account_id, told, overtaken=next(commits) > 0) as named:
            confirmed, made = _confirmed(ports, setup, around, named)
            batch = _with_setup(made, confirmed.view.setup, is_new=False, kept=keep(confirmed))
            await ports.store.commit(batch)
        ports.telemetry.payment_made(confirmed.payment)
        return confirmed

    return await decide(ports, setup_id, decision)


async def commit_setup(
    ports: Ports,
    view: SetupView,
    around: Surroundings,
    *,
    is_new: bool,
    overtaken: bool,
    keep: Keep[SetupView],
) -> SetupView:
    """
    Store the setup of *view*, confirmed already if it is ready and the shop wants that done by itself.

    Args:
        is_new: Whether there is no such setup yet.
        overtaken: Whether another node was faster, about it or its customer, at an earlier try.
        keep: The answer to be kept with it, for a request that has an idempotency key.

    Returns:
        What was stored.

    Raises:
        ConcurrentUpdate: If another node was faster.
    """
    setup = view.setup
    if not _confirms_itself(view):
        await ports.store.commit(_with_setup(Batch(), setup, is_new=is_new, kept=keep(view)))
        return view
    told = setup.terms.customer
    async with named_customer(ports, setup.account_id, told, overtaken=overtaken) as named:
        confirmed, made = _confirmed(ports, setup, around, named)
        view = confirmed.view
        await ports.store.commit(_with_setup(made, view.setup, is_new=is_new, kept=keep(view)))
    ports.telemetry.payment_made(confirmed.payment)
    return view


def _confirms_itself(view: SetupView) -> bool:
    method = view.setup.terms.auto_confirm
    readiness = view.methods.get(method) if method is not None else None
    return readiness is not None and readiness.status is MethodStatus.READY


def _confirmed(
    ports: Ports, setup: PaymentSetup, around: Surroundings, named: NamedCustomer
) -> tuple[Confirmed, Batch]:
    """Make the payment of *setup*, which is ready, and the batch that stores it; the setup itself is not in it."""
    payment = _new_payment(ports, setup, around, named.customer)
    view = around.view(ports, setup.confirmed(payment.id), payment)
    made = Batch(
        inserts=(payment, first_event(ports, payment, now=payment.requested_at), *named.batch.inserts),
        updates=named.batch.updates,
        wakes=(Wake(payment.account_id, payment.id, payment.expires_at),),
    )
    return Confirmed(view, payment), made


def _with_setup(made: Batch, setup: PaymentSetup, *, is_new: bool, kept: Sequence[KeptAnswer]) -> Batch:
    new, changed = ((setup,), ()) if is_new else ((), (setup,))
    return Batch(inserts=(*new, *made.inserts, *kept), updates=(*changed, *made.updates), wakes=made.wakes)


def _new_payment(ports: Ports, setup: PaymentSetup, around: Surroundings, customer: Customer) -> Payment:
    terms, now = with_defaults(setup.terms, around.account), ports.clock.now()
    if terms.language is None or terms.success_url is None or terms.failure_url is None:
        raise InvariantViolated("a setup that is ready lacks what makes it so")
    metadata = terms.carried.get("metadata")
    payment = Payment(
        id=PaymentId(ports.ids.identifier(PAYMENT)),
        account_id=setup.account_id,
        setup_id=setup.id,
        session_id=SessionId(ports.ids.identifier(SESSION)),
        processing_channel_id=around.channel.id,
        terminal_id=around.channel.terminal_id,
        customer_id=customer.id,
        customer_email=customer.email,
        customer_name=customer.name,
        customer_phone=customer.phone,
        amount=setup.money,
        language=terms.language,
        success_url=terms.success_url,
        failure_url=terms.failure_url,
        requested_at=now,
        link_expires_at=now + ports.timing.link_lifetime,
        expires_at=now + ports.timing.payment_lifetime,
        reference=terms.reference,
        description=terms.description,
        metadata=metadata if isinstance(metadata, dict) else {},
    )
    return payment.after(EventType.PAYMENT_PENDING)
