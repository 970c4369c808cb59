"""
Between the body of a payment setup and its terms.

A creation is read as it is; an update is first merged into what was told before, and the whole is read as if it were
a creation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from fils.api.body import BODY_LIMIT
from fils.api.schemas.order import OrderBody
from fils.api.schemas.people import CustomerBody, PhoneBody
from fils.api.schemas.reading import Document, error_code, read_fields, read_object, read_values
from fils.api.schemas.setup import CARRIED, FIELDS, SettingsBody, SetupBody
from fils.api.schemas.values import PERCENTAGE_DECIMALS_MAX
from fils.domain.customer import Phone
from fils.domain.identifiers import CustomerId, ProcessingChannelId
from fils.domain.merging import merged
from fils.domain.payment_setup import KNET, CustomerTerms, SetupTerms

Told = tuple[SetupTerms, tuple[str, ...]]
"""What was told, and an error code for each fault. A field with a fault counts as not told."""

_BODY: Final = msgspec.json.Decoder(SetupBody)
_ENCODER: Final = msgspec.json.Encoder()
_NO_SETTINGS: Final = SettingsBody()


def read_setup_terms(body: bytes) -> Told:
    """
    Read the body of a request to create a payment setup.

    Args:
        body: As it arrived; UTF-8.

    Raises:
        BodyUnreadable: If the body is not a JSON object.
    """
    try:
        told = _BODY.decode(body)
    except (msgspec.MsgspecError, RecursionError):
        return read_setup_change(body)(SetupTerms())
    carried = [name for name in CARRIED if getattr(told, name) is not None]
    if not carried:
        return _terms(told, {}), ()
    faults: list[str] = []
    values = read_values(read_object(body), carried, faults)
    return _checked(told, merged({}, values), faults)


def read_setup_change(body: bytes) -> Callable[[SetupTerms], Told]:
    """
    Read the body of a request to update a payment setup.

    Args:
        body: As it arrived; UTF-8.

    Returns:
        What makes the new terms from those of before.

    Raises:
        BodyUnreadable: If the body is not a JSON object.
    """
    faults: list[str] = []
    values = read_values(read_object(body), FIELDS, faults)

    def change(before: SetupTerms) -> Told:
        return _read_document(merged(told_document(before), values), [*faults])

    return change


def told_document(terms: SetupTerms) -> Document:
    """The terms as a body that tells them: reading it gives the same terms."""
    knet = _present(language=terms.language and terms.language.value)
    document = _present(
        processing_channel_id=terms.processing_channel_id,
        amount=terms.amount_minor,
        currency=terms.currency and terms.currency.value,
        payment_type=terms.payment_type,
        reference=terms.reference,
        description=terms.description,
        payment_methods=_present(**{KNET: knet or None}, auto_confirm=terms.auto_confirm),
        settings=told_settings(terms),
    )
    return document | dict(terms.carried)


def told_settings(terms: SetupTerms) -> Document:
    """The terms' ``settings``, as they were told."""
    excluded = terms.excluded_payment_methods
    return _present(
        success_url=terms.success_url,
        failure_url=terms.failure_url,
        capture=terms.capture,
        excluded_payment_methods=None if excluded is None else list(excluded),
    )


def _present(**values: object) -> Document:
    return {name: value for name, value in values.items() if value is not None}


def _read_document(document: Document, faults: list[str]) -> Told:
    try:
        told = msgspec.convert(document, SetupBody)
    except msgspec.ValidationError:
        told = read_fields(SetupBody, document, faults)
    return _checked(told, {name: document[name] for name in CARRIED if name in document}, faults)


def _checked(told: SetupBody, carried: Document, faults: list[str]) -> Told:
    """Check what no type says, and only the whole of a body can tell."""
    faults.extend(error_code("", name) for name, value in carried.items() if not _can_be_kept(value))
    if told.order is not None:
        faults.extend(_order_faults(told.order, told.amount))
    if not faults and len(_ENCODER.encode(carried)) > BODY_LIMIT:
        # Updates add up: a setup is never more than one body could have told.
        faults.append("payment_setup_too_large")
    return _terms(told, carried), tuple(dict.fromkeys(faults))


def _can_be_kept(value: object) -> bool:
    """Whether *value* can be stored and echoed as it is: integers of 64 bits."""
    if isinstance(value, dict):
        return all(map(_can_be_kept, value.values()))
    if isinstance(value, list):
        return all(map(_can_be_kept, value))
    return not isinstance(value, int) or -(2**63) <= value < 2**64


def _order_faults(order: OrderBody, amount: int | None) -> Iterator[str]:
    allocations = order.amount_allocations
    if allocations is None:
        return
    if amount is not None and sum(allocation.amount for allocation in allocations) != amount:
        yield error_code("order", "amount_allocations")
    for allocation in allocations:
        share = allocation.commission.percentage if allocation.commission else None
        if share is not None and round(share, PERCENTAGE_DECIMALS_MAX) != share:
            yield error_code("commission", "percentage")


def _terms(told: SetupBody, carried: Document) -> SetupTerms:
    methods, settings = told.payment_methods, told.settings or _NO_SETTINGS
    knet = methods.knet if methods else None
    channel_id, excluded = told.processing_channel_id, settings.excluded_payment_methods
    return SetupTerms(
        processing_channel_id=None if channel_id is None else ProcessingChannelId(channel_id),
        amount_minor=told.amount,
        currency=told.currency,
        payment_type=None if told.payment_type is None else told.payment_type.value,
        reference=told.reference,
        description=told.description,
        language=knet.language if knet else None,
        auto_confirm=methods.auto_confirm if methods else None,
        success_url=settings.success_url,
        failure_url=settings.failure_url,
        capture=settings.capture,
        excluded_payment_methods=None if excluded is None else tuple(excluded),
        customer=_customer(told.customer) if told.customer else None,
        carried=carried,
    )


def _customer(told: CustomerBody) -> CustomerTerms:
    return CustomerTerms(
        id=None if told.id is None else CustomerId(told.id),
        email=told.email.address if told.email else None,
        name=told.name,
        phone=_phone(told.phone) if told.phone else None,
    )


def _phone(told: PhoneBody) -> Phone | None:
    if told.country_code is None or told.number is None:
        return None
    return Phone(country_code=told.country_code, number=told.number)
