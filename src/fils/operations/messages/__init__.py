"""
What an operator's command can ask and what it is answered, as they travel: one JSON object on a line each.

A subject's messages stand in a module of its own. A new subject adds its module, its requests and answers to the two
unions here, and its answering in ``fils.operations.answering``. No answer holds a secret: it may be printed as it is.
"""

from __future__ import annotations

from typing import Final

import msgspec

from fils.domain.errors import FilsError
from fils.operations.messages.accounts import AccountAnswer, AccountRequest
from fils.operations.messages.keys import KeyAnswer, KeyRequest
from fils.operations.messages.master_key import MasterKeyAnswer, MasterKeyRequest
from fils.operations.messages.payments import PaymentAnswer, PaymentRequest
from fils.operations.messages.terminals import TerminalAnswer, TerminalRequest

REQUEST_OCTETS_MAX: Final = 16 * 1024
ANSWER_OCTETS_MAX: Final = 16 * 1024 * 1024
"""The longest line in each direction."""


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """Nothing was done."""

    code: str
    text: str
    """For a person: what is wrong and what to do. Part of a sentence, without a full stop."""


Request = PaymentRequest | AccountRequest | KeyRequest | TerminalRequest | MasterKeyRequest
"""Everything that can be asked."""

Answer = PaymentAnswer | AccountAnswer | KeyAnswer | TerminalAnswer | MasterKeyAnswer | Refused
"""Everything that can be answered."""

_ENCODER: Final = msgspec.json.Encoder()
_REQUESTS: Final[msgspec.json.Decoder[Request]] = msgspec.json.Decoder(Request)
_ANSWERS: Final[msgspec.json.Decoder[Answer]] = msgspec.json.Decoder(Answer)


class MessageUnreadable(Exception):
    """A line is no message of this version of Fils."""


class Unanswered(FilsError):
    """The running Fils was asked and no answer came: whether it was done is not known."""


def write_message(message: Request | Answer) -> bytes:
    """*message* as one line, with its end."""
    return _ENCODER.encode(message) + b"\n"


def read_request(line: bytes) -> Request:
    """The request on *line*, or MessageUnreadable."""
    try:
        return _REQUESTS.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise MessageUnreadable("a request cannot be read") from error


def read_answer(line: bytes) -> Answer:
    """The answer on *line*, or MessageUnreadable."""
    try:
        return _ANSWERS.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise MessageUnreadable("an answer cannot be read") from error
