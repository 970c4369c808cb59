"""
From a body's bytes to its fields, with every fault at once.

A right body is decoded in one go. msgspec stops at the first fault, so a body with one is read again, field by field,
and by the same types.

``null`` is the same as absent, and of equal keys the last one counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import cache
from itertools import islice
from typing import Final, TypeVar, get_args

import msgspec
from msgspec import Raw, Struct, ValidationError
from msgspec.structs import FieldInfo

from fils.api.errors import BodyUnreadable
from fils.domain.payment_setup import AMOUNT_MAX

Document = dict[str, object]

_RAW_OBJECT: Final = msgspec.json.Decoder(dict[str, Raw])
_ANY: Final = msgspec.json.Decoder(object)

_NAMED_ALONE: Final = frozenset({"", "payment_methods", "knet", "settings"})
"""Fields of these are named by themselves; those of any other object by its name and theirs."""

_KNOWN_ALONE: Final = frozenset({"address", "city", "zip", "country"})
"""Fields that are named by themselves wherever they stand."""

_WORDS: Final[Mapping[str, str]] = {
    "failure_url": "fail_url",
    "metadata": "metadata_key",
    "email_address": "customer_email",
    "phone_country_code": "country_phone_code",
    "device_ipv4": "ip_address",
    "device_ipv6": "ip_address",
    "billing_descriptor_city": "billing_descriptor_city",
}
"""Where Checkout.com's list of error codes has a word of its own."""

_WITH_LENGTH: Final = frozenset({"phone_number", "country_phone_code"})
"""Whose length has an error code of its own."""

OLDER_NAMES: Final[Mapping[str, str]] = {"airline_data": "airline", "accommodation_data": "accommodation"}
"""What older clients call a field, and what it is called now; error codes have the name of now."""

WRONG_PARTS_MAX: Final = 50
"""So many wrong objects of a list are looked into: a body of thousands would keep everybody waiting."""

S = TypeVar("S", bound=Struct)


def read_object(body: bytes) -> Mapping[str, Raw]:
    """
    The fields of a body, each as it was written.

    Raises:
        BodyUnreadable: If it is not a JSON object.
    """
    try:
        return _RAW_OBJECT.decode(body)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise BodyUnreadable from error


def check_object(body: bytes) -> None:
    """
    Check a body that may be left out and whose content means nothing.

    Raises:
        BodyUnreadable: If there is one and it is not a JSON object.
    """
    if body:
        read_object(body)


def read_values(given: Mapping[str, Raw], names: Sequence[str], faults: list[str]) -> Document:
    """
    The values of the named fields, as plain JSON; a field that cannot be read is noted and left out.

    An ``amount`` may be written as ``1000.0`` or ``1e3`` and is an int all the same.
    """
    values: Document = {}
    for name in names:
        if name not in given:
            continue
        try:
            values[name] = read_amount(given[name]) if name == "amount" else _ANY.decode(given[name])
        except (msgspec.MsgspecError, RecursionError):
            faults.append(error_code("", name))
    return values


def read_fields(kind: type[S], given: Mapping[str, object], faults: list[str], *, parent: str = "") -> S:
    """
    Read plain values as *kind*, field by field; a field with a fault is noted and counts as not told.

    Args:
        kind: What it should be.
        given: Plain JSON, without nulls that mean anything.
        faults: Error codes are added here.
        parent: The name of the object that is read; empty for the body itself.
    """
    told = {}
    for field in _fields_of(kind):
        value = given.get(field.name)
        if value is not None:
            told[field.name] = _read_field(field, value, faults, parent)
        elif field.required:
            faults.append(error_code(parent, field.name, "required"))
            told[field.name] = None
    return kind(**told)


def error_code(parent: str, field: str, what: str = "invalid") -> str:
    """
    The error code of a field: the word that is documented for it, or its name behind that of the object it is in.

    Args:
        parent: The name of that object; empty for the body itself.
        field: Its name.
        what: What is wrong with it.
    """
    return f"{_word(parent, field)}_{what}"


def length_error_code(parent: str, field: str) -> str | None:
    """The error code of a field that is too short or too long, if that has one of its own."""
    word = _word(parent, field)
    return f"{word}_length_invalid" if word in _WITH_LENGTH else None


def read_amount(raw: Raw) -> object:
    """
    Read an amount that may be written as ``1000.0`` or ``1e3``: the API's documents call it a number.

    The text is read as a decimal, exactly and in any length, and never becomes a binary fraction. What is no number is
    returned as it is.

    Raises:
        ValidationError: If it is a number and no whole one in range.
    """
    text = bytes(raw)
    if not text[:1].isdigit() and text[:1] != b"-":
        return _ANY.decode(raw)
    try:
        number = Decimal(text.decode("ascii"))
    except InvalidOperation as error:
        raise ValidationError("the exponent is out of range") from error
    if not 1 <= number <= AMOUNT_MAX or number != number.to_integral_value():
        raise ValidationError("not a whole number in range")
    return int(number)


@cache
def _fields_of(kind: type[Struct]) -> tuple[FieldInfo, ...]:
    """Worked out once: a list of thousands of wrong objects would else keep everybody waiting."""
    return msgspec.structs.fields(kind)


def _read_field(field: FieldInfo, value: object, faults: list[str], parent: str) -> object:
    try:
        read: object = msgspec.convert(value, field.type)
    except ValidationError as error:
        inner: list[str] = []
        wrong = islice(_parts(field, value), WRONG_PARTS_MAX)
        parts = [read_fields(kind, part, inner, parent=field.name) for kind, part in wrong]
        faults.extend(inner or [_code_of(error, parent, field.name)])
        # An object in the place of a list of such objects is none of them.
        is_right_kind = isinstance(value, dict) and parts and type(parts[0]) in get_args(field.type)
        return parts[0] if is_right_kind else None
    return read


def _parts(field: FieldInfo, value: object) -> Iterator[tuple[type[Struct], Mapping[str, object]]]:
    """The objects with a fault that a field's value holds, with what each should be."""
    kind = next(_structs(field.type), None)
    if kind is not None:
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, dict) and not _fits(kind, part):
                yield kind, part


def _fits(kind: type[Struct], part: Mapping[str, object]) -> bool:
    try:
        msgspec.convert(part, kind)
    except ValidationError:
        return False
    return True


def _structs(kind: object) -> Iterator[type[Struct]]:
    if isinstance(kind, type) and issubclass(kind, Struct):
        yield kind
    for inner in get_args(kind):
        yield from _structs(inner)


def _code_of(error: ValidationError, parent: str, field: str) -> str:
    about_length = length_error_code(parent, field) if "of length" in str(error) else None
    return about_length or error_code(parent, field)


def _word(parent: str, field: str) -> str:
    outer = OLDER_NAMES.get(parent, parent)
    name = field if outer in _NAMED_ALONE or field.startswith(f"{outer}_") else f"{outer}_{field}"
    return _WORDS.get(name) or (field if field in _KNOWN_ALONE else name)
