"""The official Python SDK, unmodified, against a real Fils: what its users call works, and fails, as they know it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from checkout_sdk.checkout_sdk import CheckoutSdk
from checkout_sdk.common.enums import Currency
from checkout_sdk.environment import Environment
from checkout_sdk.exception import CheckoutApiException
from checkout_sdk.payments.payments import PaymentType
from checkout_sdk.payments.setups.setups import (
    Knet,
    KnetLanguage,
    PaymentMethods,
    PaymentSetupsRequest,
    Settings,
)

from fils.config import SANDBOX_CHANNEL, SANDBOX_KEY
from tests.support.customer import Customer
from tests.support.process import FilsProcess

# The SDK's builder makes a client for every product, and one of them warns that it will go.
pytestmark = pytest.mark.filterwarnings("ignore:Risk endpoints are no longer supported:DeprecationWarning")

UNKNOWN_KEY = "sk_sbox_" + "a" * 27


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with FilsProcess(tmp_path_factory.mktemp("sdk")) as process:
        yield process.base_url


@pytest.fixture
def api(base_url: str) -> Any:
    return sdk(base_url, SANDBOX_KEY)


def sdk(base_url: str, key: str) -> Any:
    """The SDK's client, as its builder makes it for an environment of one's own."""
    environment = Environment(
        base_uri=f"{base_url}/",
        authorization_uri=f"{base_url}/connect/token",
        files_uri=f"{base_url}/",
        transfers_uri=f"{base_url}/",
        balances_uri=f"{base_url}/",
        forward_uri=f"{base_url}/",
        identity_uri=f"{base_url}/",
        is_sandbox=True,
    )
    return CheckoutSdk.builder().secret_key(key).environment(environment).use_legacy_domain().build()


def documented_request() -> PaymentSetupsRequest:
    """The documented example, written with the SDK's own classes."""
    request = PaymentSetupsRequest()
    request.amount = 1000
    request.currency = Currency.KWD
    request.processing_channel_id = SANDBOX_CHANNEL
    request.reference = "ORD-5023-4E89"
    request.payment_methods = PaymentMethods()
    request.payment_methods.knet = Knet()
    request.payment_methods.knet.language = KnetLanguage.EN
    request.settings = Settings()
    request.settings.success_url = "https://example.com/payments/success"
    request.settings.failure_url = "https://example.com/payments/failure"
    return request


def confirmed(api: Any) -> Any:
    setup = api.setups.create_payment_setup(documented_request())
    return api.setups.confirm_payment_setup(setup.id, "knet")


def refusal(call: Any, *arguments: object) -> CheckoutApiException:
    with pytest.raises(CheckoutApiException) as caught:
        call(*arguments)
    return caught.value


def test_a_setup_is_created_ready_and_read_back(api: Any) -> None:
    setup = api.setups.create_payment_setup(documented_request())

    assert setup.http_metadata.status_code == 200
    assert setup.http_metadata.headers["Cko-Version"]
    assert setup.id.startswith("set_")
    assert (setup.amount, setup.currency, setup.payment_type) == (1000, "KWD", "Regular")
    assert (setup.payment_methods.knet.status, setup.payment_methods.knet.flags) == ("ready", [])
    assert setup.available_payment_methods == ["knet"]
    assert setup.settings.success_url == "https://example.com/payments/success"
    read = api.setups.get_payment_setup(setup.id)
    assert (read.id, read.reference, read.amount) == (setup.id, "ORD-5023-4E89", 1000)


def test_the_sdks_own_spelling_of_a_payment_type_is_taken(api: Any) -> None:
    request = documented_request()
    request.payment_type = PaymentType.REGULAR
    assert api.setups.create_payment_setup(request).payment_type == "Regular"


def test_a_confirm_gives_a_pending_payment_with_a_link(api: Any) -> None:
    setup = api.setups.create_payment_setup(documented_request())
    payment = api.setups.confirm_payment_setup(setup.id, "knet")

    assert payment.http_metadata.status_code == 202
    assert payment.status == "Pending"
    assert payment.id.startswith("pay_")
    assert payment.customer.id.startswith("cus_")
    assert payment._links.redirect.href.startswith("http")
    assert api.setups.get_payment_setup(setup.id).latest_payment.id == payment.id


def test_a_pending_payment_is_read(api: Any) -> None:
    payment = api.payments.get_payment_details(confirmed(api).id)

    assert (payment.status, payment.approved) == ("Pending", False)
    assert (payment.source.type, payment.source.language) == ("knet", "en")
    assert (payment.amount, payment.currency, payment.reference) == (1000, "KWD", "ORD-5023-4E89")
    assert payment.balances.total_captured == 0


def test_a_paid_payment_is_read_by_the_session_id_of_the_customers_return(api: Any) -> None:
    accepted = confirmed(api)
    end = urlsplit(Customer().pay(accepted._links.redirect.href))
    returned = parse_qs(end.query)
    payment = api.payments.get_payment_details(returned["cko-session-id"][0])

    assert end.path == "/payments/success"
    assert returned["cko-payment-id"] == [payment.id] == [accepted.id]
    assert (payment.status, payment.approved) == ("Captured", True)
    assert (payment.response_code, payment.response_summary) == ("10000", "Approved")
    assert payment.source.knet_result == "Captured"
    assert payment.source.knet_payment_id.isdigit()
    assert payment.balances.available_to_refund == 1000
    assert [action.type for action in payment.actions] == ["Capture"]
    assert not hasattr(api.payments.get_payment_details(accepted.id), "actions")


def test_the_actions_of_a_paid_payment_are_listed(api: Any) -> None:
    payment = confirmed(api)
    pending = api.payments.get_payment_actions(payment.id)
    Customer().pay(payment._links.redirect.href)

    actions = api.payments.get_payment_actions(payment.id)

    assert pending.items == []
    assert [(action.type, action.amount, action.approved) for action in actions.items] == [
        ("Capture", 1000, True)
    ]


def test_an_unknown_key_is_401_and_still_names_the_request(base_url: str) -> None:
    error = refusal(sdk(base_url, UNKNOWN_KEY).setups.create_payment_setup, documented_request())
    assert error.http_metadata.status_code == 401
    assert (error.error_type, error.error_details) == (None, None)
    assert error.request_id == error.http_metadata.headers["Cko-Request-Id"]


def test_what_does_not_exist_is_404(api: Any) -> None:
    for call, name in (
        (api.setups.get_payment_setup, "set_" + "a" * 26),
        (api.payments.get_payment_details, "pay_" + "a" * 26),
    ):
        error = refusal(call, name)
        assert error.http_metadata.status_code == 404
        assert error.request_id == error.http_metadata.headers["Cko-Request-Id"]


def test_a_refusal_tells_every_error_code_and_the_request(api: Any) -> None:
    request = documented_request()
    request.amount = 0
    request.reference = "x" * 81
    del request.currency
    error = refusal(api.setups.create_payment_setup, request)

    assert error.http_metadata.status_code == 422
    assert error.error_type == "request_invalid"
    assert sorted(error.error_details) == ["amount_invalid", "currency_required", "reference_invalid"]
    assert error.request_id == error.http_metadata.headers["Cko-Request-Id"]


def test_a_second_confirm_is_refused(api: Any) -> None:
    setup = api.setups.create_payment_setup(documented_request())
    api.setups.confirm_payment_setup(setup.id, "knet")
    error = refusal(api.setups.confirm_payment_setup, setup.id, "knet")
    assert (error.http_metadata.status_code, error.error_details) == (
        422,
        ["payment_setup_already_confirmed"],
    )
