"""
What a payment setup's request may look like, and how it is read.

The Structs are the only place that says which values have the right shape (Checkout.com, Payment Setup API). They are
decoded in one go; msgspec stops at the first fault, so only a body with a fault is read again, field by field, to
tell every fault at once. What is required, and whether a value makes sense, is not decided here.

Unknown keys are ignored, ``null`` is the same as absent, and of equal keys the last one counts.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Annotated, Final, TypeVar, get_args

import msgspec
from msgspec import Meta, Raw, Struct

from fils.api.errors import BodyUnreadable
from fils.domain.currency import Currency
from fils.domain.identifiers import ProcessingChannelId
from fils.domain.payment_setup import AMOUNT_MAX, Language, SetupTerms
from fils.domain.return_urls import RETURN_URL_LENGTH

_PLAIN: Final = r"\A[^\x00-\x1f\x7f-\x9f]*\Z"
"""No control characters: references and descriptions reach reports, screens and header lines."""

OPAQUE_DEPTH_MAX: Final = 20
"""How deep a carried field may nest."""
METADATA_KEYS_MAX: Final = 20
METADATA_TEXT_MAX: Final = 255

Amount = Annotated[int, Meta(ge=1, le=AMOUNT_MAX)]
ChannelId = Annotated[str, Meta(pattern=r"\Apc_[A-Za-z0-9_]{26}\Z")]
Reference = Annotated[str, Meta(max_length=80, pattern=_PLAIN)]
Description = Annotated[str, Meta(max_length=100, pattern=_PLAIN)]
Url = Annotated[str, Meta(max_length=RETURN_URL_LENGTH)]
MethodName = Annotated[str, Meta(max_length=50, pattern=_PLAIN)]
MethodNames = Annotated[list[MethodName], Meta(max_length=100)]
Opaque = dict[str, object]
"""A field that is stored and echoed; nothing in Fils looks into it."""


class PaymentType(StrEnum):
    """The payment types, as answers spell them."""

    REGULAR = "Regular"
    RECURRING = "Recurring"
    MOTO = "MOTO"
    INSTALLMENT = "Installment"
    PAY_LATER = "PayLater"
    UNSCHEDULED = "Unscheduled"

    @classmethod
    def _missing_(cls, value: object) -> PaymentType | None:
        """Clients spell them in any case, and some with an underscore."""
        return _PAYMENT_TYPES.get(str(value).replace("_", "").lower())


_PAYMENT_TYPES: Final = {member.lower(): member for member in PaymentType}


class KnetBody(Struct):
    """``payment_methods.knet``."""

    language: Language | None = None


class MethodsBody(Struct):
    """``payment_methods``. Methods that Fils does not offer are ignored."""

    knet: KnetBody | None = None


class SettingsBody(Struct):
    """``settings``."""

    success_url: Url | None = None
    failure_url: Url | None = None
    capture: bool | None = None
    excluded_payment_methods: MethodNames | None = None


class TermsBody(Struct):
    """The fields of a payment setup that Fils acts on: every one optional, because a setup fills up step by step."""

    processing_channel_id: ChannelId | None = None
    amount: Amount | None = None
    currency: Currency | None = None
    payment_type: PaymentType | None = None
    reference: Reference | None = None
    description: Description | None = None
    payment_methods: MethodsBody | None = None
    settings: SettingsBody | None = None


class SetupBody(TermsBody):
    """The body of ``POST /payments/setups``: what Fils acts on, and what it carries without understanding it."""

    risk: Opaque | None = None
    metadata: Opaque | None = None
    customer: Opaque | None = None
    billing: Opaque | None = None
    order: Opaque | None = None
    industry: Opaque | None = None
    billing_descriptor: Opaque | None = None
    presentment_details: Opaque | None = None
    terminal: Opaque | None = None
    account_funding_transaction: Opaque | None = None


CARRIED: Final = tuple(
    name for name in SetupBody.__struct_fields__ if name not in TermsBody.__struct_fields__
)
"""The fields that are carried without being understood, in the order in which they are echoed."""

_CODES: Final = {"failure_url": "fail_url_invalid", "metadata": "metadata_key_invalid"}
"""Where the API's error code is not the field's name and ``_invalid``."""

_BODY: Final = msgspec.json.Decoder(SetupBody)
_OBJECT: Final = msgspec.json.Decoder(dict[str, Raw])
_ANY_OBJECT: Final = msgspec.json.Decoder(Opaque)

S = TypeVar("S", bound=Struct)


def read_setup_terms(body: bytes) -> tuple[SetupTerms, tuple[str, ...]]:
    """
    Read the body of a request to create a payment setup.

    Args:
        body: As it arrived; UTF-8.

    Returns:
        What was told, and an error code for each field whose value has the wrong shape. Such a field counts as not
        told.

    Raises:
        BodyUnreadable: If the body is not a JSON object.
    """
    faults: list[str] = []
    try:
        told = _BODY.decode(body)
    except (msgspec.MsgspecError, RecursionError):
        told = _read_fields(SetupBody, body, faults)
    carried = _carried(told, faults)
    return _terms(told, carried), tuple(faults)


def check_object(body: bytes) -> None:
    """
    Check a body that may be left out and whose content means nothing.

    Raises:
        BodyUnreadable: If there is one and it is not a JSON object.
    """
    if body:
        _read_object(body)


def _terms(told: SetupBody, carried: Opaque) -> SetupTerms:
    knet = told.payment_methods.knet if told.payment_methods else None
    settings = told.settings or _NO_SETTINGS
    channel_id, excluded = told.processing_channel_id, settings.excluded_payment_methods
    return SetupTerms(
        processing_channel_id=None if channel_id is None else ProcessingChannelId(channel_id),
        amount_minor=told.amount,
        currency=told.currency,
        payment_type=None if told.payment_type is None else told.payment_type.value,
        reference=told.reference,
        description=told.description,
        language=knet.language if knet else None,
        success_url=settings.success_url,
        failure_url=settings.failure_url,
        capture=settings.capture,
        excluded_payment_methods=None if excluded is None else tuple(excluded),
        carried=carried,
    )


_NO_SETTINGS: Final = SettingsBody()


def _read_object(body: bytes | Raw) -> dict[str, Raw]:
    try:
        return _OBJECT.decode(body)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise BodyUnreadable from error


def _read_fields(kind: type[S], body: bytes | Raw, faults: list[str]) -> S:
    """Read each field of *kind* by itself, and note those that cannot be read."""
    given = _read_object(body)
    told = {}
    for field in msgspec.structs.fields(kind):
        if field.name in given:
            told[field.name] = _read_field(field, given[field.name], faults)
    return kind(**told)


def _read_field(field: msgspec.structs.FieldInfo, raw: Raw, faults: list[str]) -> object:
    inner = next((kind for kind in get_args(field.type) if _is_struct(kind)), None)
    if inner is not None and bytes(raw).startswith(b"{"):
        return _read_fields(inner, raw, faults)
    try:
        if field.name == "amount":
            return _read_amount(raw)
        value: object = msgspec.json.decode(raw, type=field.type)
    except (msgspec.MsgspecError, RecursionError):
        faults.append(_CODES.get(field.name, f"{field.name}_invalid"))
        return None
    return value


def _is_struct(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, Struct)


def _read_amount(raw: Raw) -> int | None:
    """
    Read an amount that may be written as ``1000.0`` or ``1e3``: the API's documents call it a number.

    The text is read as a decimal, exactly and in any length, and never becomes a binary fraction.
    """
    text = bytes(raw)
    if not text[:1].isdigit():
        return msgspec.json.decode(raw, type=Amount | None)
    try:
        number = Decimal(text.decode("ascii"))
    except InvalidOperation as error:
        raise msgspec.ValidationError("the exponent is out of range") from error
    if not 1 <= number <= AMOUNT_MAX or number != number.to_integral_value():
        raise msgspec.ValidationError("not a whole number in range")
    return int(number)


def _carried(told: SetupBody, faults: list[str]) -> Opaque:
    carried: Opaque = {}
    for name in CARRIED:
        value = getattr(told, name)
        if value is None:
            continue
        if not _can_be_carried(value) or (name == "metadata" and not _is_metadata(value)):
            faults.append(_CODES.get(name, f"{name}_invalid"))
        else:
            carried[name] = value
    return carried


def _can_be_carried(value: object, depth: int = 1) -> bool:
    """Whether *value* can be stored and echoed as it is: integers of 64 bits, and not too deep."""
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return depth <= OPAQUE_DEPTH_MAX and all(_can_be_carried(item, depth + 1) for item in inner)
    return not isinstance(value, int) or -(2**63) <= value < 2**64


def _is_metadata(value: Opaque) -> bool:
    """At most 20 keys, on one level, with short texts, numbers and booleans."""
    return len(value) <= METADATA_KEYS_MAX and all(
        len(key) <= METADATA_TEXT_MAX and _is_metadata_value(item) for key, item in value.items()
    )


def _is_metadata_value(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= METADATA_TEXT_MAX
    return value is not None and not isinstance(value, dict | list)
