"""Creating, reading and confirming payment setups, as a shop does."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import msgspec
import pytest

from fils.domain.identifiers import PAYMENT, PAYMENT_SETUP, is_identifier
from tests.support.api_client import ApiClient, documented_request
from tests.support.application_ports import (
    BASE_URL,
    CHANNEL,
    OTHER_CHANNEL,
    OTHER_SECRET_KEY,
    KnownTerminals,
    SettableClock,
    WatchedStore,
)

OPAQUE = {
    "risk": {"enabled": False},
    "metadata": {"table": 7, "vip": True, "waiter": "نور"},
    "customer": {"email": {"address": "nour@example.com"}, "birthday": [None]},
    "billing": {"address": {"country": "KW"}},
    "order": {"items": [{"unit_price": 1000, "weight": 0.25}], "notes": ""},
    "industry": {"airline": []},
    "billing_descriptor": {"name": "Shop"},
    "presentment_details": {"amount": 326, "currency": "USD"},
    "terminal": {"id": "12345678"},
    "account_funding_transaction": {"enabled": False},
}


async def test_the_documented_request_is_answered_as_documented_to_the_letter(api: ApiClient) -> None:
    answer = await api.create()
    setup_id = answer.document["id"]
    assert answer.status == 200
    assert is_identifier(PAYMENT_SETUP, setup_id)
    assert answer.body.decode() == (
        f'{{"id":"{setup_id}",'
        '"processing_channel_id":"pc_wzjki6hw5puepb5fnvqlizj2e4",'
        '"amount":1000,"currency":"KWD","payment_type":"Regular","reference":"ORD-5023-4E89",'
        '"payment_methods":{"knet":{"status":"ready","flags":[]}},'
        '"available_payment_methods":["knet"],'
        '"settings":{"success_url":"https://example.com/payments/success",'
        '"failure_url":"https://example.com/payments/failure"}}'
    )


async def test_a_setup_is_read_as_it_was_answered(api: ApiClient) -> None:
    created = await api.create(documented_request(description="Two shirts", **OPAQUE))
    read = await api.call("GET", f"/payments/setups/{created.document['id']}")
    assert (read.status, read.body) == (200, created.body)


async def test_what_fils_does_not_act_on_comes_back_as_it_was_sent(api: ApiClient) -> None:
    answer = await api.create(documented_request(**OPAQUE))
    assert {name: answer.document[name] for name in OPAQUE} == OPAQUE


async def test_settings_come_back_and_absent_values_stay_absent(api: ApiClient) -> None:
    settings = {"capture": True, "excluded_payment_methods": ["klarna"]}
    bare = (await api.create(documented_request(reference=None, settings=settings))).document
    assert bare["settings"] == settings
    assert {"reference", "description", "metadata", "latest_payment"}.isdisjoint(bare)
    assert "settings" not in (await api.create(documented_request(settings=None))).document


@pytest.mark.parametrize("content_type", [b"application/json; charset=utf-8", b"text/plain", b""])
async def test_the_content_type_is_not_asked_for(api: ApiClient, content_type: bytes) -> None:
    headers = [(b"content-type", content_type)]
    assert (await api.call("POST", "/payments/setups", documented_request(), headers=headers)).status == 200


@pytest.mark.parametrize(
    ("changes", "status", "flags"),
    [
        ({"payment_methods": None}, "action_required", ["language_required"]),
        ({"payment_methods": {"knet": {}}}, "action_required", ["language_required"]),
        (
            {"settings": {}},
            "action_required",
            ["success_url_required", "failure_url_required"],
        ),
        ({"currency": "USD"}, "unavailable", ["currency_not_supported"]),
        ({"payment_type": "recurring"}, "unavailable", ["payment_type_not_supported"]),
    ],
)
async def test_a_setup_that_is_not_ready_says_why_and_is_not_confirmed(
    api: ApiClient, changes: dict[str, object], status: str, flags: list[str]
) -> None:
    created = await api.create(documented_request(**changes))
    assert created.status == 200
    assert created.document["payment_methods"] == {"knet": {"status": status, "flags": flags}}
    assert created.document["available_payment_methods"] == ([] if status == "unavailable" else ["knet"])
    confirmed = await api.call("POST", f"/payments/setups/{created.document['id']}/confirm/knet")
    assert (confirmed.status, confirmed.error_codes) == (422, flags)


async def test_a_method_can_be_excluded(api: ApiClient) -> None:
    created = (await api.create(documented_request(settings={"excluded_payment_methods": ["knet"]}))).document
    assert (created["payment_methods"], created["available_payment_methods"]) == ({}, [])


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"amount": None}, ["amount_required"]),
        ({"amount": 0}, ["amount_invalid"]),
        ({"amount": 1_000_000_000}, ["amount_invalid"]),
        ({"amount": "1000"}, ["amount_invalid"]),
        ({"currency": None}, ["currency_required"]),
        ({"currency": "DINAR"}, ["currency_invalid"]),
        ({"processing_channel_id": None}, ["processing_channel_id_required"]),
        ({"processing_channel_id": "pc_1"}, ["processing_channel_id_invalid"]),
        ({"processing_channel_id": "pc_" + "a" * 26}, ["processing_channel_id_invalid"]),
        ({"processing_channel_id": OTHER_CHANNEL.id}, ["processing_channel_id_invalid"]),
        ({"reference": "x" * 81}, ["reference_invalid"]),
        ({"description": "x" * 101}, ["description_invalid"]),
        ({"payment_type": "weekly"}, ["payment_type_invalid"]),
        ({"payment_methods": {"knet": {"language": "fr"}}}, ["language_invalid"]),
        ({"settings": {"success_url": "shop"}}, ["success_url_invalid"]),
        ({"settings": {"success_url": "http://example.com"}}, ["success_url_invalid"]),
        ({"settings": {"success_url": "javascript:alert(1)"}}, ["success_url_invalid"]),
        ({"settings": {"success_url": "https://a@example.com"}}, ["success_url_invalid"]),
        ({"settings": {"success_url": "https://example.com\\@evil.example"}}, ["success_url_invalid"]),
        ({"settings": {"success_url": "https://example.com/\r\nX: y"}}, ["success_url_invalid"]),
        ({"settings": {"success_url": ""}}, ["success_url_invalid"]),
        ({"settings": {"failure_url": "//example.com"}}, ["fail_url_invalid"]),
        ({"metadata": {"k": []}}, ["metadata_key_invalid"]),
        ({"customer": "cus_1"}, ["customer_invalid"]),
    ],
)
async def test_a_fault_alone_has_its_code_and_nothing_is_stored(
    api: ApiClient, store: WatchedStore, changes: dict[str, object], codes: list[str]
) -> None:
    body = documented_request() | changes
    answer = await api.create({name: value for name, value in body.items() if value is not None})
    assert answer.status == 422
    assert answer.document == {
        "request_id": answer.headers["cko-request-id"],
        "error_type": "request_invalid",
        "error_codes": codes,
    }
    assert store.committed == []


async def test_all_faults_are_told_at_once_each_field_once(api: ApiClient, store: WatchedStore) -> None:
    answer = await api.create(
        {
            "amount": 1000.5,
            "processing_channel_id": OTHER_CHANNEL.id,
            "reference": "\n",
            "payment_methods": {"knet": {"language": 1}},
            "settings": {"success_url": "http://plain.example", "failure_url": 2},
            "metadata": 3,
        }
    )
    assert answer.status == 422
    assert sorted(answer.error_codes) == [
        "amount_invalid",
        "currency_required",
        "fail_url_invalid",
        "language_invalid",
        "metadata_key_invalid",
        "processing_channel_id_invalid",
        "reference_invalid",
        "success_url_invalid",
    ]
    assert store.committed == []


async def test_nothing_told_is_everything_required(api: ApiClient) -> None:
    assert (await api.create({})).error_codes == [
        "processing_channel_id_required",
        "amount_required",
        "currency_required",
    ]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"x",
        b"[]",
        b"null",
        b'{"amount":',
        b'{"amount":NaN}',
        b"amount=1000",
        b'{"x":"\xff"}',
        b"[" * 60_000,
    ],
)
async def test_a_body_that_is_no_json_object_is_malformed(
    api: ApiClient, store: WatchedStore, body: bytes
) -> None:
    answer = await api.create(body)
    assert answer.status == 400
    assert answer.document == {
        "request_id": answer.headers["cko-request-id"],
        "error_type": "request_malformed",
        "error_codes": ["request_json_invalid"],
    }
    assert store.committed == []


async def test_an_integral_number_is_stored_as_an_integer(api: ApiClient) -> None:
    body = msgspec.json.encode(documented_request()).replace(b'"amount":1000,', b'"amount":1.0e3,')
    answer = await api.create(body)
    assert answer.status == 200
    assert b'"amount":1000,' in answer.body


async def test_a_plain_http_url_is_taken_for_the_listed_hosts_only(api: ApiClient) -> None:
    settings = {"success_url": "http://localhost:3000/ok", "failure_url": "http://127.0.0.1/no"}
    assert (await api.create(documented_request(settings=settings))).status == 200


@pytest.mark.parametrize("body", [b"", b"{}", b'{"amount":5}'])
async def test_a_confirm_is_answered_as_documented(api: ApiClient, body: bytes) -> None:
    setup_id = (await api.create()).document["id"]
    answer = await api.call("POST", f"/payments/setups/{setup_id}/confirm/knet", body)
    payment = answer.document
    token = api.ports.vault.link_token(payment["id"])
    assert answer.status == 202
    assert is_identifier(PAYMENT, payment["id"])
    assert payment == {
        "id": payment["id"],
        "status": "Pending",
        "customer": {"id": payment["customer"]["id"]},
        "_links": {
            "self": {"href": f"{BASE_URL}/payments/{payment['id']}"},
            "redirect": {"href": f"{BASE_URL}/knet-external/redirect/{token}/pay"},
        },
    }
    assert list(payment) == ["id", "status", "customer", "_links"]


async def test_a_confirmed_setup_carries_its_payment_as_it_was_answered(api: ApiClient) -> None:
    setup_id = (await api.create()).document["id"]
    confirmed = await api.call("POST", f"/payments/setups/{setup_id}/confirm/knet")
    read = await api.call("GET", f"/payments/setups/{setup_id}")
    assert read.document["latest_payment"] == confirmed.document


@pytest.mark.parametrize("body", [b"x", b"[]", b"null", b"{", b"a=b", b'"\xff"'])
async def test_a_confirm_with_garbage_is_malformed_and_confirms_nothing(
    api: ApiClient, store: WatchedStore, body: bytes
) -> None:
    setup_id = (await api.create()).document["id"]
    store.committed.clear()
    answer = await api.call("POST", f"/payments/setups/{setup_id}/confirm/knet", body)
    assert (answer.status, answer.error_codes) == (400, ["request_json_invalid"])
    assert store.committed == []


@pytest.mark.parametrize(
    ("method", "code"),
    [
        ("klarna", "payment_method_not_supported"),
        ("card", "payment_method_not_supported"),
        ("KNET", "payment_method_invalid"),
        ("opt_1", "payment_method_invalid"),
        ("\0", "payment_method_invalid"),
    ],
)
async def test_another_method_cannot_be_confirmed(api: ApiClient, method: str, code: str) -> None:
    setup_id = (await api.create()).document["id"]
    answer = await api.call("POST", f"/payments/setups/{setup_id}/confirm/{method}")
    assert (answer.status, answer.error_codes) == (422, [code])


async def test_of_many_confirms_at_once_one_makes_a_payment(api: ApiClient, store: WatchedStore) -> None:
    path = f"/payments/setups/{(await api.create()).document['id']}/confirm/knet"
    answers = await asyncio.gather(*(api.call("POST", path) for _ in range(20)))
    refused = [answer for answer in answers if answer.status == 422]
    assert sorted(answer.status for answer in answers) == [202] + [422] * 19
    assert all(answer.error_codes == ["payment_setup_already_confirmed"] for answer in refused)
    assert len(store.committed) == 2


async def test_a_setup_is_too_old_after_a_day(api: ApiClient, clock: SettableClock) -> None:
    setup_id = (await api.create()).document["id"]
    clock.move(timedelta(hours=24))
    answer = await api.call("POST", f"/payments/setups/{setup_id}/confirm/knet")
    assert (answer.status, answer.error_codes) == (422, ["payment_setup_expired"])
    assert (await api.call("GET", f"/payments/setups/{setup_id}")).status == 200


async def test_a_channel_without_a_terminal_cannot_be_confirmed(api: ApiClient) -> None:
    setup_id = (await api.create()).document["id"]
    assert isinstance(api.ports.terminals, KnownTerminals)
    del api.ports.terminals.versions[CHANNEL.terminal_id]
    answer = await api.call("POST", f"/payments/setups/{setup_id}/confirm/knet")
    assert (answer.status, answer.error_codes) == (422, ["payee_not_onboarded"])


async def test_a_setup_of_another_account_does_not_exist(api: ApiClient, store: WatchedStore) -> None:
    path = f"/payments/setups/{(await api.create()).document['id']}"
    store.committed.clear()
    for method, address in (("GET", path), ("POST", f"{path}/confirm/knet")):
        answer = await api.call(method, address, key=OTHER_SECRET_KEY)
        assert (answer.status, answer.is_empty) == (404, True)
    assert store.committed == []
