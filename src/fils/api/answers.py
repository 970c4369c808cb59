"""
The documents the API answers with, built from what the use cases return.

Absent values are left out, never ``null``; keys stand in the order of the documented example (Checkout.com, KNET,
Payment Setup API).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from fils.api.schemas.setup import CARRIED
from fils.api.schemas.setup_terms import told_settings
from fils.application.addresses import BaseUrl, link_url
from fils.application.payments import PaymentView
from fils.application.ports import Ports
from fils.application.setup_views import SetupView
from fils.domain.customer import Customer
from fils.domain.evidence import Outcome
from fils.domain.payment import Payment, PaymentStatus
from fils.domain.payment_attempt import PaymentAttempt
from fils.domain.payment_setup import KNET, REGULAR
from fils.domain.readiness import MethodStatus

Document = dict[str, object]

KNET_RESULTS: Final[Mapping[Outcome, str]] = {
    Outcome.CAPTURED: "Captured",
    Outcome.NOT_CAPTURED: "Not Captured",
    Outcome.CANCELED: "Canceled",
    Outcome.DENIED_BY_RISK: "Denied By Risk",
    Outcome.HOST_TIMEOUT: "Host Timeout",
    Outcome.REVERSED: "Reversed",
    Outcome.FAILED: "Failure",
}
"""KNET's result as Checkout.com spells it. What is not here is no result: KNET named an error, or nothing we know."""

_OUT_OF_REACH: Final = frozenset({MethodStatus.UNAVAILABLE, MethodStatus.INVALID})


def setup_document(ports: Ports, base_url: BaseUrl, view: SetupView) -> Document:
    """A payment setup, with its latest payment once it was confirmed."""
    setup, terms, methods = view.setup, view.setup.terms, view.methods
    document: Document = {
        "id": setup.id,
        "processing_channel_id": setup.channel_id,
        "amount": terms.amount_minor,
        "currency": terms.currency,
        "payment_type": terms.payment_type or REGULAR,
    }
    _add(document, reference=terms.reference, description=terms.description)
    for name in CARRIED:
        if name in terms.carried:
            document[name] = terms.carried[name]
    document["payment_methods"] = {
        name: {"status": readiness.status, "flags": readiness.flags} for name, readiness in methods.items()
    }
    document["available_payment_methods"] = [
        name for name, readiness in methods.items() if readiness.status not in _OUT_OF_REACH
    ]
    if settings := told_settings(terms):
        document["settings"] = settings
    if view.latest_payment is not None:
        document["latest_payment"] = accepted_payment_document(ports, base_url, view.latest_payment)
    return document


def accepted_payment_document(ports: Ports, base_url: BaseUrl, payment: Payment) -> Document:
    """A payment as the confirm answers it. The redirect is there only while the customer can still use it."""
    return {
        "id": payment.id,
        "status": payment.status,
        "customer": {"id": payment.customer_id},
        "_links": {"self": _link(_payment_url(base_url, payment)), **_redirect(ports, base_url, payment)},
    }


def payment_document(ports: Ports, base_url: BaseUrl, view: PaymentView) -> Document:
    """A payment as its merchant reads it."""
    payment = view.payment
    url = _payment_url(base_url, payment)
    document: Document = {
        "id": payment.id,
        "requested_on": _time(payment.requested_at),
        "source": _source(payment, view.attempt),
        "amount": payment.amount.amount,
        "currency": payment.amount.currency,
        "payment_type": REGULAR,
    }
    _add(document, reference=payment.reference, description=payment.description)
    document |= {"status": payment.status, "approved": payment.is_captured}
    _add(document, **_response(payment))
    document |= {
        "risk": {"flagged": False},
        "customer": _customer(payment),
        "processing_channel_id": payment.processing_channel_id,
    }
    _add(document, metadata=payment.metadata or None)
    document["balances"] = _balances(payment)
    _add(document, processed_on=_time(payment.processed_at) if payment.processed_at else None)
    if view.by_session:
        document["actions"] = _actions(payment)
    document["_links"] = {
        "self": _link(url),
        "actions": _link(f"{url}/actions"),
        **_redirect(ports, base_url, payment),
    }
    return document


def action_documents(view: PaymentView) -> list[Document]:
    """
    What was done to the payment, newest first: the capture, once there is one, and that it was voided.

    Source: Checkout.com, get payment actions. Whether a Pending KNET payment lists anything is not documented.
    """
    payment = view.payment
    if payment.capture_action_id is None:
        return []
    return [*_void_documents(payment), _capture_document(payment, view.attempt)]


def _void_documents(payment: Payment) -> list[Document]:
    if payment.void_action_id is None:
        return []
    action: Document = {"id": payment.void_action_id, "type": "Void"}
    _add(action, processed_on=_time(payment.voided_at) if payment.voided_at else None)
    action |= {"amount": payment.amount.amount, "approved": True, **_response(payment)}
    _add(action, reference=payment.reference)
    return [action]


def _capture_document(payment: Payment, attempt: PaymentAttempt | None) -> Document:
    said = attempt.said if attempt else None
    action: Document = {"id": payment.capture_action_id, "type": "Capture"}
    _add(action, processed_on=_time(payment.processed_at) if payment.processed_at else None)
    action |= {"amount": payment.amount.amount, "approved": True}
    _add(action, auth_code=said.auth_code if said else None)
    action |= _response(payment)
    _add(action, reference=payment.reference)
    processing: Document = {}
    if said is not None:
        _add(
            processing,
            retrieval_reference_number=said.bank_reference,
            acquirer_transaction_id=said.transaction_id,
        )
    _add(action, processing=processing or None)
    return action


def _add(document: Document, **values: object) -> None:
    document.update({name: value for name, value in values.items() if value is not None})


def _source(payment: Payment, attempt: PaymentAttempt | None) -> Document:
    """What KNET said, once it decided the payment; before that a word of it could be mistaken for the outcome."""
    source: Document = {"type": KNET, "language": payment.language}
    if not payment.is_decided or attempt is None:
        return source
    if (said := attempt.said) is not None:
        _add(
            source,
            knet_payment_id=said.knet_payment_id,
            **_results(attempt),
            bank_reference=said.bank_reference,
            knet_transaction_id=said.transaction_id,
            auth_code=said.auth_code,
            auth_response_code=said.auth_response_code,
            post_date=said.post_date,
            avr=said.avr,
            error=said.error,
            error_text=said.error_text,
        )
    # The one name of ours: none is documented for it, and the bank wants it on every receipt.
    _add(source, knet_track_id=attempt.track_id)
    return source


def customer_document(customer: Customer) -> Document:
    """A customer as the shop that keeps it reads it. There are no instruments: KNET stores no cards."""
    document: Document = {"id": customer.id}
    _add(document, email=customer.email, name=customer.name, phone=customer.phone)
    _add(document, metadata=customer.metadata or None)
    document["instruments"] = []
    return document


def _customer(payment: Payment) -> Document:
    customer: Document = {"id": payment.customer_id}
    _add(customer, email=payment.customer_email, name=payment.customer_name, phone=payment.customer_phone)
    return customer


def _results(attempt: PaymentAttempt) -> Mapping[str, str | None]:
    """The result KNET notified, and the one its inquiry told where that is another or the only one."""
    notified = KNET_RESULTS.get(attempt.notified_outcome) if attempt.notified_outcome else None
    inquired = KNET_RESULTS.get(attempt.inquiry_outcome) if attempt.inquiry_outcome else None
    return {"knet_result": notified, "inquiry_result": inquired if inquired != notified else None}


def _response(payment: Payment) -> Mapping[str, str]:
    if payment.response is None:
        return {}
    return {"response_code": payment.response.code, "response_summary": payment.response.summary}


def _balances(payment: Payment) -> Mapping[str, int]:
    """KNET captures what it authorises, in one step, and takes no voids; of a void it is only heard."""
    amount = payment.amount.amount if payment.is_captured else 0
    voided = payment.amount.amount if payment.status is PaymentStatus.VOIDED else 0
    return {
        "total_authorized": amount + voided,
        "total_voided": voided,
        "available_to_void": 0,
        "total_captured": amount,
        "available_to_capture": 0,
        "total_refunded": 0,
        "available_to_refund": amount,
    }


def _actions(payment: Payment) -> list[Document]:
    """A summary of the actions, newest first. A payment that was never captured has none."""
    ids = {"Void": payment.void_action_id, "Capture": payment.capture_action_id}
    return [{"id": id_, "type": kind, **_response(payment)} for kind, id_ in ids.items() if id_ is not None]


def _redirect(ports: Ports, base_url: BaseUrl, payment: Payment) -> Document:
    if payment.is_decided:
        return {}
    return {"redirect": _link(link_url(base_url.browser, ports.vault.link_token(payment.id)))}


def _link(url: str) -> Document:
    return {"href": url}


def _payment_url(base_url: BaseUrl, payment: Payment) -> str:
    return f"{base_url.api(payment.account_id)}/payments/{payment.id}"


def _time(moment: datetime) -> datetime:
    """Whole seconds, as payments show them; the encoder writes UTC with a ``Z``."""
    return moment.replace(microsecond=0)
