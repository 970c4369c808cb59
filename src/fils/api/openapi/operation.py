"""What is said about one operation of the API: the method of a path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A document to show, as a request or an answer holds it."""

    summary: str
    value: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A part of the path, a parameter of the query or a header of the request."""

    name: str
    place: str
    """``path``, ``query`` or ``header``."""
    type: object
    description: str
    example: object
    is_required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The body of a request."""

    type: object
    description: str
    examples: Mapping[str, Example]
    required: tuple[str, ...] = ()
    """Fields that must be told."""
    is_required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer with a status of 2xx, or another one with a body of the operation's own."""

    description: str
    type: object = None
    """Of the body; None if there is none."""
    examples: Mapping[str, Example] = field(default_factory=dict)
    links: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Operation to its parameters, in OpenAPI's words: ``{"readPayment": {"payment_id": "$response.body#/id"}}``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation: what a caller may send, and all it can be answered."""

    method: str
    path: str
    """The template of the route, as ``fils.api.routes`` has it."""
    name: str
    """``operationId``."""
    tag: str
    summary: str
    description: str
    answers: Mapping[int, Answer]
    parameters: tuple[Parameter, ...] = ()
    body: Body | None = None
    codes: tuple[str, ...] = ()
    """The error codes that a 422 can tell; without any there is no 422."""
    is_public: bool = False
    """Whether it needs no secret key."""
    is_repeatable: bool = False
    """Whether it takes ``Cko-Idempotency-Key``."""
    names_something: bool = False
    """Whether its path names a thing that may not exist: 404."""


TAGS: Final[Mapping[str, str]] = {
    "Payment setups": "What a shop wants paid. Create one, confirm it, and send the customer to the link.",
    "Payments": "What came of it. Ship on the status `Captured`, and on nothing else.",
    "Customers": "Whom payments are for.",
    "Installation": "About this Fils itself. These need no key.",
}
"""The groups of operations, in the order in which they are shown."""
