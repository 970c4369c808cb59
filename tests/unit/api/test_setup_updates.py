"""Updating payment setups over HTTP, and the two answers of a confirm."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from fils.api.body import BODY_LIMIT
from fils.api.endpoint import ApiSettings
from fils.api.schemas.setup_terms import read_setup_change, read_setup_terms, told_document
from fils.application.authentication import KEY_PURPOSE
from fils.application.ports import Batch
from fils.application.settling import settle_payment
from fils.domain.account import SecretKey
from fils.domain.identifiers import ProcessingChannelId, SecretKeyId
from fils.domain.payment_setup import SetupTerms
from tests.support.api_client import ApiAnswer, ApiClient, documented_request
from tests.support.application_ports import (
    ACCOUNT,
    BASE_URL,
    CHANNEL,
    OTHER_CHANNEL,
    OTHER_SECRET_KEY,
    SECRET_KEY,
    KnownTerminals,
    SettableClock,
    WatchedStore,
)
from tests.support.full_setup import FULL_SETUP

BOUND_KEY = "sk_sbox_" + "c" * 27


async def created(api: ApiClient, **changes: object) -> str:
    """The path of a new setup."""
    return f"/payments/setups/{(await api.create(documented_request(**changes))).document['id']}"


async def put(api: ApiClient, path: str, body: object) -> ApiAnswer:
    return await api.call("PUT", path, body)


async def test_an_update_is_answered_as_the_setup_that_it_makes_to_the_letter(api: ApiClient) -> None:
    path = await created(api)
    answer = await put(api, path, {"amount": 2500, "description": "Two shirts"})
    assert answer.status == 200
    assert answer.body.decode() == (
        f'{{"id":"{path.rpartition("/")[2]}",'
        '"processing_channel_id":"pc_wzjki6hw5puepb5fnvqlizj2e4",'
        '"amount":2500,"currency":"KWD","payment_type":"Regular","reference":"ORD-5023-4E89",'
        '"description":"Two shirts",'
        '"payment_methods":{"knet":{"status":"ready","flags":[]}},'
        '"available_payment_methods":["knet"],'
        '"settings":{"success_url":"https://example.com/payments/success",'
        '"failure_url":"https://example.com/payments/failure"}}'
    )
    assert (await api.call("GET", path)).body == answer.body


async def test_a_setup_fills_up_step_by_step_until_it_is_ready(api: ApiClient) -> None:
    path = await created(api, payment_methods=None, settings=None)
    steps: list[tuple[dict[str, object], str, list[str]]] = [
        (
            {"settings": {"success_url": "https://a.example/y"}},
            "action_required",
            ["language_required", "failure_url_required"],
        ),
        ({"payment_methods": {"knet": {"language": "ar"}}}, "action_required", ["failure_url_required"]),
        ({"settings": {"failure_url": "https://a.example/n"}}, "ready", []),
        ({"settings": {"capture": False}}, "unavailable", ["capture_not_supported"]),
        ({"settings": {"capture": None}}, "ready", []),
        ({"currency": "USD"}, "unavailable", ["currency_not_supported"]),
        ({"currency": "KWD", "payment_methods": None}, "action_required", ["language_required"]),
        ({"payment_methods": {"knet": {"language": "en"}}}, "ready", []),
    ]
    for body, status, flags in steps:
        answer = await put(api, path, body)
        assert answer.document["payment_methods"] == {"knet": {"status": status, "flags": flags}}
    assert (await api.call("POST", f"{path}/confirm/knet")).status == 202


@pytest.mark.parametrize(
    ("before", "change", "after"),
    [
        ({"name": "Noura"}, {"tax_number": "1"}, {"name": "Noura", "tax_number": "1"}),
        ({"name": "Noura"}, {"name": None}, {}),
        ({"name": "Noura"}, {}, {"name": "Noura"}),
        ({"name": "Noura"}, None, None),
        ({"tags": [1, {"a": None}]}, {"tags": [2]}, {"tags": [2]}),
        ({"tags": [1]}, {"name": "Noura"}, {"tags": [1], "name": "Noura"}),
        (
            {"email": {"verified": True}},
            {"email": {"address": "n@e"}},
            {"email": {"verified": True, "address": "n@e"}},
        ),
        ({"email": {"address": "n@e"}}, {"email": {"address": None}}, {"email": {}}),
        ({"mine": 1}, {"mine": {"deep": {"er": None, "b": 1}}}, {"mine": {"deep": {"b": 1}}}),
        (None, {"name": "Noura", "phone": None}, {"name": "Noura"}),
    ],
    ids=str,
)
async def test_objects_merge_and_everything_else_is_replaced(
    api: ApiClient, before: object, change: object, after: object
) -> None:
    path = await created(api, customer=before)
    answer = await put(api, path, {"customer": change})
    assert answer.document.get("customer") == after


async def test_what_was_read_may_be_sent_back(api: ApiClient) -> None:
    path = await created(api, **FULL_SETUP, description="Two shirts", payment_type="regular")
    read = await api.call("GET", path)
    assert (await put(api, path, read.body)).body == read.body
    assert (await put(api, path, {})).body == read.body


async def test_every_term_survives_being_written_out_and_read_again() -> None:
    body = documented_request(
        **FULL_SETUP,
        description="Two shirts",
        payment_type="moto",
        payment_methods={"knet": {"language": "ar"}, "auto_confirm": "knet"},
        settings={
            "success_url": "https://a.example/y",
            "failure_url": "https://a.example/n",
            "capture": False,
            "excluded_payment_methods": [],
        },
    )
    terms, faults = read_setup_terms(msgspec.json.encode(body))
    assert faults == ()
    untold = [name for name in SetupTerms.__dataclass_fields__ if getattr(terms, name) is None]
    assert untold == []
    assert read_setup_terms(msgspec.json.encode(told_document(terms))) == (terms, ())
    assert read_setup_change(b"{}")(terms) == (terms, ())
    assert read_setup_change(msgspec.json.encode(body))(SetupTerms()) == (terms, ())
    assert read_setup_change(b"{}")(SetupTerms()) == (SetupTerms(), ())


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        ({"amount": None}, ["amount_required"]),
        ({"amount": 0.5}, ["amount_invalid"]),
        (
            {"currency": None, "processing_channel_id": None},
            ["processing_channel_id_required", "currency_required"],
        ),
        ({"processing_channel_id": OTHER_CHANNEL.id}, ["processing_channel_id_invalid"]),
        ({"settings": "none"}, ["settings_invalid"]),
        ({"settings": {"failure_url": "http://a.example/"}}, ["fail_url_invalid"]),
        ({"payment_methods": {"knet": {"language": "fr"}}}, ["language_invalid"]),
        ({"payment_methods": {"auto_confirm": "klarna"}}, ["payment_method_not_supported"]),
        ({"payment_methods": {"auto_confirm": "dinars"}}, ["payment_method_invalid"]),
        ({"payment_methods": {"auto_confirm": True}}, ["auto_confirm_invalid"]),
        ({"order": {"amount_allocations": [{"id": "a", "amount": 1}]}}, ["order_amount_allocations_invalid"]),
        ({"metadata": {str(number): number for number in range(20)}}, ["metadata_key_invalid"]),
        ({"order": {"n": 10**30}}, ["order_invalid"]),
        (
            {"amount": "x", "reference": 1, "billing": 2},
            ["amount_invalid", "reference_invalid", "billing_invalid"],
        ),
    ],
    ids=str,
)
async def test_a_wrong_update_is_named_and_changes_nothing(
    api: ApiClient, store: WatchedStore, body: dict[str, object], codes: list[str]
) -> None:
    path = await created(api, metadata={"first": 1})
    before = await api.call("GET", path)
    store.committed.clear()
    raw = str(body).replace("'", '"').replace("None", "null").replace("True", "true").encode()
    answer = await put(api, path, raw)
    assert (answer.status, answer.error_codes) == (422, codes)
    assert store.committed == []
    assert (await api.call("GET", path)).body == before.body


async def test_the_amount_of_allocations_is_that_of_the_merged_whole(api: ApiClient) -> None:
    order = {"amount_allocations": [{"id": "a", "amount": 1000}]}
    path = await created(api, order=order)
    assert (await put(api, path, {"amount": 2000})).error_codes == ["order_amount_allocations_invalid"]
    order = {"amount_allocations": [{"id": "a", "amount": 2000}]}
    assert (await put(api, path, {"amount": 2000, "order": order})).status == 200


async def test_metadata_that_was_taken_away_makes_room(api: ApiClient) -> None:
    first = {f"first {number}": number for number in range(20)}
    path = await created(api, metadata=first)
    second = {f"second {number}": number for number in range(20)}
    assert (await put(api, path, {"metadata": second})).error_codes == ["metadata_key_invalid"]
    answer = await put(api, path, {"metadata": dict.fromkeys(first) | second})
    assert answer.document["metadata"] == second


@pytest.mark.parametrize("raw", [b"2500", b"2500.0", b"2.5e3", b"2500.000000000000000000000"])
async def test_an_amount_may_be_written_as_in_a_creation(api: ApiClient, raw: bytes) -> None:
    answer = await put(api, await created(api), b'{"amount":' + raw + b"}")
    assert b'"amount":2500,' in answer.body


@pytest.mark.parametrize(
    "raw", [b"2500.00000000000000000000000001", b"-0", b"1e400", b"9" * 400, b'"2500"', b"-2500"]
)
async def test_an_amount_that_is_no_whole_number_is_refused(api: ApiClient, raw: bytes) -> None:
    assert (await put(api, await created(api), b'{"amount":' + raw + b"}")).error_codes == ["amount_invalid"]


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{", b'{"a":NaN}', b"[" * 60_000, b'{"a":"\xff"}'])
async def test_an_update_that_is_no_json_object_is_malformed(api: ApiClient, body: bytes) -> None:
    answer = await put(api, await created(api), body)
    assert (answer.status, answer.error_codes) == (400, ["request_json_invalid"])


async def test_updates_do_not_add_up_to_more_than_one_body_could_tell(api: ApiClient) -> None:
    path = await created(api)
    for number in range(5):
        assert (await put(api, path, {"order": {f"note {number}": "x" * 12_000}})).status == 200
    answer = await put(api, path, {"order": {"note 5": "x" * 12_000}})
    assert (answer.status, answer.error_codes) == (422, ["payment_setup_too_large"])
    assert len((await api.call("GET", path)).body) < BODY_LIMIT + 2_000
    assert (await put(api, path, {"order": {"note 0": None, "note 9": "x" * 12_000}})).status == 200


async def test_a_body_whose_numbers_grow_when_they_are_kept_is_too_large(api: ApiClient) -> None:
    numbers = b",".join([b"1e15"] * 12_000)
    answer = await api.create(
        msgspec.json.encode(documented_request())[:-1] + b',"order":{"n":[' + numbers + b"]}}"
    )
    assert (answer.status, answer.error_codes) == (422, ["payment_setup_too_large"])


async def test_other_methods_are_not_kept_for_a_card_must_not_be(api: ApiClient, store: WatchedStore) -> None:
    card = {
        "card": {"details": {"number": "8888880000000001"}},
        "knet": {"language": "en", "initialization": "enabled"},
    }
    path = await created(api, payment_methods=card)
    answer = await put(api, path, {"payment_methods": {"card": {"details": {"number": "8888880000000002"}}}})
    assert answer.document["payment_methods"] == {"knet": {"status": "ready", "flags": []}}
    assert "88888800000000" not in repr(store.committed)


async def test_an_update_while_the_payment_is_pending_is_refused(api: ApiClient) -> None:
    path = await created(api)
    await api.call("POST", f"{path}/confirm/knet")
    answer = await put(api, path, {"amount": 1})
    assert (answer.status, answer.error_codes) == (422, ["payment_setup_already_confirmed"])


async def test_a_setup_of_another_account_cannot_be_updated(api: ApiClient, store: WatchedStore) -> None:
    path = await created(api)
    store.committed.clear()
    answer = await api.call("PUT", path, {"amount": 1}, key=OTHER_SECRET_KEY)
    assert (answer.status, answer.is_empty) == (404, True)
    assert (await put(api, "/payments/setups/set_1", {"amount": 1})).status == 404
    assert store.committed == []


async def test_a_setup_that_confirms_itself_carries_its_payment_at_once(api: ApiClient) -> None:
    methods = {"knet": {"language": "en"}, "auto_confirm": "knet"}
    answer = await api.create(documented_request(payment_methods=methods))
    payment = answer.document["latest_payment"]
    assert (answer.status, payment["status"]) == (200, "Pending")
    assert list(payment) == ["id", "status", "customer", "_links"]
    assert (await api.call("GET", f"/payments/setups/{answer.document['id']}")).body == answer.body


async def bind_key(api: ApiClient) -> None:
    """Make a key of the account that is bound to its first channel."""
    key = SecretKey(
        id=SecretKeyId("key_1"),
        key_hash=api.ports.vault.hash(KEY_PURPOSE, BOUND_KEY),
        account_id=ACCOUNT.id,
        name="till",
        created_at=ACCOUNT.created_at,
        processing_channel_id=CHANNEL.id,
    )
    await api.ports.store.commit(Batch(inserts=(key,)))


async def test_a_key_of_another_channel_asks_for_something_else_with_the_same_body(api: ApiClient) -> None:
    """Two tills that count their orders alike never get each other's setups and payments."""
    await bind_key(api)
    unnamed = documented_request(processing_channel_id=None)
    same_order = [(b"cko-idempotency-key", b"order-1")]
    first = await api.call("POST", "/payments/setups", unnamed, key=BOUND_KEY, headers=same_order)
    again = await api.call("POST", "/payments/setups", unnamed, key=BOUND_KEY, headers=same_order)
    assert (first.status, again.body) == (200, first.body)
    other = await api.call("POST", "/payments/setups", unnamed, headers=same_order)
    assert (other.status, other.error_codes) == (422, ["idempotency_key_reused"])


async def test_an_update_that_confirms_acts_once_for_a_key(api: ApiClient) -> None:
    path = await created(api, payment_methods={})
    change = {"payment_methods": {"knet": {"language": "en"}, "auto_confirm": "knet"}}
    key = [(b"cko-idempotency-key", b"update-1")]
    first = await api.call("PUT", path, change, headers=key)
    assert first.document["latest_payment"]["status"] == "Pending"
    again = await api.call("PUT", path, change, headers=key)
    assert (again.status, again.body) == (200, first.body)
    assert (await api.call("PUT", path, change)).error_codes == ["payment_setup_already_confirmed"]


async def test_a_bound_key_fills_in_its_channel(api: ApiClient) -> None:
    await bind_key(api)
    other = replace(CHANNEL, id=ProcessingChannelId(OTHER_CHANNEL.id[:-1] + "q"), name="Other")
    await api.ports.store.commit(Batch(inserts=(other,)))
    unnamed = documented_request(processing_channel_id=None)
    answer = await api.call("POST", "/payments/setups", unnamed, key=BOUND_KEY)
    assert answer.document["processing_channel_id"] == CHANNEL.id
    path = f"/payments/setups/{answer.document['id']}"
    refused: list[tuple[str, str, Any]] = [
        ("POST", "/payments/setups", documented_request(processing_channel_id=other.id)),
        ("PUT", path, {"processing_channel_id": other.id}),
        ("POST", f"{await created(api, processing_channel_id=other.id)}/confirm/knet", b""),
    ]
    for method, address, body in refused:
        answer = await api.call(method, address, body, key=BOUND_KEY)
        assert (answer.status, answer.error_codes) == (422, ["processing_channel_id_invalid"])
    assert (await api.call("PUT", path, {"processing_channel_id": None}, key=BOUND_KEY)).status == 200
    assert (await api.call("POST", f"{path}/confirm/knet", key=BOUND_KEY)).status == 202


# The order of a confirm's errors


async def test_a_confirm_is_refused_for_the_first_reason_of_the_documented_table(
    api: ApiClient, clock: SettableClock
) -> None:
    """One setup with everything wrong, and each reason is taken away in turn."""
    await bind_key(api)
    other = replace(CHANNEL, id=ProcessingChannelId(OTHER_CHANNEL.id[:-1] + "q"), name="Other")
    await api.ports.store.commit(Batch(inserts=(other,)))
    path = await created(api, processing_channel_id=other.id)
    payment_id = (await api.call("POST", f"{path}/confirm/knet")).document["id"]
    clock.move(timedelta(hours=24))
    unknown = "/payments/setups/" + "set_" + "a" * 26

    async def refusal(path: str, method: str, body: bytes, key: str | None) -> tuple[int, list[str]]:
        answer = await api.call("POST", f"{path}/confirm/{method}", body, key=key)
        return answer.status, [] if answer.is_empty else answer.error_codes

    assert await refusal(unknown, "KNET", b"[", None) == (401, [])
    assert await refusal(unknown, "KNET", b"[", BOUND_KEY) == (400, ["request_json_invalid"])
    assert await refusal(unknown, "KNET", b"", BOUND_KEY) == (404, [])
    assert await refusal(path, "KNET", b"", OTHER_SECRET_KEY) == (404, [])
    assert await refusal(path, "KNET", b"", BOUND_KEY) == (422, ["processing_channel_id_invalid"])
    assert await refusal(path, "KNET", b"", SECRET_KEY) == (422, ["payment_method_invalid"])
    assert await refusal(path, "klarna", b"", SECRET_KEY) == (422, ["payment_method_not_supported"])
    assert await refusal(path, "knet", b"", SECRET_KEY) == (422, ["payment_setup_already_confirmed"])
    await settle_payment(api.ports, payment_id)
    assert await refusal(path, "knet", b"", SECRET_KEY) == (422, ["payment_setup_expired"])
    clock.move(-timedelta(hours=20))
    await put(api, path, {"currency": "USD", "payment_methods": None, "settings": {"success_url": None}})
    assert isinstance(api.ports.terminals, KnownTerminals)
    del api.ports.terminals.versions[CHANNEL.terminal_id]
    flags = ["payee_not_onboarded", "currency_not_supported", "language_required", "success_url_required"]
    assert await refusal(path, "knet", b"", SECRET_KEY) == (422, flags)
    excluded = {"settings": {"excluded_payment_methods": ["knet"]}}
    assert (await put(api, path, excluded)).status == 200
    assert await refusal(path, "knet", b"", SECRET_KEY) == (422, ["payment_method_not_supported"])


# The other answer of a confirm


def answering_with_setups(api: ApiClient) -> ApiClient:
    return ApiClient(api.ports, ApiSettings(base_url=BASE_URL, confirms_with_setup=True))


@pytest.mark.parametrize("body", [b"", b"{}", b'{"amount":5}'])
async def test_a_confirm_may_be_answered_with_the_setup(api: ApiClient, body: bytes) -> None:
    path = await created(api)
    answer = await answering_with_setups(api).call("POST", f"{path}/confirm/knet", body)
    assert answer.status == 200
    assert answer.document["latest_payment"]["status"] == "Pending"
    assert "redirect" in answer.document["latest_payment"]["_links"]
    assert (await api.call("GET", path)).body == answer.body


async def test_a_repeated_confirm_has_the_answer_it_had(api: ApiClient) -> None:
    path = f"{await created(api)}/confirm/knet"
    headers = [(b"cko-idempotency-key", b"one")]
    client = answering_with_setups(api)
    first = await client.call("POST", path, headers=headers)
    assert first.status == 200
    for again in (client, api):
        answer = await again.call("POST", path, headers=headers)
        assert (answer.status, answer.body) == (200, first.body)
