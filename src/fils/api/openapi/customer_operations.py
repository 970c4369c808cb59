"""The operations about customers."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Final

from msgspec import Meta

from fils.api.openapi import examples
from fils.api.openapi.answers import KeptCustomer, NamedCustomer, identifier
from fils.api.openapi.codes import IDEMPOTENCY_CODES, field_codes
from fils.api.openapi.operation import Answer, Body, Operation, Parameter
from fils.api.schemas.customer import KeptCustomerBody
from fils.domain.identifiers import CUSTOMER

_TAG: Final = "Customers"
_ID: Final = Parameter(
    name="customer_id",
    place="path",
    type=Annotated[str, identifier(CUSTOMER, "The `id` of the customer.")],
    description="The `id` of the customer.",
    example=examples.CUSTOMER_ID,
)
_ID_OR_EMAIL: Final = replace(
    _ID,
    type=Annotated[str, Meta(min_length=1)],
    description="The `id` of the customer, or the address of e-mail in any case of letters.",
)
_FIELD_CODES: Final = (
    *field_codes(KeptCustomerBody),
    *("phone_number_required", "phone_number_length_invalid"),
    *("country_phone_code_required", "country_phone_code_length_invalid"),
)
_CUSTOMER_LINKS: Final = {
    name: {"customer_id": "$response.body#/id"} for name in ("readCustomer", "updateCustomer")
}

CUSTOMER_OPERATIONS: Final = (
    Operation(
        method="POST",
        path="/customers",
        name="createCustomer",
        tag=_TAG,
        summary="Keep a customer",
        description="Setups can name the customer by the `id`, and find it by the address.",
        body=Body(
            type=KeptCustomerBody,
            description="Fields that are not listed are ignored.",
            required=("email",),
            examples=examples.CUSTOMER_REQUESTS,
        ),
        answers={
            201: Answer(
                description="The customer is kept.",
                type=NamedCustomer,
                examples=examples.NEW_CUSTOMERS,
                links=_CUSTOMER_LINKS,
            )
        },
        codes=("email_required", *_FIELD_CODES, "customer_already_exists", *IDEMPOTENCY_CODES),
        is_repeatable=True,
    ),
    Operation(
        method="GET",
        path="/customers/{customer_id}",
        name="readCustomer",
        tag=_TAG,
        summary="Read a customer",
        description="What is kept about the customer.",
        parameters=(_ID_OR_EMAIL,),
        answers={200: Answer(description="The customer.", type=KeptCustomer, examples=examples.CUSTOMERS)},
        names_something=True,
    ),
    Operation(
        method="PATCH",
        path="/customers/{customer_id}",
        name="updateCustomer",
        tag=_TAG,
        summary="Change a customer",
        description="What is not told stays; `metadata` is replaced as a whole.",
        parameters=(_ID,),
        body=Body(
            type=KeptCustomerBody,
            description="Fields that are not listed are ignored.",
            examples=examples.CUSTOMER_CHANGES,
        ),
        answers={204: Answer(description="It is changed.")},
        codes=(*_FIELD_CODES, "email_in_use"),
        names_something=True,
    ),
    Operation(
        method="DELETE",
        path="/customers/{customer_id}",
        name="deleteCustomer",
        tag=_TAG,
        summary="Forget a customer",
        description="Nothing about a person is left, and the address is free. Payments keep what they told.",
        parameters=(_ID,),
        answers={204: Answer(description="It is forgotten.")},
        names_something=True,
    ),
)
"""In the order in which they are shown."""
