"""
The errors of Fils, as one tree.

::

    FilsError
    ├── DomainError             a rule said no; carries the words the API answers with
    │   ├── Unauthenticated         no key, or none that is known
    │   ├── NotFound                no such thing for this account
    │   ├── DuplicateRequest        the same request is being acted upon; ask again soon
    │   ├── CommandRefused          an operator's command is not carried out; says why
    │   │   └── ResolutionRefused       a person's word about an attempt is not taken
    │   └── RequestRefused          understood, and not allowed; one or more error codes
    │       ├── PaymentMethodNotReady, PaymentSetupAlreadyConfirmed, PaymentSetupExpired, ...
    ├── ConnectorError          the bank could not be asked, or did not answer
    │   ├── NotSent                 nothing left us: asking again is safe
    │   │   └── CertificateRefused      the bank's certificate is none that we trust
    │   ├── OutcomeUnknown          it left us; no answer, or none we can read: inquire, never resend
    │   └── MessageRejected         what came from the bank failed its checks: one identical refusal
    ├── StorageError
    │   ├── ConcurrentUpdate        a guard did not hold: read again and decide again
    │   └── StorageUnavailable      nothing was written, or nobody can tell: the caller gets no 2xx
    │       └── Overtaken               nothing was written: other nodes were faster each time
    ├── ConfigurationError      stop at start-up, name the setting
    │   └── DatabaseInUse           another process has it; it may answer instead
    └── InvariantViolated       our own bug

A decline is an outcome, not an error. Only edges turn errors into answers, each with one table.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar


class FilsError(Exception):
    """The root of every error that Fils raises on purpose."""


class DomainError(FilsError):
    """A rule said no. Its codes are safe to show to the merchant."""

    code: ClassVar[str]
    """The stable word for this refusal, as the API's ``error_codes`` has it."""

    @property
    def codes(self) -> tuple[str, ...]:
        """Every word the answer carries; one, unless the error collects several."""
        return (self.code,)


class Unauthenticated(DomainError):
    """The caller showed no secret key, or one that is not known."""

    code = "unauthenticated"


class NotFound(DomainError):
    """No such thing exists for this account. Whether it exists for another one is not told."""

    code = "not_found"


class RequestRefused(DomainError):
    """The request was understood and is not allowed; every reason at once."""

    code = "request_invalid"

    def __init__(self, *codes: str) -> None:
        super().__init__(", ".join(codes) or self.code)
        self._codes = codes or (self.code,)

    @property
    def codes(self) -> tuple[str, ...]:
        """Every reason, in the order it was found."""
        return self._codes


class PaymentMethodInvalid(RequestRefused):
    """The method in the address is no payment method of this account."""

    code = "payment_method_invalid"


class PaymentMethodNotSupported(RequestRefused):
    """The method is known and cannot be used for this payment setup."""

    code = "payment_method_not_supported"


class PaymentMethodNotReady(RequestRefused):
    """Something the method needs is missing; the codes are the method's flags."""

    code = "payment_method_not_ready"


class PaymentSetupAlreadyConfirmed(RequestRefused):
    """The setup's payment is under way or paid."""

    code = "payment_setup_already_confirmed"


class PaymentSetupExpired(RequestRefused):
    """The setup is too old to be confirmed."""

    code = "payment_setup_expired"


class IdempotencyKeyReused(RequestRefused):
    """The idempotency key belongs to a request with another body."""

    code = "idempotency_key_reused"


class DuplicateRequest(DomainError):
    """Too many requests with one idempotency key wait for the first of them. Asked again later, it is answered."""

    code = "duplicate_request"


class InvalidTransition(DomainError):
    """The lifecycle table has no such row."""

    code = "invalid_transition"


class CommandRefused(DomainError):
    """An operator's command was not carried out. Nothing was changed, and the text says why and what to do."""

    code = "command_refused"

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self._codes = (code,)

    @property
    def codes(self) -> tuple[str, ...]:
        """The one reason."""
        return self._codes


class ResolutionRefused(CommandRefused):
    """A person's word about an attempt was not taken."""

    code = "resolution_refused"


class ConnectorError(FilsError):
    """The bank could not be asked, or did not answer."""


class NotSent(ConnectorError):
    """Nothing left us: asking again is safe."""


class CertificateRefused(NotSent):
    """The bank's certificate is none that this machine trusts, or its TLS none that we speak."""


class OutcomeUnknown(ConnectorError):
    """It left us and no answer came, or none we can read: inquire, never send again."""


class RefusalReason(StrEnum):
    """
    Why a message in the bank's name was refused, as coarse as it can be and still help.

    It is for whoever runs Fils, never for the sender: who could tell a message that no key reads from one that a key
    reads and that names nothing would find the key. So these two are one.
    """

    NOT_OURS = "not_ours"
    """No key of the terminal reads it, or it names no attempt of the terminal."""
    OLD_CREDENTIALS = "old_credentials"
    """Its key is an older one than may speak of the attempt."""
    DISAGREES = "disagrees"
    """It says something else of the attempt than what was asked for."""
    ALREADY_PAID = "already_paid"
    """Another capture of the setup counts already, so this one has to be taken back."""
    TOO_LONG = "too_long"
    CUT_SHORT = "cut_short"
    """The sender went away before its end."""


class MessageRejected(ConnectorError):
    """What came from the bank's direction failed its checks. The reason is for us, never for the sender."""

    def __init__(self, text: str, reason: RefusalReason) -> None:
        super().__init__(text)
        self.reason = reason


class StorageError(FilsError):
    """The store did not do what it was asked."""


class ConcurrentUpdate(StorageError):
    """A guard of the batch did not hold, so nothing of the batch was written."""


class StorageUnavailable(StorageError):
    """The store could not be asked, or its answer was lost; the caller must not be told that it worked."""


class Overtaken(StorageUnavailable):
    """Other nodes changed the same thing each time it was tried; nothing was written."""


class ConfigurationError(FilsError):
    """A setting is missing or wrong. The text names the setting and what to do."""


class DatabaseInUse(ConfigurationError):
    """The database is a file that another process has open."""


class InvariantViolated(FilsError):
    """Something that cannot be has happened: a bug of ours."""
