"""
From KNET's words to Fils' outcomes and statements. A word that is not listed means UNKNOWN, which proves nothing.

Sources: KNET Merchant Integration Manual K-064 (results of the hosted flow and of the inquiry), and the words that
public clients have met; which of them are final is not decided here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from fils.domain.evidence import BankStatement, Outcome
from fils.knet.wire import InquiryResponse, PaymentResponse, PipeError

_OUTCOMES: Final[Mapping[str, Outcome]] = {
    "CAPTURED": Outcome.CAPTURED,
    "NOT CAPTURED": Outcome.NOT_CAPTURED,
    "CANCELED": Outcome.CANCELED,
    "CANCELLED": Outcome.CANCELED,
    "DENIED BY RISK": Outcome.DENIED_BY_RISK,
    "HOST TIMEOUT": Outcome.HOST_TIMEOUT,
    "VOIDED": Outcome.REVERSED,
    "SUSPECT": Outcome.SUSPECT,
    "SUSPECTED": Outcome.SUSPECT,
}

_INQUIRY_OUTCOMES: Final[Mapping[str, Outcome]] = {
    **_OUTCOMES,
    "SUCCESS": Outcome.CAPTURED,
    "FAILURE": Outcome.FAILED,
}

_FAILURE: Final = re.compile(r"FAILURE ?\((.*)\)")
_NOT_FOUND: Final = "IPAY0100263"
_UNPRINTABLE: Final = re.compile(r"[^\x20-\x7e]")
_RESULT_LENGTH_MAX: Final = 64


def statement_of_notification(message: PaymentResponse) -> BankStatement:
    """What a decrypted notification says."""
    return BankStatement(
        outcome=_OUTCOMES.get(_plain(message.result), Outcome.UNKNOWN),
        result=_clean(message.result),
        track_id=message.track_id,
        amount=message.amount,
        knet_payment_id=message.payment_id,
        transaction_id=message.tran_id or None,
        bank_reference=message.ref or None,
        auth_code=message.auth or None,
        auth_response_code=message.auth_resp_code or None,
        post_date=message.post_date or None,
        avr=message.avr or None,
    )


def statement_of_inquiry(message: InquiryResponse | PipeError) -> BankStatement:
    """What an answer of tranPipe to an inquiry says."""
    if isinstance(message, PipeError):
        return BankStatement(
            outcome=Outcome.NOT_FOUND if message.code == _NOT_FOUND else Outcome.UNKNOWN,
            result=_clean(message.text),
            error=message.code,
            error_text=_clean(message.text),
        )
    return BankStatement(
        outcome=_inquiry_outcome(_plain(message.result)),
        result=_clean(message.result),
        track_id=message.track_id or None,
        amount=message.amount,
        knet_payment_id=message.payment_id or None,
        transaction_id=message.tran_id or None,
        bank_reference=message.ref or None,
        auth_code=message.auth or None,
        auth_response_code=message.auth_resp_code or None,
        post_date=message.post_date or None,
    )


def _inquiry_outcome(result: str) -> Outcome:
    """The outcome of a plain word; what stands in ``FAILURE(...)`` is never a success, whatever it says."""
    wrapped = _FAILURE.fullmatch(result)
    if wrapped is None:
        return _INQUIRY_OUTCOMES.get(result, Outcome.UNKNOWN)
    outcome = _OUTCOMES.get(wrapped[1].strip(), Outcome.UNKNOWN)
    return Outcome.UNKNOWN if outcome is Outcome.CAPTURED else outcome


def _plain(word: str) -> str:
    """Trimmed, upper case, with blanks where the wire may have ``+`` or ``_``; nothing if not plain ASCII."""
    if not word.isascii():
        # Upper case would turn letters that only look right, such as the long s, into the right ones.
        return ""
    return " ".join(word.replace("+", " ").replace("_", " ").upper().split())


def _clean(text: str) -> str:
    return _UNPRINTABLE.sub("", text)[:_RESULT_LENGTH_MAX]
