"""
Response codes: why a payment ended as it did, in the five characters the API speaks.

Source: Checkout.com, response codes. Which KNET outcome gets which code is documented nowhere; the choice is ours
(``docs/decisions``). The issuer's code makes a decline more precise when KNET passes one on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fils.domain.evidence import BankStatement, Outcome


@dataclass(frozen=True, slots=True)
class ResponseCode:
    """A code and its English summary, as the API sends both."""

    code: str
    summary: str


APPROVED: Final = ResponseCode("10000", "Approved")
DO_NOT_HONOUR: Final = ResponseCode("20005", "Declined - Do Not Honour")
CUSTOMER_CANCELLATION: Final = ResponseCode("20017", "Customer Cancellation")
NOT_FINISHED: Final = ResponseCode("20019", "Re-enter Transaction or Transaction has expired")
SUSPECTED_FRAUD: Final = ResponseCode("20059", "Suspected Fraud")
TIMEOUT: Final = ResponseCode("20068", "Response Received Too Late / Timeout")
UNIDENTIFIED: Final = ResponseCode("20099", "Other / Unidentified responses")

_BY_OUTCOME: Final[Mapping[Outcome, ResponseCode]] = {
    Outcome.CAPTURED: APPROVED,
    Outcome.NOT_CAPTURED: DO_NOT_HONOUR,
    Outcome.CANCELED: CUSTOMER_CANCELLATION,
    Outcome.DENIED_BY_RISK: SUSPECTED_FRAUD,
    Outcome.HOST_TIMEOUT: TIMEOUT,
    Outcome.NOT_FOUND: NOT_FINISHED,
}

_INVALID_CARD: Final = ResponseCode("20014", "Invalid Card Number")
_EXPIRED_CARD: Final = ResponseCode("20054", "Expired Card")
_RESTRICTED_CARD: Final = ResponseCode("20062", "Restricted Card")
_PIN_TRIES: Final = ResponseCode("20075", "Allowable PIN Tries Exceeded")

_BY_ISSUER_CODE: Final[Mapping[str, ResponseCode]] = {
    "14": _INVALID_CARD,
    "33": _EXPIRED_CARD,
    "36": _RESTRICTED_CARD,
    "38": _PIN_TRIES,
    "51": ResponseCode("20051", "Insufficient Funds"),
    "54": _EXPIRED_CARD,
    "55": ResponseCode("20055", "Incorrect PIN (invalid Amex CVV)"),
    "61": ResponseCode("20061", "Activity Amount Limited Exceeded"),
    "62": _RESTRICTED_CARD,
    "65": ResponseCode("20065", "Exceeds Withdrawal Frequency Limit"),
    "75": _PIN_TRIES,
    "91": ResponseCode("20091", "Issuer or Switch is Inoperative"),
}


def response_code(outcome: Outcome, statement: BankStatement | None = None) -> ResponseCode:
    """The code for an attempt that ended with *outcome*; *statement* is what KNET said, if it did."""
    if outcome is Outcome.NOT_CAPTURED and statement is not None:
        return _BY_ISSUER_CODE.get(statement.auth_response_code or "", DO_NOT_HONOUR)
    return _BY_OUTCOME.get(outcome, UNIDENTIFIED)
