"""The body of a customer (Checkout.com, Customers API), for creating and for updating one."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from fils.api.schemas.people import EmailAddress, PhoneBody
from fils.api.schemas.reading import read_fields, read_object, read_values
from fils.api.schemas.values import PLAIN, Number
from fils.domain.customer import CustomerDetails, Phone
from fils.domain.merging import merged

KEPT_NAME_LENGTH_MAX: Final = 255
CUSTOMER_METADATA_KEYS_MAX: Final = 10
CUSTOMER_METADATA_TEXT_MAX: Final = 100

KeptName = Annotated[str, Meta(max_length=KEPT_NAME_LENGTH_MAX, pattern=PLAIN)]
KeptText = Annotated[str, Meta(max_length=CUSTOMER_METADATA_TEXT_MAX)]
KeptMetadata = Annotated[
    dict[KeptText, KeptText | bool | Number], Meta(max_length=CUSTOMER_METADATA_KEYS_MAX)
]


class KeptCustomerBody(Struct):
    """The body of ``POST /customers`` and ``PATCH /customers/{customer_id}``."""

    email: EmailAddress | None = None
    name: KeptName | None = None
    phone: PhoneBody | None = None
    metadata: KeptMetadata | None = None


_BODY: Final = msgspec.json.Decoder(KeptCustomerBody)


def read_customer(body: bytes) -> tuple[CustomerDetails, tuple[str, ...]]:
    """
    Read what a shop tells about a customer, and an error code for each fault. ``null`` is the same as absent.

    Args:
        body: As it arrived; UTF-8.

    Raises:
        BodyUnreadable: If the body is not a JSON object.
    """
    faults: list[str] = []
    try:
        told = _BODY.decode(body)
    except (msgspec.MsgspecError, RecursionError):
        values = read_values(read_object(body), KeptCustomerBody.__struct_fields__, faults)
        told = read_fields(KeptCustomerBody, merged({}, values), faults)
    phone = None if told.phone is None else _phone(told.phone, faults)
    if told.metadata is not None and not all(map(_can_be_kept, told.metadata.values())):
        faults.append("metadata_key_invalid")
    details = CustomerDetails(email=told.email, name=told.name, phone=phone, metadata=told.metadata)
    return details, tuple(faults)


def _can_be_kept(value: object) -> bool:
    """Integers of 64 bits, as everything that is stored."""
    return not isinstance(value, int) or -(2**63) <= value < 2**64


def is_email(text: str) -> bool:
    """Whether *text* could be an address that a customer was kept with."""
    try:
        msgspec.convert(text, EmailAddress)
    except msgspec.ValidationError:
        return False
    return True


def _phone(told: PhoneBody, faults: list[str]) -> Phone | None:
    """Both parts; one alone reaches nobody."""
    if told.country_code is not None and told.number is not None:
        return Phone(country_code=told.country_code, number=told.number)
    parts = {"country_phone_code": told.country_code, "phone_number": told.number}
    named = {fault.partition("_invalid")[0].removesuffix("_length") for fault in faults}
    faults += [f"{name}_required" for name, part in parts.items() if part is None and name not in named]
    return None
