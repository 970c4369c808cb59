"""
Documents to show: the documented example first, with the answers that a Fils gives to it.

Source of the requests and of the shapes: Checkout.com, KNET, Payment Setup API (30 April 2026). ``{base_url}`` stands
for where this Fils is found.
"""

from __future__ import annotations

from typing import Final

from fils import __version__
from fils.api.openapi.operation import Example

SETUP_ID: Final = "set_rcmepwrchqab2wsergcafvijfy"
PAYMENT_ID: Final = "pay_4gubyq2w335upc54dx7a4257lq"
CUSTOMER_ID: Final = "cus_r3cajfpbj3ju7jyq7afcg3qc4a"
_CHANNEL_ID: Final = "pc_wzjki6hw5puepb5fnvqlizj2e4"
_ACTION_ID: Final = "act_y3oqhf46pyzuxjbcn2giaqnb44"
REFERENCE: Final = "ORD-5023-4E89"
_SETTINGS: Final = {
    "success_url": "https://example.com/payments/success",
    "failure_url": "https://example.com/payments/failure",
}
_RETURNED_PAYMENT: Final = f"{{base_url}}/payments/{PAYMENT_ID}"

_DOCUMENTED_REQUEST: Final = {
    "amount": 1000,
    "currency": "KWD",
    "processing_channel_id": _CHANNEL_ID,
    "reference": REFERENCE,
    "payment_methods": {"knet": {"language": "en"}},
    "settings": _SETTINGS,
}
_INCOMPLETE_REQUEST: Final = {"amount": 1000, "currency": "KWD", "processing_channel_id": _CHANNEL_ID}
_READY_SETUP: Final = {
    "id": SETUP_ID,
    "processing_channel_id": _CHANNEL_ID,
    "amount": 1000,
    "currency": "KWD",
    "payment_type": "Regular",
    "reference": REFERENCE,
    "payment_methods": {"knet": {"status": "ready", "flags": []}},
    "available_payment_methods": ["knet"],
    "settings": _SETTINGS,
}
_INCOMPLETE_SETUP: Final = {
    "id": SETUP_ID,
    "processing_channel_id": _CHANNEL_ID,
    "amount": 1000,
    "currency": "KWD",
    "payment_type": "Regular",
    "payment_methods": {
        "knet": {
            "status": "action_required",
            "flags": ["language_required", "success_url_required", "failure_url_required"],
        }
    },
    "available_payment_methods": ["knet"],
}
_ACCEPTED_PAYMENT: Final = {
    "id": PAYMENT_ID,
    "status": "Pending",
    "customer": {"id": CUSTOMER_ID},
    "_links": {
        "self": {"href": _RETURNED_PAYMENT},
        "redirect": {"href": "{base_url}/knet-external/redirect/tok_tl6kftlhdpzephqelsbpyovl4i/pay"},
    },
}
_CAPTURE_SUMMARY: Final = {"response_code": "10000", "response_summary": "Approved"}
_CAPTURED_PAYMENT: Final = {
    "id": PAYMENT_ID,
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
        "knet_track_id": "k7m2q9x4c1v8b3n6z5a",
    },
    "amount": 1000,
    "currency": "KWD",
    "payment_type": "Regular",
    "reference": REFERENCE,
    "status": "Captured",
    "approved": True,
    **_CAPTURE_SUMMARY,
    "risk": {"flagged": False},
    "customer": {"id": CUSTOMER_ID},
    "processing_channel_id": _CHANNEL_ID,
    "balances": {
        "total_authorized": 1000,
        "total_voided": 0,
        "available_to_void": 0,
        "total_captured": 1000,
        "available_to_capture": 0,
        "total_refunded": 0,
        "available_to_refund": 1000,
    },
    "processed_on": "2026-04-30T10:01:07Z",
    "_links": {
        "self": {"href": _RETURNED_PAYMENT},
        "actions": {"href": f"{_RETURNED_PAYMENT}/actions"},
    },
}
_CAPTURE: Final = {
    "id": _ACTION_ID,
    "type": "Capture",
    "processed_on": "2026-04-30T10:01:07Z",
    "amount": 1000,
    "approved": True,
    "auth_code": "B00775",
    **_CAPTURE_SUMMARY,
    "reference": REFERENCE,
    "processing": {
        "retrieval_reference_number": "914310000349",
        "acquirer_transaction_id": "201914384388126",
    },
}

SETUP_REQUESTS: Final = {
    "documented": Example(summary="The documented example", value=_DOCUMENTED_REQUEST),
    "least": Example(summary="What must be told", value=_INCOMPLETE_REQUEST),
}
SETUP_CHANGES: Final = {
    "amount": Example(summary="Another amount", value={"amount": 2500}),
    "completed": Example(
        summary="What KNET needs, told later",
        value={"payment_methods": {"knet": {"language": "ar"}}, "settings": _SETTINGS},
    ),
}
SETUPS: Final = {
    "ready": Example(summary="Everything told", value=_READY_SETUP),
    "incomplete": Example(summary="What KNET needs is missing", value=_INCOMPLETE_SETUP),
}
ACCEPTED_PAYMENTS: Final = {"pending": Example(summary="A payment for its customer", value=_ACCEPTED_PAYMENT)}
CONFIRMED_SETUPS: Final = {
    "confirmed": Example(
        summary="The setup with its payment", value={**_READY_SETUP, "latest_payment": _ACCEPTED_PAYMENT}
    )
}
PAYMENT_LISTS: Final = {
    "one": Example(
        summary="One payment", value={"limit": 10, "skip": 0, "total_count": 1, "data": [_CAPTURED_PAYMENT]}
    ),
    "none": Example(summary="None", value={"limit": 10, "skip": 0, "total_count": 0, "data": []}),
}
PAYMENTS: Final = {"captured": Example(summary="Paid", value=_CAPTURED_PAYMENT)}
ACTIONS: Final = {
    "captured": Example(summary="Paid", value=[_CAPTURE]),
    "none": Example(summary="Not paid", value=[]),
}
_CUSTOMER: Final = {
    "email": "nour@example.com",
    "name": "Nour",
    "phone": {"country_code": "965", "number": "99887766"},
    "metadata": {"tier": "gold"},
}
CUSTOMER_REQUESTS: Final = {
    "whole": Example(summary="Everything told", value=_CUSTOMER),
    "least": Example(summary="What must be told", value={"email": "nour@example.com"}),
}
CUSTOMER_CHANGES: Final = {"name": Example(summary="Another name", value={"name": "Noor"})}
NEW_CUSTOMERS: Final = {"new": Example(summary="A new customer", value={"id": CUSTOMER_ID})}
CUSTOMERS: Final = {
    "whole": Example(summary="A customer", value={"id": CUSTOMER_ID, **_CUSTOMER, "instruments": []})
}
HEALTH: Final = {
    "well": Example(
        summary="All is well",
        value={"status": "ok", "version": __version__, "parts": {"database": "ok", "settling": "ok"}},
    )
}
FAILING: Final = {
    "failing": Example(
        summary="The database is away",
        value={
            "status": "failing",
            "version": __version__,
            "parts": {"database": "failing", "settling": "ok"},
        },
    )
}
READY: Final = {"ready": Example(summary="Ready", value={"status": "ready"})}
NOT_READY: Final = {"stopping": Example(summary="About to end", value={"status": "stopping"})}
