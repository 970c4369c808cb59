"""
From errors to answers: the one table of the API, and the errors that arise before a use case is asked.

Answers for callers who are not known, things that are not theirs, and trouble of our own have no body (Checkout.com,
API errors); only what the caller can mend is told, with every reason at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fils.domain.errors import (
    CertificateRefused,
    CommandRefused,
    ConcurrentUpdate,
    ConfigurationError,
    ConnectorError,
    DatabaseInUse,
    DomainError,
    DuplicateRequest,
    FilsError,
    IdempotencyKeyReused,
    InvalidTransition,
    InvariantViolated,
    MessageRejected,
    NotFound,
    NotSent,
    OutcomeUnknown,
    Overtaken,
    PaymentMethodInvalid,
    PaymentMethodNotReady,
    PaymentMethodNotSupported,
    PaymentSetupAlreadyConfirmed,
    PaymentSetupExpired,
    RequestRefused,
    ResolutionRefused,
    StorageError,
    StorageUnavailable,
    Unauthenticated,
)


class BodyUnreadable(DomainError):
    """The body is not a JSON object."""

    code = "request_json_invalid"


class BodyTooLarge(DomainError):
    """The body is longer than any request needs."""

    code = "request_too_large"


class BodyTooSlow(DomainError):
    """The body did not arrive in time."""

    code = "request_timeout"


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """How one kind of error is answered."""

    status: int
    error_type: str | None = None
    """The body's ``error_type``, beside the error's codes; None leaves the body empty."""
    is_ours: bool = False
    """Whether somebody who runs Fils has to hear of it."""
    closes: bool = False
    """Whether the connection ends, because the rest of the request is not read."""
    asks_again: bool = False
    """Whether the same request may well succeed in a second."""


UNEXPECTED: Final = ErrorAnswer(500, is_ours=True)
_UNAVAILABLE: Final = ErrorAnswer(503, is_ours=True)
_BANK: Final = ErrorAnswer(502, is_ours=True)
_REFUSED: Final = ErrorAnswer(422, "request_invalid")

ERROR_ANSWERS: Final[Mapping[type[FilsError], ErrorAnswer]] = {
    Unauthenticated: ErrorAnswer(401),
    NotFound: ErrorAnswer(404),
    BodyUnreadable: ErrorAnswer(400, "request_malformed"),
    BodyTooSlow: ErrorAnswer(408, closes=True),
    BodyTooLarge: ErrorAnswer(413, closes=True),
    RequestRefused: _REFUSED,
    PaymentMethodInvalid: _REFUSED,
    PaymentMethodNotSupported: _REFUSED,
    PaymentMethodNotReady: _REFUSED,
    PaymentSetupAlreadyConfirmed: _REFUSED,
    PaymentSetupExpired: _REFUSED,
    IdempotencyKeyReused: _REFUSED,
    DuplicateRequest: ErrorAnswer(429, "request_invalid", asks_again=True),
    ConnectorError: _BANK,
    NotSent: _BANK,
    CertificateRefused: _BANK,
    OutcomeUnknown: _BANK,
    MessageRejected: _BANK,
    StorageError: _UNAVAILABLE,
    ConcurrentUpdate: _UNAVAILABLE,
    StorageUnavailable: _UNAVAILABLE,
    Overtaken: _UNAVAILABLE,
    # None of these can come out of a request unless we made a mistake.
    DomainError: UNEXPECTED,
    InvalidTransition: UNEXPECTED,
    CommandRefused: UNEXPECTED,
    ResolutionRefused: UNEXPECTED,
    ConfigurationError: UNEXPECTED,
    DatabaseInUse: UNEXPECTED,
    InvariantViolated: UNEXPECTED,
}
"""Every error of Fils and its answer. A new error must be put here: a test walks the tree."""


def error_answer(error: Exception) -> ErrorAnswer:
    """The answer to *error*; anything that is not in the table is a bug of ours."""
    return ERROR_ANSWERS.get(type(error), UNEXPECTED) if isinstance(error, FilsError) else UNEXPECTED


def error_codes(error: Exception) -> tuple[str, ...]:
    """The words the answer's body carries."""
    return error.codes if isinstance(error, DomainError) else ()
