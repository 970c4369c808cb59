"""What makes a payment setup ready, and when it may be confirmed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from fils.domain.errors import (
    InvariantViolated,
    PaymentMethodInvalid,
    PaymentMethodNotReady,
    PaymentMethodNotSupported,
    PaymentSetupAlreadyConfirmed,
    PaymentSetupExpired,
    RequestRefused,
)
from fils.domain.identifiers import PaymentAttemptId, PaymentId
from fils.domain.money import KWD, Currency, Money
from fils.domain.payment_setup import (
    OTHER_PAYMENT_METHODS,
    MethodStatus,
    PaymentSetup,
    Readiness,
    SetupTerms,
    knet_readiness,
)
from tests.support import cases
from tests.support.cases import START

LIFETIME = timedelta(hours=24)
SOON = START + timedelta(minutes=1)

OBSTACLES: dict[str, dict[str, Any]] = {
    "currency_not_supported": {"currency": Currency.USD},
    "capture_not_supported": {"capture": False},
    "payment_type_not_supported": {"payment_type": "Recurring"},
}
GAPS: dict[str, dict[str, Any]] = {
    "language_required": {"language": None},
    "success_url_required": {"success_url": None},
    "failure_url_required": {"failure_url": None},
}
COMBINATIONS = [
    tuple(flag for flag, chosen in zip((*OBSTACLES, *GAPS), choice, strict=True) if chosen)
    for choice in product((False, True), repeat=len(OBSTACLES) + len(GAPS))
]


def lacking(*flags: str) -> SetupTerms:
    terms = cases.terms()
    for flag in flags:
        terms = replace(terms, **(OBSTACLES | GAPS)[flag])
    return terms


def refusal(setup: PaymentSetup, method: str = "knet", *, after: timedelta = timedelta()) -> RequestRefused:
    with pytest.raises(RequestRefused) as caught:
        setup.check_confirmable(method, now=START + after, lifetime=LIFETIME)
    return caught.value


@pytest.mark.parametrize("flags", COMBINATIONS, ids=lambda flags: "+".join(flags) or "complete")
def test_each_thing_that_keeps_knet_from_being_ready_is_flagged(flags: tuple[str, ...]) -> None:
    readiness = knet_readiness(lacking(*flags))
    if any(flag in OBSTACLES for flag in flags):
        assert readiness.status is MethodStatus.UNAVAILABLE
    elif flags:
        assert readiness.status is MethodStatus.ACTION_REQUIRED
    else:
        assert readiness == Readiness(MethodStatus.READY)
    assert readiness.flags == flags


@pytest.mark.parametrize(
    "change", [{"capture": True}, {"capture": None}, {"payment_type": "Regular"}], ids=str
)
def test_what_knet_can_do_anyway_is_no_obstacle(change: dict[str, Any]) -> None:
    assert knet_readiness(replace(cases.terms(), **change)).status is MethodStatus.READY


def test_a_setup_without_a_currency_is_not_for_knet() -> None:
    assert knet_readiness(SetupTerms()).flags == ("currency_not_supported", *GAPS)


@pytest.mark.parametrize("choice", list(product((False, True), repeat=3)), ids=str)
def test_everything_missing_is_told_at_once(choice: tuple[bool, bool, bool]) -> None:
    required = ("processing_channel_id", "amount_minor", "currency")
    codes = ("processing_channel_id_required", "amount_required", "currency_required")
    absent: dict[str, Any] = {name: None for name, gone in zip(required, choice, strict=True) if gone}
    terms = replace(cases.terms(), **absent)
    assert terms.missing() == tuple(code for code, missing in zip(codes, choice, strict=True) if missing)


def test_zero_is_an_amount_that_was_told() -> None:
    assert SetupTerms(amount_minor=0).missing() == ("processing_channel_id_required", "currency_required")


def test_a_stored_setup_knows_its_money_and_channel() -> None:
    assert cases.setup().money == Money(1000, KWD)
    assert cases.setup().channel_id == cases.terms().processing_channel_id


@pytest.mark.parametrize("absent", ["amount_minor", "currency"])
def test_a_stored_setup_without_money_is_our_bug(absent: str) -> None:
    terms: SetupTerms = replace(cases.terms(), **{absent: None})  # type: ignore[arg-type]  # a field's name
    with pytest.raises(InvariantViolated):
        _ = replace(cases.setup(), terms=terms).money


def test_a_stored_setup_without_a_channel_is_our_bug() -> None:
    with pytest.raises(InvariantViolated):
        _ = replace(cases.setup(), terms=replace(cases.terms(), processing_channel_id=None)).channel_id


def test_knet_is_the_method_unless_the_shop_excludes_it() -> None:
    setup = cases.setup()
    assert setup.methods() == {"knet": Readiness(MethodStatus.READY)}
    others = replace(setup.terms, excluded_payment_methods=("klarna",))
    assert set(replace(setup, terms=others).methods()) == {"knet"}
    excluded = replace(setup.terms, excluded_payment_methods=("klarna", "knet"))
    assert replace(setup, terms=excluded).methods() == {}


def test_a_ready_setup_may_be_confirmed_until_its_lifetime_ends() -> None:
    last = START + LIFETIME - timedelta(microseconds=1)
    cases.setup().check_confirmable("knet", now=last, lifetime=LIFETIME)
    assert isinstance(refusal(cases.setup(), after=LIFETIME), PaymentSetupExpired)


@pytest.mark.parametrize("method", ["KNET", "", "knet ", "bitcoin"])
def test_a_method_nobody_knows_is_invalid(method: str) -> None:
    assert refusal(cases.setup(), method).codes == ("payment_method_invalid",)


@pytest.mark.parametrize("method", sorted(OTHER_PAYMENT_METHODS))
def test_a_method_of_others_is_not_supported(method: str) -> None:
    assert refusal(cases.setup(), method).codes == ("payment_method_not_supported",)


def test_excluded_knet_is_not_supported() -> None:
    excluded = replace(cases.terms(), excluded_payment_methods=("knet",))
    assert isinstance(refusal(replace(cases.setup(), terms=excluded)), PaymentMethodNotSupported)


@pytest.mark.parametrize("flags", COMBINATIONS[1:], ids="+".join)
def test_a_setup_that_is_not_ready_is_refused_with_every_flag(flags: tuple[str, ...]) -> None:
    refused = refusal(replace(cases.setup(), terms=lacking(*flags)))
    assert isinstance(refused, PaymentMethodNotReady)
    assert refused.codes == flags


def test_a_setup_is_confirmed_once_while_its_payment_is_under_way() -> None:
    confirmed = cases.setup().confirmed(PaymentId("pay_1"))
    assert confirmed.latest_payment_id == "pay_1"
    assert refusal(confirmed).codes == ("payment_setup_already_confirmed",)
    replace(confirmed, latest_payment_blocks=False).check_confirmable("knet", now=SOON, lifetime=LIFETIME)


def test_a_paid_setup_is_never_confirmed_again() -> None:
    paid = replace(cases.setup(), counted_attempt_id=PaymentAttemptId("att_1"))
    assert isinstance(refusal(paid), PaymentSetupAlreadyConfirmed)


def test_the_first_reason_in_the_order_of_the_rules_is_told() -> None:
    worst = replace(cases.setup().confirmed(PaymentId("pay_1")), terms=lacking(*COMBINATIONS[-1]))
    assert isinstance(refusal(worst, "bitcoin", after=LIFETIME), PaymentMethodInvalid)
    assert isinstance(refusal(worst, after=LIFETIME), PaymentSetupAlreadyConfirmed)
    free = replace(worst, latest_payment_blocks=False)
    assert isinstance(refusal(free, after=LIFETIME), PaymentSetupExpired)
    assert isinstance(refusal(free), PaymentMethodNotReady)
