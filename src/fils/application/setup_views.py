"""What a payment setup depends on, and what it looks like among that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fils.application.ports import Ports
from fils.domain.account import Account, ProcessingChannel
from fils.domain.errors import InvariantViolated, NotFound, RequestRefused
from fils.domain.identifiers import AccountId, PaymentSetupId, ProcessingChannelId
from fils.domain.payment import Payment
from fils.domain.payment_setup import PaymentSetup, SetupTerms
from fils.domain.readiness import Circumstances, Readiness, account_matters, methods_of


@dataclass(frozen=True, slots=True)
class SetupView:
    """A payment setup as it stands in its circumstances and, after a confirm, its latest payment."""

    setup: PaymentSetup
    circumstances: Circumstances
    latest_payment: Payment | None = None

    @property
    def methods(self) -> Mapping[str, Readiness]:
        """Its payment methods; worked out each time, because not every answer shows them."""
        return methods_of(self.setup, self.circumstances)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a setup depends on: the channel it names, and the account where anything of it matters."""

    channel: ProcessingChannel
    account: Account | None

    def view(self, ports: Ports, setup: PaymentSetup, latest_payment: Payment | None = None) -> SetupView:
        """The setup as it stands now."""
        circumstances = Circumstances(
            now=ports.clock.now(),
            lifetime=ports.timing.setup_lifetime,
            is_onboarded=ports.terminals.current_version(self.channel.terminal_id) is not None,
            account=self.account,
            plain_http_hosts=ports.plain_http_hosts,
        )
        return SetupView(setup, circumstances, latest_payment)


async def surroundings_of(ports: Ports, setup: PaymentSetup) -> Surroundings:
    """What a stored setup depends on."""
    channel = await ports.store.processing_channel(setup.channel_id)
    if channel is None:
        raise InvariantViolated("a payment setup names a channel that is gone")
    return Surroundings(channel, await account_that_matters(ports, setup.account_id, setup.terms))


async def account_that_matters(ports: Ports, account_id: AccountId, terms: SetupTerms) -> Account | None:
    """The account, read only where it matters: most setups tell all that its defaults could fill in."""
    return await ports.store.account(account_id) if account_matters(terms) else None


async def own_setup(ports: Ports, account_id: AccountId, setup_id: PaymentSetupId) -> PaymentSetup:
    """
    The setup, if it is the account's.

    Raises:
        NotFound: If the account has no such setup.
    """
    setup = await ports.store.payment_setup(setup_id)
    if setup is None or setup.account_id != account_id:
        raise NotFound
    return setup


async def latest_payment_of(ports: Ports, setup: PaymentSetup) -> Payment | None:
    """The payment of the setup's last confirm, or None."""
    if setup.latest_payment_id is None:
        return None
    return await ports.store.payment(setup.latest_payment_id)


def check_channel(setup: PaymentSetup, bound_to: ProcessingChannelId | None) -> None:
    """
    See that a key that is bound to a channel acts on setups of that channel alone.

    Raises:
        RequestRefused: If the setup is another channel's.
    """
    if bound_to not in (None, setup.channel_id):
        raise RequestRefused("processing_channel_id_invalid")
