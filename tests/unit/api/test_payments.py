"""Reading a payment: while it waits, once KNET decided it, and by the session id of the browser's return."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from fils.application.attention import Word, resolve_attempt
from fils.application.notifications import receive_notification
from fils.application.ports import PaymentStart
from fils.application.settling import settle_payment
from fils.application.visits import ToBank, ToShop, open_link, present_return
from fils.domain.evidence import BankStatement, Outcome
from fils.domain.identifiers import ACTION, SESSION, PaymentId, is_identifier
from fils.domain.resolving import Effect
from tests.support.api_client import ApiClient, documented_request
from tests.support.application_ports import (
    BASE_URL,
    CHANNEL,
    OTHER_SECRET_KEY,
    ScriptedBank,
    SettableClock,
    captured,
    notification,
)

NO_BALANCES = {
    "total_authorized": 0,
    "total_voided": 0,
    "available_to_void": 0,
    "total_captured": 0,
    "available_to_capture": 0,
    "total_refunded": 0,
    "available_to_refund": 0,
}
CAPTURED_BALANCES = NO_BALANCES | {
    "total_authorized": 1000,
    "total_captured": 1000,
    "available_to_refund": 1000,
}


async def confirmed(api: ApiClient, **changes: object) -> str:
    """The id of a payment that waits for its customer."""
    setup_id = (await api.create(documented_request(**changes))).document["id"]
    answer = await api.call("POST", f"/payments/setups/{setup_id}/confirm/knet")
    payment_id: str = answer.document["id"]
    return payment_id


async def started(api: ApiClient, bank: ScriptedBank, payment_id: str) -> PaymentStart:
    """The customer opens the link and is sent to the bank."""
    door = await open_link(api.ports, api.ports.vault.link_token(PaymentId(payment_id)))
    assert isinstance(door, ToBank)
    return bank.starts[-1]


async def finished(api: ApiClient, bank: ScriptedBank, said: BankStatement) -> ToShop:
    """The bank notifies, the browser comes back, and the inquiry says the same."""
    acknowledged = await receive_notification(api.ports, CHANNEL.terminal_id, notification(said, said.result))
    bank.answers.append(said)
    assert acknowledged.return_secret is not None
    door = await present_return(api.ports, acknowledged.return_secret)
    assert isinstance(door, ToShop)
    return door


async def read(api: ApiClient, name: str) -> dict[str, Any]:
    answer = await api.call("GET", f"/payments/{name}")
    assert answer.status == 200
    return answer.document


async def test_a_payment_that_waits_tells_nothing_of_the_bank(api: ApiClient, bank: ScriptedBank) -> None:
    payment_id = await confirmed(api, description="Two shirts", metadata={"table": 7})
    before = await read(api, payment_id)
    token = api.ports.vault.link_token(PaymentId(payment_id))
    url = f"{BASE_URL}/payments/{payment_id}"
    assert before == {
        "id": payment_id,
        "requested_on": "2026-04-30T10:00:00Z",
        "source": {"type": "knet", "language": "en"},
        "amount": 1000,
        "currency": "KWD",
        "payment_type": "Regular",
        "reference": "ORD-5023-4E89",
        "description": "Two shirts",
        "status": "Pending",
        "approved": False,
        "risk": {"flagged": False},
        "customer": {"id": before["customer"]["id"]},
        "processing_channel_id": CHANNEL.id,
        "metadata": {"table": 7},
        "balances": NO_BALANCES,
        "_links": {
            "self": {"href": url},
            "actions": {"href": f"{url}/actions"},
            "redirect": {"href": f"{BASE_URL}/knet-external/redirect/{token}/pay"},
        },
    }
    start = await started(api, bank, payment_id)
    said = captured(start)
    await receive_notification(api.ports, CHANNEL.terminal_id, notification(said, said.result))
    assert await read(api, payment_id) == before


async def test_a_captured_payment_tells_what_knet_said(
    api: ApiClient, bank: ScriptedBank, clock: SettableClock
) -> None:
    payment_id = await confirmed(api)
    start = await started(api, bank, payment_id)
    clock.move(timedelta(seconds=90))
    await finished(api, bank, captured(start))
    payment = await read(api, payment_id)
    url = f"{BASE_URL}/payments/{payment_id}"
    assert payment == {
        "id": payment_id,
        "requested_on": "2026-04-30T10:00:00Z",
        "source": {
            "type": "knet",
            "language": "en",
            "knet_payment_id": "100201914315601265",
            "knet_result": "Captured",
            "bank_reference": "914310000349",
            "knet_transaction_id": "201914384388126",
            "auth_code": "B00775",
            "auth_response_code": "00",
            "post_date": "0524",
            "avr": "N",
            "knet_track_id": start.track_id,
        },
        "amount": 1000,
        "currency": "KWD",
        "payment_type": "Regular",
        "reference": "ORD-5023-4E89",
        "status": "Captured",
        "approved": True,
        "response_code": "10000",
        "response_summary": "Approved",
        "risk": {"flagged": False},
        "customer": {"id": payment["customer"]["id"]},
        "processing_channel_id": CHANNEL.id,
        "balances": CAPTURED_BALANCES,
        "processed_on": "2026-04-30T10:01:30Z",
        "_links": {"self": {"href": url}, "actions": {"href": f"{url}/actions"}},
    }


async def test_a_capture_without_a_notification_names_the_inquirys_result(
    api: ApiClient, bank: ScriptedBank, clock: SettableClock
) -> None:
    payment_id = await confirmed(api)
    said = captured(await started(api, bank, payment_id))
    # Nobody came back, so the first answer is provisional and the second, past the reversal window, decides.
    for _ in range(2):
        bank.answers.append(said)
        await settle_payment(api.ports, PaymentId(payment_id))
        clock.move(timedelta(minutes=6))
    payment = await read(api, payment_id)
    assert (payment["status"], payment["source"]["inquiry_result"]) == ("Captured", "Captured")
    assert "knet_result" not in payment["source"]


async def test_a_result_that_an_inquiry_corrected_is_told_beside_the_first(
    api: ApiClient, bank: ScriptedBank
) -> None:
    payment_id = await confirmed(api)
    said = captured(await started(api, bank, payment_id))
    timed_out = replace(said, outcome=Outcome.HOST_TIMEOUT, result="HOST TIMEOUT")
    news = notification(timed_out, timed_out.result)
    acknowledged = await receive_notification(api.ports, CHANNEL.terminal_id, news)
    assert acknowledged.return_secret is not None
    bank.answers.append(said)
    await present_return(api.ports, acknowledged.return_secret)
    payment = await read(api, payment_id)
    assert payment["status"] == "Captured"
    assert payment["source"]["knet_result"] == "Host Timeout"
    assert payment["source"]["inquiry_result"] == "Captured"


async def test_a_notified_word_nobody_knows_is_no_result(api: ApiClient, bank: ScriptedBank) -> None:
    payment_id = await confirmed(api)
    said = captured(await started(api, bank, payment_id))
    strange = replace(said, outcome=Outcome.UNKNOWN, result="SUSPENDED")
    news = notification(strange, strange.result)
    acknowledged = await receive_notification(api.ports, CHANNEL.terminal_id, news)
    assert acknowledged.return_secret is not None
    bank.answers.append(said)
    await present_return(api.ports, acknowledged.return_secret)
    source = (await read(api, payment_id))["source"]
    assert "knet_result" not in source
    assert source["inquiry_result"] == "Captured"


async def test_an_attempt_that_knet_never_heard_of_is_named_by_its_track_id(
    api: ApiClient, bank: ScriptedBank, clock: SettableClock
) -> None:
    payment_id = await confirmed(api)
    start = await started(api, bank, payment_id)
    clock.move(timedelta(minutes=61))
    bank.answers.append(
        BankStatement(outcome=Outcome.NOT_FOUND, result="", error="IPAY0100263", error_text="Not found.")
    )
    await settle_payment(api.ports, PaymentId(payment_id))
    payment = await read(api, payment_id)
    assert payment["status"] == "Expired"
    assert payment["source"] == {
        "type": "knet",
        "language": "en",
        "error": "IPAY0100263",
        "error_text": "Not found.",
        "knet_track_id": start.track_id,
    }


@pytest.mark.parametrize(
    ("outcome", "result", "code"),
    [
        (Outcome.NOT_CAPTURED, "Not Captured", "20005"),
        (Outcome.CANCELED, "Canceled", "20017"),
        (Outcome.DENIED_BY_RISK, "Denied By Risk", "20059"),
    ],
)
async def test_a_payment_without_money_tells_why(
    api: ApiClient, bank: ScriptedBank, outcome: Outcome, result: str, code: str
) -> None:
    payment_id = await confirmed(api)
    start = await started(api, bank, payment_id)
    said = replace(captured(start), outcome=outcome, result=outcome.upper(), auth_code=None)
    await finished(api, bank, said)
    payment = await read(api, payment_id)
    assert (payment["status"], payment["approved"], payment["response_code"]) == ("Canceled", False, code)
    assert payment["source"]["knet_result"] == result
    assert payment["balances"] == NO_BALANCES
    assert "auth_code" not in payment["source"]
    assert "redirect" not in payment["_links"]


async def test_a_payment_nobody_started_expires_without_a_word_of_knet(
    api: ApiClient, clock: SettableClock
) -> None:
    payment_id = await confirmed(api)
    clock.move(timedelta(minutes=61))
    await settle_payment(api.ports, PaymentId(payment_id))
    payment = await read(api, payment_id)
    assert (payment["status"], payment["response_code"]) == ("Expired", "20019")
    assert payment["source"] == {"type": "knet", "language": "en"}


async def test_a_setup_whose_payment_is_decided_shows_no_redirect(api: ApiClient, bank: ScriptedBank) -> None:
    setup_id = (await api.create()).document["id"]
    payment_id = (await api.call("POST", f"/payments/setups/{setup_id}/confirm/knet")).document["id"]
    await finished(api, bank, captured(await started(api, bank, payment_id)))
    latest = (await api.call("GET", f"/payments/setups/{setup_id}")).document["latest_payment"]
    assert latest["status"] == "Captured"
    assert list(latest["_links"]) == ["self"]


async def test_the_session_id_names_the_payment_with_its_actions_for_a_quarter_of_an_hour(
    api: ApiClient, bank: ScriptedBank, clock: SettableClock
) -> None:
    payment_id = await confirmed(api)
    door = await finished(api, bank, captured(await started(api, bank, payment_id)))
    session_id = door.payment.session_id
    assert is_identifier(SESSION, session_id)
    by_session = await read(api, session_id)
    [action] = by_session.pop("actions")
    assert by_session == await read(api, payment_id)
    assert is_identifier(ACTION, action.pop("id"))
    assert action == {"type": "Capture", "response_code": "10000", "response_summary": "Approved"}
    clock.move(timedelta(minutes=15))
    answer = await api.call("GET", f"/payments/{session_id}")
    assert (answer.status, answer.is_empty) == (404, True)


async def test_a_canceled_payment_has_no_actions(api: ApiClient, bank: ScriptedBank) -> None:
    payment_id = await confirmed(api)
    start = await started(api, bank, payment_id)
    door = await finished(api, bank, replace(captured(start), outcome=Outcome.CANCELED, result="CANCELED"))
    assert (await read(api, door.payment.session_id))["actions"] == []


async def test_the_actions_of_a_captured_payment_are_its_capture(api: ApiClient, bank: ScriptedBank) -> None:
    payment_id = await confirmed(api)
    await finished(api, bank, captured(await started(api, bank, payment_id)))
    payment = await read(api, payment_id)

    answer = await api.call("GET", payment["_links"]["actions"]["href"].removeprefix(BASE_URL))

    assert answer.status == 200
    [action] = msgspec.json.decode(answer.body)
    assert is_identifier(ACTION, action.pop("id"))
    assert action == {
        "type": "Capture",
        "processed_on": payment["processed_on"],
        "amount": 1000,
        "approved": True,
        "auth_code": "B00775",
        "response_code": "10000",
        "response_summary": "Approved",
        "reference": "ORD-5023-4E89",
        "processing": {
            "retrieval_reference_number": "914310000349",
            "acquirer_transaction_id": "201914384388126",
        },
    }


async def test_a_voided_payment_is_not_approved_and_lists_the_void_and_the_capture(
    api: ApiClient, bank: ScriptedBank, clock: SettableClock
) -> None:
    payment_id = await confirmed(api)
    await finished(api, bank, captured(await started(api, bank, payment_id)))
    clock.move(timedelta(hours=2))
    word = Word(is_captured=False, by="Noura", why="report 14, line 3")
    await resolve_attempt(api.ports, payment_id, word, expected=Effect.VOIDS)

    payment = await read(api, payment_id)
    assert (payment["status"], payment["approved"], payment["response_code"]) == ("Voided", False, "10000")
    assert payment["processed_on"] == "2026-04-30T10:00:00Z"
    assert payment["balances"] == NO_BALANCES | {"total_authorized": 1000, "total_voided": 1000}
    answer = await api.call("GET", f"/payments/{payment_id}/actions")
    void, capture = msgspec.json.decode(answer.body)
    assert is_identifier(ACTION, void.pop("id"))
    assert void == {
        "type": "Void",
        "processed_on": "2026-04-30T12:00:00Z",
        "amount": 1000,
        "approved": True,
        "response_code": "10000",
        "response_summary": "Approved",
        "reference": "ORD-5023-4E89",
    }
    assert (capture["type"], capture["approved"]) == ("Capture", True)


async def test_a_pending_payment_lists_no_actions(api: ApiClient) -> None:
    answer = await api.call("GET", f"/payments/{await confirmed(api)}/actions")
    assert (answer.status, answer.body) == (200, b"[]")


async def test_a_payment_of_another_account_does_not_exist(api: ApiClient, bank: ScriptedBank) -> None:
    payment_id = await confirmed(api)
    door = await finished(api, bank, captured(await started(api, bank, payment_id)))
    for name in (payment_id, door.payment.session_id):
        answer = await api.call("GET", f"/payments/{name}", key=OTHER_SECRET_KEY)
        assert (answer.status, answer.is_empty) == (404, True)
