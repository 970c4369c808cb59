"""Payment setups: create, read, confirm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fils.application.deciding import decide, first_event
from fils.application.idempotency import Keep, keep_nothing
from fils.application.ports import Batch, Ports, Wake
from fils.domain.account import ProcessingChannel
from fils.domain.errors import InvariantViolated, NotFound, RequestRefused
from fils.domain.events import EventType
from fils.domain.identifiers import (
    CUSTOMER,
    PAYMENT,
    PAYMENT_SETUP,
    SESSION,
    AccountId,
    CustomerId,
    PaymentId,
    PaymentSetupId,
    SessionId,
)
from fils.domain.payment import Payment
from fils.domain.payment_setup import AMOUNT_MAX, PaymentSetup, SetupTerms
from fils.domain.return_urls import is_return_url


@dataclass(frozen=True, slots=True)
class SetupView:
    """A payment setup and, after a confirm, its latest payment."""

    setup: PaymentSetup
    latest_payment: Payment | None = None


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A payment setup and the payment that its confirm has just made."""

    setup: PaymentSetup
    payment: Payment


async def create_payment_setup(
    ports: Ports,
    account_id: AccountId,
    terms: SetupTerms,
    *,
    faults: Sequence[str] = (),
    keep: Keep[PaymentSetup] = keep_nothing,
) -> PaymentSetup:
    """
    Store a new payment setup.

    Args:
        terms: What the shop told, as far as it could be read.
        faults: An error code for each field that could not be read. With any of them nothing is stored; they are
            given here so that the refusal names every reason at once.
        keep: The answer to be kept with the setup, for a request that has an idempotency key.

    Raises:
        RequestRefused: With every reason, if something required is missing or something told is not allowed.
    """
    await _check_terms(ports, account_id, terms, faults)
    setup = PaymentSetup(
        id=PaymentSetupId(ports.ids.identifier(PAYMENT_SETUP)),
        account_id=account_id,
        terms=terms,
        created_at=ports.clock.now(),
    )
    await ports.store.commit(Batch(inserts=(setup, *keep(setup))))
    return setup


async def get_payment_setup(ports: Ports, account_id: AccountId, setup_id: PaymentSetupId) -> SetupView:
    """
    Read a payment setup.

    Raises:
        NotFound: If the account has no such setup.
    """
    setup = await _own_setup(ports, account_id, setup_id)
    if setup.latest_payment_id is None:
        return SetupView(setup)
    return SetupView(setup, await ports.store.payment(setup.latest_payment_id))


async def confirm_payment_setup(
    ports: Ports,
    account_id: AccountId,
    setup_id: PaymentSetupId,
    method: str,
    *,
    keep: Keep[Confirmed] = keep_nothing,
) -> Confirmed:
    """
    Turn a payment setup into a payment, whose link the customer's browser is sent to.

    Of several confirms at once one makes a payment; the others are refused.

    Raises:
        NotFound: If the account has no such setup.
        RequestRefused: If the setup cannot be confirmed with *method* now.
    """

    async def decision() -> Confirmed:
        setup = await _own_setup(ports, account_id, setup_id)
        now = ports.clock.now()
        setup.check_confirmable(method, now=now, lifetime=ports.timing.setup_lifetime)
        channel = await ports.store.processing_channel(setup.channel_id)
        if channel is None:
            raise InvariantViolated("a payment setup names a channel that is gone")
        if ports.terminals.current_version(channel.terminal_id) is None:
            raise RequestRefused("payee_not_onboarded")
        payment = _new_payment(ports, setup, channel)
        confirmed = Confirmed(setup.confirmed(payment.id), payment)
        batch = Batch(
            inserts=(payment, first_event(ports, payment, now=now), *keep(confirmed)),
            updates=(confirmed.setup,),
            wakes=(Wake(account_id, payment.id, payment.expires_at),),
        )
        await ports.store.commit(batch)
        return confirmed

    return await decide(ports, setup_id, decision)


def refusals(ports: Ports, terms: SetupTerms) -> tuple[str, ...]:
    """The error codes of *terms* that can be told without asking the store."""
    codes = list(terms.missing())
    if terms.amount_minor is not None and not 1 <= terms.amount_minor <= AMOUNT_MAX:
        codes.append("amount_invalid")
    urls = {"success_url_invalid": terms.success_url, "fail_url_invalid": terms.failure_url}
    for code, url in urls.items():
        if url is not None and not is_return_url(url, plain_http_hosts=ports.plain_http_hosts):
            codes.append(code)
    return tuple(codes)


async def _check_terms(ports: Ports, account_id: AccountId, terms: SetupTerms, faults: Sequence[str]) -> None:
    # What was told and could not be read is wrong; it is not missing as well.
    told = {fault.replace("_invalid", "_required") for fault in faults}
    codes = [*faults, *(code for code in refusals(ports, terms) if code not in told)]
    if terms.processing_channel_id is not None:
        channel = await ports.store.processing_channel(terms.processing_channel_id)
        if channel is None or channel.account_id != account_id:
            codes.append("processing_channel_id_invalid")
    if codes:
        raise RequestRefused(*codes)


async def _own_setup(ports: Ports, account_id: AccountId, setup_id: PaymentSetupId) -> PaymentSetup:
    setup = await ports.store.payment_setup(setup_id)
    if setup is None or setup.account_id != account_id:
        raise NotFound
    return setup


def _new_payment(ports: Ports, setup: PaymentSetup, channel: ProcessingChannel) -> Payment:
    terms, now = setup.terms, ports.clock.now()
    if terms.language is None or terms.success_url is None or terms.failure_url is None:
        raise InvariantViolated("a setup that is ready lacks what makes it so")
    metadata = terms.carried.get("metadata")
    payment = Payment(
        id=PaymentId(ports.ids.identifier(PAYMENT)),
        account_id=setup.account_id,
        setup_id=setup.id,
        session_id=SessionId(ports.ids.identifier(SESSION)),
        processing_channel_id=channel.id,
        terminal_id=channel.terminal_id,
        customer_id=CustomerId(ports.ids.identifier(CUSTOMER)),
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
