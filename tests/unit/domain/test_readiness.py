"""What makes a payment setup ready, and when it may be confirmed or changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest

from fils.domain.account import Account
from fils.domain.errors import (
    PaymentMethodInvalid,
    PaymentMethodNotReady,
    PaymentMethodNotSupported,
    PaymentSetupAlreadyConfirmed,
    PaymentSetupExpired,
    RequestRefused,
)
from fils.domain.identifiers import AccountId, PaymentAttemptId, PaymentId
from fils.domain.money import KWD, Currency
from fils.domain.payment_setup import OTHER_PAYMENT_METHODS, PaymentSetup, SetupTerms
from fils.domain.readiness import (
    Circumstances,
    MethodStatus,
    Readiness,
    account_matters,
    check_changeable,
    check_confirmable,
    knet_readiness,
    methods_of,
    with_defaults,
    wrong_values,
)
from tests.support import cases
from tests.support.cases import START

LIFETIME = timedelta(hours=24)
ACCOUNT = Account(id=AccountId("cli_vkuhvk4vjn2edkps7dfsq6emqm"), name="Shop", created_at=START)
STRICT = replace(ACCOUNT, last_digit_zero=True)

NOW: dict[str, Any] = {"now": START, "lifetime": LIFETIME}
LATE: dict[str, Any] = {"now": START + LIFETIME}
UNABLE: dict[str, Any] = {"is_onboarded": False}

OBSTACLES: dict[str, dict[str, Any]] = {
    "currency_not_supported": {"currency": Currency.BHD},
    "capture_not_supported": {"capture": False},
    "payment_type_not_supported": {"payment_type": "Recurring"},
}
AROUND: dict[str, dict[str, Any]] = {"payment_setup_expired": LATE, "payee_not_onboarded": UNABLE}
WRONG: dict[str, dict[str, Any]] = {"amount_invalid": {"amount_minor": 1001}}
GAPS: dict[str, dict[str, Any]] = {
    "language_required": {"language": None},
    "success_url_required": {"success_url": None},
    "failure_url_required": {"failure_url": None},
}
FLAGS = (*AROUND, *OBSTACLES, *WRONG, *GAPS)
COMBINATIONS = [
    tuple(flag for flag, chosen in zip(FLAGS, choice, strict=True) if chosen)
    for choice in product((False, True), repeat=len(FLAGS))
]
"""Every way in which a setup can be short of ready: of each thing that can be missing or wrong, with or without it."""


def lacking(*flags: str) -> PaymentSetup:
    setup = cases.setup()
    for flag in flags:
        setup = replace(setup, terms=replace(setup.terms, **(OBSTACLES | WRONG | GAPS).get(flag, {})))
    return setup


def around(*flags: str) -> Circumstances:
    changes: dict[str, Any] = {}
    for flag in flags:
        changes |= AROUND.get(flag, {})
    return Circumstances(**(NOW | {"account": STRICT} | changes))


def status_of(*flags: str) -> MethodStatus:
    for kind, status in (
        (AROUND | OBSTACLES, MethodStatus.UNAVAILABLE),
        (WRONG, MethodStatus.INVALID),
        (GAPS, MethodStatus.ACTION_REQUIRED),
    ):
        if any(flag in kind for flag in flags):
            return status
    return MethodStatus.READY


def refusal(setup: PaymentSetup, method: str = "knet", *, after: timedelta = timedelta()) -> RequestRefused:
    with pytest.raises(RequestRefused) as caught:
        check_confirmable(setup, method, Circumstances(now=START + after, lifetime=LIFETIME))
    return caught.value


@pytest.mark.parametrize("flags", COMBINATIONS, ids=lambda flags: "+".join(flags) or "complete")
def test_each_thing_that_keeps_knet_from_being_ready_is_flagged(flags: tuple[str, ...]) -> None:
    setup, circumstances = lacking(*flags), around(*flags)
    readiness = knet_readiness(setup, circumstances)
    assert readiness == Readiness(status_of(*flags), flags)
    if not flags:
        check_confirmable(setup, "knet", circumstances)
        return
    with pytest.raises(RequestRefused) as caught:
        check_confirmable(setup, "knet", circumstances)
    is_late = "payment_setup_expired" in flags
    assert caught.value.codes == (("payment_setup_expired",) if is_late else flags)


@pytest.mark.parametrize(
    "change", [{"capture": True}, {"capture": None}, {"payment_type": "Regular"}], ids=str
)
def test_what_knet_can_do_anyway_is_no_obstacle(change: dict[str, Any]) -> None:
    setup = replace(cases.setup(), terms=replace(cases.terms(), **change))
    assert knet_readiness(setup, around()).status is MethodStatus.READY


def test_a_setup_that_was_told_nothing_is_not_for_knet() -> None:
    setup = replace(cases.setup(), terms=SetupTerms())
    assert knet_readiness(setup, around()).flags == ("currency_not_supported", *GAPS)


def test_knet_is_the_method_unless_the_shop_excludes_it() -> None:
    setup = cases.setup()
    assert methods_of(setup, around()) == {"knet": Readiness(MethodStatus.READY)}
    others = replace(setup.terms, excluded_payment_methods=("klarna",))
    assert set(methods_of(replace(setup, terms=others), around())) == {"knet"}
    excluded = replace(setup.terms, excluded_payment_methods=("klarna", "knet"))
    assert methods_of(replace(setup, terms=excluded), around()) == {}


# The account


def test_the_accounts_urls_stand_in_for_those_the_shop_left_out() -> None:
    account = replace(
        ACCOUNT, default_success_url="https://a.example/y", default_failure_url="https://a.example/n"
    )
    bare = lacking("success_url_required", "failure_url_required")
    circumstances = replace(around(), account=account)
    assert knet_readiness(bare, circumstances).status is MethodStatus.READY
    filled = with_defaults(bare.terms, account)
    assert (filled.success_url, filled.failure_url) == ("https://a.example/y", "https://a.example/n")
    assert with_defaults(cases.terms(), account) == cases.terms()
    assert with_defaults(bare.terms, None) == bare.terms
    half = replace(around(), account=replace(account, default_failure_url=None))
    assert knet_readiness(bare, half).flags == ("failure_url_required",)


def test_a_default_url_that_may_not_be_used_is_invalid() -> None:
    account = replace(
        ACCOUNT, default_success_url="http://a.example/", default_failure_url="ftp://a.example/"
    )
    readiness = knet_readiness(lacking(*GAPS), replace(around(), account=account))
    wrong = ("success_url_invalid", "fail_url_invalid", "language_required")
    assert readiness == Readiness(MethodStatus.INVALID, wrong)


def test_a_url_that_was_taken_once_is_looked_at_again() -> None:
    setup = replace(cases.setup(), terms=replace(cases.terms(), success_url="http://web:3000/"))
    assert knet_readiness(setup, around()).flags == ("success_url_invalid",)
    open_hosts = replace(around(), plain_http_hosts=("web",))
    assert knet_readiness(setup, open_hosts).status is MethodStatus.READY


@pytest.mark.parametrize(
    ("amount_minor", "currency", "account", "is_wrong"),
    [
        (1001, KWD, STRICT, True),
        (1010, KWD, STRICT, False),
        (1, KWD, STRICT, True),
        (10, KWD, STRICT, False),
        (1001, Currency.USD, STRICT, False),
        (1001, None, STRICT, False),
        (1001, KWD, ACCOUNT, False),
        (1001, KWD, None, False),
        (1, KWD, None, False),
        (999_999_999, KWD, None, False),
        (0, KWD, STRICT, True),
        (0, KWD, None, True),
        (-10, KWD, STRICT, True),
        (1_000_000_000, KWD, STRICT, True),
        (1_000_000_000, KWD, None, True),
        (None, KWD, STRICT, False),
    ],
    ids=str,
)
def test_the_last_digit_is_zero_only_where_the_account_wants_it(
    amount_minor: int | None, currency: Currency | None, account: Account | None, is_wrong: bool
) -> None:
    terms = replace(cases.terms(), amount_minor=amount_minor, currency=currency)
    codes = wrong_values(terms, account=account, plain_http_hosts=())
    assert codes == (("amount_invalid",) if is_wrong else ())


@pytest.mark.parametrize(
    ("change", "matters"),
    [
        ({}, False),
        ({"amount_minor": 1001}, True),
        ({"amount_minor": None}, False),
        ({"success_url": None}, True),
        ({"failure_url": None}, True),
    ],
    ids=str,
)
def test_the_account_matters_only_where_it_could_change_something(
    change: dict[str, Any], matters: bool
) -> None:
    assert account_matters(replace(cases.terms(), **change)) is matters


# Confirming and changing


def test_a_ready_setup_may_be_confirmed_and_changed_until_its_lifetime_ends() -> None:
    last = START + LIFETIME - timedelta(microseconds=1)
    check_confirmable(cases.setup(), "knet", Circumstances(now=last, lifetime=LIFETIME))
    check_changeable(cases.setup(), now=last, lifetime=LIFETIME)
    assert isinstance(refusal(cases.setup(), after=LIFETIME), PaymentSetupExpired)
    with pytest.raises(PaymentSetupExpired):
        check_changeable(cases.setup(), now=START + LIFETIME, lifetime=LIFETIME)


@pytest.mark.parametrize("method", ["KNET", "", "knet ", "bitcoin", "auto_confirm"])
def test_a_method_nobody_knows_is_invalid(method: str) -> None:
    assert refusal(cases.setup(), method).codes == ("payment_method_invalid",)


@pytest.mark.parametrize("method", sorted(OTHER_PAYMENT_METHODS))
def test_a_method_of_others_is_not_supported(method: str) -> None:
    assert refusal(cases.setup(), method).codes == ("payment_method_not_supported",)


def test_excluded_knet_is_not_supported() -> None:
    excluded = replace(cases.terms(), excluded_payment_methods=("knet",))
    assert isinstance(refusal(replace(cases.setup(), terms=excluded)), PaymentMethodNotSupported)


def test_a_setup_that_is_not_ready_is_not_confirmed() -> None:
    assert isinstance(refusal(lacking("language_required")), PaymentMethodNotReady)


def changed_at(setup: PaymentSetup, now: datetime) -> None:
    check_changeable(setup, now=now, lifetime=LIFETIME)


def test_nothing_is_confirmed_or_changed_while_a_payment_is_under_way() -> None:
    confirmed = cases.setup().confirmed(PaymentId("pay_1"))
    assert isinstance(refusal(confirmed), PaymentSetupAlreadyConfirmed)
    with pytest.raises(PaymentSetupAlreadyConfirmed):
        changed_at(confirmed, START)
    ended = replace(confirmed, latest_payment_blocks=False)
    check_confirmable(ended, "knet", around())
    changed_at(ended, START)


def test_a_paid_setup_is_never_confirmed_or_changed_again() -> None:
    paid = replace(cases.setup(), counted_attempt_id=PaymentAttemptId("att_1"))
    assert isinstance(refusal(paid), PaymentSetupAlreadyConfirmed)
    with pytest.raises(PaymentSetupAlreadyConfirmed):
        changed_at(paid, START + LIFETIME)


def test_the_first_reason_in_the_order_of_the_rules_is_told() -> None:
    worst = replace(lacking(*FLAGS), latest_payment_blocks=True)
    assert isinstance(refusal(worst, "bitcoin", after=LIFETIME), PaymentMethodInvalid)
    assert isinstance(refusal(worst, "klarna", after=LIFETIME), PaymentMethodNotSupported)
    assert isinstance(refusal(worst, after=LIFETIME), PaymentSetupAlreadyConfirmed)
    free = replace(worst, latest_payment_blocks=False)
    assert isinstance(refusal(free, after=LIFETIME), PaymentSetupExpired)
    assert isinstance(refusal(free), PaymentMethodNotReady)
