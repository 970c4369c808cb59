"""Payment setups: create, read, update."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import count

from fils.application.confirming import commit_setup
from fils.application.customers import is_known_customer
from fils.application.deciding import DECISIONS_MAX, decide
from fils.application.idempotency import Keep, keep_nothing
from fils.application.ports import Ports
from fils.application.setup_views import (
    SetupView,
    Surroundings,
    account_that_matters,
    check_channel,
    latest_payment_of,
    own_setup,
    surroundings_of,
)
from fils.domain.account import Account
from fils.domain.errors import (
    ConcurrentUpdate,
    PaymentMethodInvalid,
    PaymentMethodNotSupported,
    RequestRefused,
)
from fils.domain.identifiers import PAYMENT_SETUP, AccountId, PaymentSetupId, ProcessingChannelId
from fils.domain.payment_setup import KNET, PaymentSetup, SetupTerms
from fils.domain.readiness import check_changeable, is_known_method, wrong_values

Change = Callable[[SetupTerms], tuple[SetupTerms, Sequence[str]]]
"""From what a shop told before to what it has told now, with an error code for each field that could not be read."""


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
        view, overtaken = around.view(ports, setup), next(commits) > 0
        return await commit_setup(ports, view, around, is_new=True, overtaken=overtaken, keep=keep)

    return await decision() if terms.auto_confirm is None else await _while_overtaken(decision)


async def get_payment_setup(ports: Ports, account_id: AccountId, setup_id: PaymentSetupId) -> SetupView:
    """
    Read a payment setup.

    Raises:
        NotFound: If the account has no such setup.
    """
    setup = await own_setup(ports, account_id, setup_id)
    around = await surroundings_of(ports, setup)
    return around.view(ports, setup, await latest_payment_of(ports, setup))


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
        before = await own_setup(ports, account_id, setup_id)
        check_channel(before, bound_to)
        check_changeable(before, now=ports.clock.now(), lifetime=ports.timing.setup_lifetime)
        told, faults = change(before.terms)
        terms = _on_channel(told, bound_to)
        around = await _checked(ports, account_id, terms, faults, bound_to)
        setup = replace(before, terms=terms)
        view, overtaken = around.view(ports, setup, await latest_payment_of(ports, setup)), next(commits) > 0
        return await commit_setup(ports, view, around, is_new=False, overtaken=overtaken, keep=keep)

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
) -> Surroundings:
    # What was told and could not be read is wrong; it is not missing as well.
    told = {fault.replace("_invalid", "_required") for fault in faults}
    account = await account_that_matters(ports, account_id, terms)
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
    return Surroundings(channel, account)


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
