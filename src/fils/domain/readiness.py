"""
How near a payment setup is to being confirmed, and what stands in the way.

Everything is decided over the merged whole of what the shop told, as it stands at the moment of asking: a setup that
was ready stops being so when its channel's terminal is taken away, when the rules for values change, or with time.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from fils.domain.account import Account
from fils.domain.errors import (
    PaymentMethodInvalid,
    PaymentMethodNotReady,
    PaymentMethodNotSupported,
    PaymentSetupAlreadyConfirmed,
    PaymentSetupExpired,
)
from fils.domain.money import KWD
from fils.domain.payment_setup import (
    AMOUNT_MAX,
    KNET,
    OTHER_PAYMENT_METHODS,
    REGULAR,
    PaymentSetup,
    SetupTerms,
)
from fils.domain.return_urls import is_return_url

_LAST_DIGIT_EXPONENT: Final = 3
"""Of currencies with so many decimals only two are used, where the last digit has to be 0 (Checkout.com)."""


class MethodStatus(StrEnum):
    """How near a payment method is to being confirmable; only READY is."""

    READY = "ready"
    ACTION_REQUIRED = "action_required"
    """Something is missing."""
    INVALID = "invalid"
    """Something that was taken when it was told is not allowed any more."""
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Readiness:
    """A method's status, and a flag for each thing that keeps it from being ready."""

    status: MethodStatus
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What a setup's readiness depends on besides what the shop told about it."""

    now: datetime
    """Aware UTC time of the request."""
    lifetime: timedelta
    """How long after its creation a setup can be confirmed."""
    is_onboarded: bool = True
    """Whether the channel's terminal is set up, so that KNET can be asked."""
    account: Account | None = None
    """Whose default urls and rules count; None where ``account_matters`` says that they do not."""
    plain_http_hosts: Collection[str] = ()
    """Hosts that return urls may name with ``http``."""


def account_matters(terms: SetupTerms) -> bool:
    """Whether anything of the account, its default urls or its rule about amounts, could matter to *terms*."""
    return terms.success_url is None or terms.failure_url is None or (terms.amount_minor or 0) % 10 != 0


def with_defaults(terms: SetupTerms, account: Account | None) -> SetupTerms:
    """The terms with the account's urls where the shop told none."""
    if account is None:
        return terms
    return replace(
        terms,
        success_url=terms.success_url or account.default_success_url,
        failure_url=terms.failure_url or account.default_failure_url,
    )


def wrong_values(
    terms: SetupTerms, *, account: Account | None, plain_http_hosts: Collection[str]
) -> tuple[str, ...]:
    """The error codes of values that are there and not allowed."""
    wrong: list[str] = []
    if terms.amount_minor is not None and not _is_amount(terms, terms.amount_minor, account):
        wrong.append("amount_invalid")
    if not _is_url(terms.success_url, plain_http_hosts):
        wrong.append("success_url_invalid")
    if not _is_url(terms.failure_url, plain_http_hosts):
        wrong.append("fail_url_invalid")
    return tuple(wrong)


def methods_of(setup: PaymentSetup, circumstances: Circumstances) -> dict[str, Readiness]:
    """Every payment method of the account that the shop did not exclude, with its readiness."""
    if KNET in (setup.terms.excluded_payment_methods or ()):
        return {}
    return {KNET: knet_readiness(setup, circumstances)}


def knet_readiness(setup: PaymentSetup, circumstances: Circumstances) -> Readiness:
    """How near KNET is to being confirmable. The words are ours; see ``docs/decisions`` on readiness flags."""
    terms = with_defaults(setup.terms, circumstances.account)
    obstacles = {
        "payment_setup_expired": circumstances.now >= setup.created_at + circumstances.lifetime,
        "payee_not_onboarded": not circumstances.is_onboarded,
        "currency_not_supported": terms.currency is not KWD,
        "capture_not_supported": terms.capture is False,
        "payment_type_not_supported": (terms.payment_type or REGULAR) != REGULAR,
    }
    wrong = wrong_values(
        terms, account=circumstances.account, plain_http_hosts=circumstances.plain_http_hosts
    )
    gaps = {
        "language_required": terms.language is None,
        "success_url_required": terms.success_url is None,
        "failure_url_required": terms.failure_url is None,
    }
    met = tuple(flag for flag, holds in obstacles.items() if holds)
    open_ = tuple(flag for flag, holds in gaps.items() if holds)
    if met:
        status = MethodStatus.UNAVAILABLE
    elif wrong:
        status = MethodStatus.INVALID
    else:
        status = MethodStatus.ACTION_REQUIRED if open_ else MethodStatus.READY
    return Readiness(status, (*met, *wrong, *open_))


def check_confirmable(setup: PaymentSetup, method: str, circumstances: Circumstances) -> None:
    """
    Check that *method*, the name in the address such as ``knet``, may be confirmed now.

    Raises:
        RequestRefused: One of its kinds, with the codes the API answers; the first that applies.
    """
    readiness = methods_of(setup, circumstances).get(method)
    if readiness is None:
        raise PaymentMethodNotSupported if is_known_method(method) else PaymentMethodInvalid
    check_changeable(setup, now=circumstances.now, lifetime=circumstances.lifetime)
    if readiness.status is not MethodStatus.READY:
        raise PaymentMethodNotReady(*readiness.flags)


def check_changeable(setup: PaymentSetup, *, now: datetime, lifetime: timedelta) -> None:
    """
    Check that the setup may be told anew: not while its payment may be paid, and not for ever.

    Args:
        setup: As stored.
        now: Aware UTC time of the request.
        lifetime: How long after its creation a setup can be confirmed.

    Raises:
        PaymentSetupAlreadyConfirmed: If its payment is Pending or paid.
        PaymentSetupExpired: If it is too old to be confirmed.
    """
    if setup.latest_payment_blocks or setup.counted_attempt_id is not None:
        raise PaymentSetupAlreadyConfirmed
    if now >= setup.created_at + lifetime:
        raise PaymentSetupExpired


def is_known_method(method: str) -> bool:
    """Whether the Payment Setup API has a payment method of this name."""
    return method == KNET or method in OTHER_PAYMENT_METHODS


def _is_amount(terms: SetupTerms, amount_minor: int, account: Account | None) -> bool:
    wants_zero = account is not None and account.last_digit_zero
    if wants_zero and terms.currency is not None and terms.currency.exponent == _LAST_DIGIT_EXPONENT:
        return 1 <= amount_minor <= AMOUNT_MAX and amount_minor % 10 == 0
    return 1 <= amount_minor <= AMOUNT_MAX


def _is_url(url: str | None, plain_http_hosts: Collection[str]) -> bool:
    return url is None or is_return_url(url, plain_http_hosts=plain_http_hosts)
