"""Payment setups: create, read, update, confirm."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from itertools import count

from fils.application.customers import NamedCustomer, is_known_customer, named_customer
from fils.application.deciding import DECISIONS_MAX, decide, first_event
from fils.application.idempotency import Keep, keep_nothing
from fils.application.ports import Batch, Ports, Wake
from fils.domain.account import Account, ProcessingChannel
from fils.domain.customer import Customer
from fils.domain.errors import (
    ConcurrentUpdate,
    InvariantViolated,
    NotFound,
    PaymentMethodInvalid,
    PaymentMethodNotSupported,
    RequestRefused,
)
from fils.domain.events import EventType
from fils.domain.identifiers import (
    PAYMENT,
    PAYMENT_SETUP,
    SESSION,
    AccountId,
    PaymentId,
    PaymentSetupId,
    ProcessingChannelId,
    SessionId,
)
from fils.domain.payment import Payment
from fils.domain.payment_setup import KNET, PaymentSetup, SetupTerms
from fils.domain.readiness import (
    Circumstances,
    MethodStatus,
    Readiness,
    account_matters,
    check_changeable,
    check_confirmable,
    is_known_method,
    methods_of,
    with_defaults,
    wrong_values,
)

Change = Callable[[SetupTerms], tuple[SetupTerms, Sequence[str]]]
"""From what a shop told before to what it has told now, with an error code for each field that could not be read."""


@dataclass(frozen=True, slots=True)
class SetupView:
    """A payment setup, its methods as they stand now and, after a confirm, its latest payment."""

    setup: PaymentSetup
    methods: Mapping[str, Readiness]
    latest_payment: Payment | None = None


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A payment setup and the payment that its confirm has just made."""

    view: SetupView
    payment: Payment


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """What a setup depends on: the channel it names, and the account where anything of it matters."""

    channel: ProcessingChannel
    account: Account | None

    def circumstances(self, ports: Ports) -> Circumstances:
        return Circumstances(
            now=ports.clock.now(),
            lifetime=ports.timing.setup_lifetime,
            is_onboarded=ports.terminals.current_version(self.channel.terminal_id) is not None,
            account=self.account,
            plain_http_hosts=ports.plain_http_hosts,
        )

    def view(self, ports: Ports, setup: PaymentSetup, latest_payment: Payment | None = None) -> SetupView:
        return SetupView(setup, methods_of(setup, self.circumstances(ports)), latest_payment)


async def create_payment_setup(
    ports: Ports,
    account_id: AccountId,
    terms: SetupTerms,
    *,
    faults: Sequence[str] = (),
    bound_to: ProcessingChannelId | None = None,
    keep: Keep[SetupView] = keep_nothing,
) -> SetupView:
    """
    Store a new payment setup, and confirm it if it is ready and the shop wants that done by itself.

    Args:
        terms: What the shop told, as far as it could be read.
        faults: An error code for each field that could not be read. With any of them nothing is stored; they are
            given here so that the refusal names every reason at once.
        bound_to: The one channel the caller's key may name, and need not.
        keep: The answer to be kept with the setup, for a request that has an idempotency key.

    Raises:
        RequestRefused: With every reason, if something required is missing or something told is not allowed.
    """
    terms = _on_channel(terms, bound_to)
    around = await _checked(ports, account_id, terms, faults, bound_to)
    setup = PaymentSetup(
        id=PaymentSetupId(ports.ids.identifier(PAYMENT_SETUP)),
        account_id=account_id,
        terms=terms,
        created_at=ports.clock.now(),
    )
    commits = count()

    async def decision() -> SetupView:
        unconfirmed = around.view(ports, setup)
        overtaken = next(commits) > 0
        async with _confirmed_if_wanted(ports, unconfirmed, around, overtaken=overtaken) as (view, made):
            await _store(ports, replace(made, inserts=(view.setup, *made.inserts, *keep(view))))
        return view

    return await decision() if terms.auto_confirm is None else await _while_overtaken(decision)


async def get_payment_setup(ports: Ports, account_id: AccountId, setup_id: PaymentSetupId) -> SetupView:
    """
    Read a payment setup.

    Raises:
        NotFound: If the account has no such setup.
    """
    setup = await _own_setup(ports, account_id, setup_id)
    around = await _surroundings(ports, setup)
    return around.view(ports, setup, await _latest_payment(ports, setup))


async def update_payment_setup(
    ports: Ports,
    account_id: AccountId,
    setup_id: PaymentSetupId,
    change: Change,
    *,
    bound_to: ProcessingChannelId | None = None,
    keep: Keep[SetupView] = keep_nothing,
) -> SetupView:
    """
    Change what a payment setup says; the whole is checked as if it were created so.

    Beside a confirm either may be first. After a confirm no update is taken, and a confirm after an update takes all of
    the new terms: no payment ever mixes both.

    Args:
        change: Makes the new terms of the old ones; asked again if another node was faster.
        bound_to: The one channel the caller's key may name, and need not. A setup of another one is not its to change.
        keep: The answer to be kept with the change, for a request that has an idempotency key.

    Raises:
        NotFound: If the account has no such setup.
        RequestRefused: If the setup's payment is Pending or paid, if the setup is too old, or with every reason why
            the new terms are not allowed.
    """
    commits = count()

    async def decision() -> SetupView:
        before = await _own_setup(ports, account_id, setup_id)
        _check_channel(before, bound_to)
        check_changeable(before, now=ports.clock.now(), lifetime=ports.timing.setup_lifetime)
        told, faults = change(before.terms)
        terms = _on_channel(told, bound_to)
        around = await _checked(ports, account_id, terms, faults, bound_to)
        setup = replace(before, terms=terms)
        unconfirmed = around.view(ports, setup, await _latest_payment(ports, setup))
        overtaken = next(commits) > 0
        async with _confirmed_if_wanted(ports, unconfirmed, around, overtaken=overtaken) as (view, made):
            await _store(
                ports,
                replace(made, inserts=(*made.inserts, *keep(view)), updates=(view.setup, *made.updates)),
            )
        return view

    return await decide(ports, setup_id, decision)


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

    Raises:
        NotFound: If the account has no such setup.
        RequestRefused: If the setup cannot be confirmed with *method* now, or goes through another channel than the
            one the caller's key is bound to.
    """
    commits = count()

    async def decision() -> Confirmed:
        setup = await _own_setup(ports, account_id, setup_id)
        _check_channel(setup, bound_to)
        around = await _surroundings(ports, setup)
        check_confirmable(setup, method, around.circumstances(ports))
        told = setup.terms.customer
        async with named_customer(ports, account_id, told, overtaken=next(commits) > 0) as named:
            confirmed, made = _confirm(ports, setup, around, named)
            inserts = (*made.inserts, *keep(confirmed))
            updates = (confirmed.view.setup, *made.updates)
            await _store(ports, replace(made, inserts=inserts, updates=updates))
        return confirmed

    return await decide(ports, setup_id, decision)


def refusals(
    terms: SetupTerms, *, account: Account | None, plain_http_hosts: Collection[str]
) -> tuple[str, ...]:
    """The error codes of *terms* that can be told without asking the store."""
    codes = [
        *terms.missing(),
        *wrong_values(terms, account=account, plain_http_hosts=plain_http_hosts),
    ]
    if terms.auto_confirm is not None and (
        terms.auto_confirm != KNET or KNET in (terms.excluded_payment_methods or ())
    ):
        # A method that never gets ready would leave the shop waiting for a payment that nobody makes.
        known = is_known_method(terms.auto_confirm)
        codes.append(PaymentMethodNotSupported.code if known else PaymentMethodInvalid.code)
    return tuple(codes)


def _check_channel(setup: PaymentSetup, bound_to: ProcessingChannelId | None) -> None:
    """See that a key that is bound to a channel acts on setups of that channel alone."""
    if bound_to not in (None, setup.channel_id):
        raise RequestRefused("processing_channel_id_invalid")


def _on_channel(terms: SetupTerms, bound_to: ProcessingChannelId | None) -> SetupTerms:
    """The terms with the key's own channel where the shop told none."""
    if terms.processing_channel_id is not None or bound_to is None:
        return terms
    return replace(terms, processing_channel_id=bound_to)


async def _checked(
    ports: Ports,
    account_id: AccountId,
    terms: SetupTerms,
    faults: Sequence[str],
    bound_to: ProcessingChannelId | None,
) -> _Surroundings:
    # What was told and could not be read is wrong; it is not missing as well.
    told = {fault.replace("_invalid", "_required") for fault in faults}
    account = await _account(ports, account_id, terms)
    wrong = refusals(terms, account=account, plain_http_hosts=ports.plain_http_hosts)
    codes = [*faults, *(code for code in wrong if code not in told)]
    channel = None
    if (channel_id := terms.processing_channel_id) is not None:
        channel = await ports.store.processing_channel(channel_id)
        if channel is None or channel.account_id != account_id or bound_to not in (None, channel_id):
            codes.append("processing_channel_id_invalid")
    if not await is_known_customer(ports, account_id, terms.customer):
        codes.append("customer_not_found")
    if codes or channel is None:
        raise RequestRefused(*codes)
    return _Surroundings(channel, account)


async def _surroundings(ports: Ports, setup: PaymentSetup) -> _Surroundings:
    channel = await ports.store.processing_channel(setup.channel_id)
    if channel is None:
        raise InvariantViolated("a payment setup names a channel that is gone")
    return _Surroundings(channel, await _account(ports, setup.account_id, setup.terms))


async def _account(ports: Ports, account_id: AccountId, terms: SetupTerms) -> Account | None:
    """The account, read only where it matters: most setups tell all that its defaults could fill in."""
    return await ports.store.account(account_id) if account_matters(terms) else None


async def _own_setup(ports: Ports, account_id: AccountId, setup_id: PaymentSetupId) -> PaymentSetup:
    setup = await ports.store.payment_setup(setup_id)
    if setup is None or setup.account_id != account_id:
        raise NotFound
    return setup


async def _latest_payment(ports: Ports, setup: PaymentSetup) -> Payment | None:
    if setup.latest_payment_id is None:
        return None
    return await ports.store.payment(setup.latest_payment_id)


async def _while_overtaken(decision: Callable[[], Awaitable[SetupView]]) -> SetupView:
    """
    Create a setup that confirms itself, again where another node was faster about its customer.

    Raises:
        ConcurrentUpdate: If that was the case each time, or the idempotency key was used meanwhile.
    """
    for _ in range(DECISIONS_MAX - 1):
        with suppress(ConcurrentUpdate):
            return await decision()
    return await decision()


@asynccontextmanager
async def _confirmed_if_wanted(
    ports: Ports, view: SetupView, around: _Surroundings, *, overtaken: bool
) -> AsyncIterator[tuple[SetupView, Batch]]:
    """
    *view* as it is after the confirm that the shop wants done by itself, and the batch of that; or unchanged.

    The block commits it; ``named_customer`` says who waits for whom meanwhile.
    """
    method = view.setup.terms.auto_confirm
    readiness = view.methods.get(method) if method is not None else None
    if readiness is None or readiness.status is not MethodStatus.READY:
        yield view, Batch()
        return
    setup = view.setup
    async with named_customer(ports, setup.account_id, setup.terms.customer, overtaken=overtaken) as named:
        confirmed, made = _confirm(ports, setup, around, named)
        yield confirmed.view, made


async def _store(ports: Ports, batch: Batch) -> None:
    await ports.store.commit(batch)
    for record in batch.inserts:
        if isinstance(record, Payment):
            ports.telemetry.payment_made(record)


def _confirm(
    ports: Ports, setup: PaymentSetup, around: _Surroundings, named: NamedCustomer
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


def _new_payment(ports: Ports, setup: PaymentSetup, around: _Surroundings, customer: Customer) -> Payment:
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
