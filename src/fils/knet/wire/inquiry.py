"""
tranPipe: what a merchant's server asks KNET, inquiry and refund, and what KNET answers (K-064 section 3).

The messages are XML in clear, protected by TLS alone. What an answer's word means for a payment is not decided
here: ``FAILURE(NOT CAPTURED)`` stays the bank's text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from fils.domain.money import Money
from fils.knet.wire import fields
from fils.knet.wire.error_codes import find_error_code
from fils.knet.wire.errors import MessageInvalid, MessageUnreadable
from fils.knet.wire.fields import Field, read_loose_amount, write_amount
from fils.knet.wire.fragment import read_fragment, write_fragment

REFUND_ACTION: Final = "2"
"""The action of a refund (K-064)."""
INQUIRY_ACTION: Final = "8"
"""The action of an inquiry (K-064)."""

_ERROR_RESULT: Final = re.compile(
    r"(?=!ERROR!|IPAY[0-9]{7})(?:!ERROR!)?-?(?P<code>IPAY[0-9]{7})?(?: ?- ?)?(?P<text>.*)"
)
"""An error's text with its mark, its code or both; a separator stands behind each (live wordings differ)."""


class SearchKey(StrEnum):
    """What an inquiry searches by, spelt as K-064's table has it in ``udf5``."""

    TRANSACTION_ID = "TransID"
    TRACK_ID = "TrackID"
    PAYMENT_ID = "PaymentID"
    REFERENCE = "RefID"


_SEARCH_KEYS: Final = {
    "": SearchKey.TRANSACTION_ID,
    "transid": SearchKey.TRANSACTION_ID,
    "transactionid": SearchKey.TRANSACTION_ID,
    "trackid": SearchKey.TRACK_ID,
    "paymentid": SearchKey.PAYMENT_ID,
    "refid": SearchKey.REFERENCE,
    "seqnum": SearchKey.REFERENCE,
}


def find_search_key(text: str) -> SearchKey | None:
    """Read any spelling of a search key that K-064 prints, in any case, or None; empty means the transaction id."""
    return _SEARCH_KEYS.get(text.lower())


@dataclass(frozen=True, slots=True)
class InquiryRequest:
    """
    A question what became of a payment (K-064, inquiry, action 8).

    Attributes:
        password: The terminal's password, secret; ``repr`` leaves it out.
        amount: The amount of the payment; another one makes KNET answer that it suspects something.
        track_id: The attempt's.
        search_by: What *search_value* is.
        search_value: At most 19 characters; by track id it must be *track_id* itself.
    """

    tranportal_id: str
    password: str = field(repr=False)
    amount: Money
    track_id: str
    search_by: SearchKey
    search_value: str


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """
    An order to give money back, found by track id (K-064, refund, action 2). Sent twice it is paid twice.

    Attributes:
        password: The terminal's password, secret; ``repr`` leaves it out.
        amount: What to give back, all or a part.
        track_id: That of the payment's attempt.
    """

    tranportal_id: str
    password: str = field(repr=False)
    amount: Money
    track_id: str


@dataclass(frozen=True, slots=True)
class PipeRequest:
    """
    A tranPipe request as the bank reads it: texts as they came, empty when missing, nothing judged yet.

    Attributes:
        action: ``8`` inquiry, ``2`` refund, or whatever was sent.
        password: Secret; ``repr`` leaves it out.
        transid: The value searched for.
        udf5: Names what *transid* is; see ``find_search_key``.
    """

    action: str
    id: str
    password: str = field(repr=False)
    amount_text: str
    transid: str
    trackid: str
    udf5: str


@dataclass(frozen=True, slots=True)
class InquiryResponse:
    """
    KNET's answer to an inquiry or a refund (K-064, both have one form). Only *result* is always there.

    Attributes:
        result: The bank's words: ``SUCCESS``, ``CAPTURED``, ``FAILURE(NOT CAPTURED)`` and others.
        amount: Kuwaiti dinars; None when the tag was empty, as in a refund's answer.
        payment_id: The tag is ``payid`` here.
        udf5: The inquiry's search key, echoed; never the payment's own.
        auth_resp_code: The issuer's two digits, None without.
    """

    result: str
    track_id: str = ""
    amount: Money | None = None
    payment_id: str = ""
    auth: str = ""
    ref: str = ""
    tran_id: str = ""
    post_date: str = ""
    udf5: str = ""
    auth_resp_code: str | None = None


@dataclass(frozen=True, slots=True)
class PipeError:
    """
    KNET's answer to a tranPipe request it could not carry out.

    Attributes:
        code: Such as ``IPAY0100263``; None when the answer named none.
        text: The bank's words without the code; they change between installations, so match on the code.
    """

    code: str | None
    text: str


def pipe_url(base_url: str) -> str:
    """Return the address both requests are posted to as ``application/xml``, the ``&`` at its end as in K-064."""
    return f"{base_url}/tranPipe.htm?param=tranInit&"


def write_inquiry_request(message: InquiryRequest) -> str:
    """
    Write *message* as XML in K-064's form without a root.

    Raises:
        MessageInvalid: If a value may not be written, or a search by track id is for another one.
    """
    search_value = fields.SEARCH_VALUE.check_written(message.search_value)
    if message.search_by is SearchKey.TRACK_ID and search_value != message.track_id:
        raise MessageInvalid(fields.SEARCH_VALUE.name, "is not the track id")
    return _write_pipe_request(INQUIRY_ACTION, message, search_value, message.search_by)


def write_refund_request(message: RefundRequest) -> str:
    """
    Write *message* as XML in K-064's form without a root.

    Raises:
        MessageInvalid: If a value may not be written.
    """
    return _write_pipe_request(REFUND_ACTION, message, message.track_id, SearchKey.TRACK_ID)


def _write_pipe_request(
    action: str, message: InquiryRequest | RefundRequest, search_value: str, search_by: SearchKey
) -> str:
    return write_fragment(
        (
            ("id", fields.TRANPORTAL_ID.check_written(message.tranportal_id)),
            ("password", fields.PASSWORD.check_written(message.password)),
            ("action", action),
            ("amt", write_amount(message.amount)),
            ("transid", search_value),
            ("trackid", fields.TRACK_ID.check_written(message.track_id)),
            ("udf5", search_by.value),
        )
    )


def read_pipe_request(xml: str | bytes) -> PipeRequest:
    """
    Read a tranPipe request as tolerantly as the bank: any order and case of tags, with or without a root.

    Raises:
        MessageUnreadable: If it is no list of XML tags.
    """
    tags = read_fragment(xml)
    names = ("action", "id", "password", "amt", "transid", "trackid", "udf5")
    return PipeRequest(*[tags.get(name, "") for name in names])


def write_inquiry_response(message: InquiryResponse) -> str:
    """
    Write *message* in the bank's layout, the empty ``udf2`` included.

    Raises:
        MessageInvalid: If a value may not be written.
    """
    amount = "" if message.amount is None else write_amount(message.amount)
    code = message.auth_resp_code
    return write_fragment(
        (
            ("result", fields.PIPE_RESULT.check_written(message.result)),
            ("auth", fields.AUTH.check_written(message.auth)),
            ("ref", fields.REFERENCE.check_written(message.ref)),
            ("postdate", fields.POST_DATE.check_written(message.post_date)),
            ("tranid", fields.TRAN_ID.check_written(message.tran_id)),
            ("trackid", fields.PIPE_TRACK_ID.check_written(message.track_id)),
            ("payid", fields.PIPE_PAYMENT_ID.check_written(message.payment_id)),
            ("udf2", ""),
            ("udf5", fields.SEARCH_KEY.check_written(message.udf5)),
            ("amt", amount),
            ("authRespCode", "" if code is None else fields.AUTH_RESPONSE_CODE.check_written(code)),
        )
    )


def write_pipe_error(message: PipeError) -> str:
    """
    Write *message* in the bank's error form.

    Raises:
        MessageInvalid: If the code is missing or malformed, or the text is too long or not printable ASCII.
    """
    if message.code is None or find_error_code(message.code) != message.code:
        raise MessageInvalid("error_code_tag", "is not an error code")
    result = fields.PIPE_ERROR.check_written(f"!ERROR!-{message.code}-{message.text}")
    return write_fragment(
        (
            ("error_code_tag", message.code),
            ("error_service_tag", "null"),
            ("result", result),
        )
    )


def read_pipe_response(xml: str | bytes) -> InquiryResponse | PipeError:
    """
    Read the answer to an inquiry or a refund: any order of tags, unknown ones ignored, ``null`` is empty.

    Raises:
        MessageUnreadable: If it is neither form, a known tag holds what it cannot, or both forms are mixed.
    """
    tags = {name: "" if text == "null" else text for name, text in read_fragment(xml).items()}
    if tags.get("error_code_tag") or _ERROR_RESULT.fullmatch(tags.get("result", "")):
        return _read_pipe_error(tags.get("error_code_tag", ""), tags.get("result", ""))
    return _read_inquiry_response(tags)


def _read_inquiry_response(tags: dict[str, str]) -> InquiryResponse:
    amount_text = tags.get("amt", "")
    code = tags.get("authrespcode") or tags.get("authresponsecode")
    return InquiryResponse(
        result=_read(tags, "result", fields.PIPE_RESULT),
        track_id=_read(tags, "trackid", fields.PIPE_TRACK_ID),
        amount=read_loose_amount(amount_text) if amount_text else None,
        payment_id=_read(tags, "payid", fields.PIPE_PAYMENT_ID),
        auth=_read(tags, "auth", fields.AUTH),
        ref=_read(tags, "ref", fields.REFERENCE),
        tran_id=_read(tags, "tranid", fields.TRAN_ID),
        post_date=_read(tags, "postdate", fields.POST_DATE),
        udf5=_read(tags, "udf5", fields.SEARCH_KEY),
        auth_resp_code=fields.AUTH_RESPONSE_CODE.check_read(code) if code else None,
    )


def _read(tags: dict[str, str], name: str, rule: Field) -> str:
    return rule.check_read(tags.get(name, ""))


def _read_pipe_error(error_tag: str, result: str) -> PipeError:
    error = _ERROR_RESULT.fullmatch(fields.PIPE_ERROR.check_read(result or error_tag))
    if error is None:
        # An error's tag beside the result of a payment: one of the two is wrong, so neither is believed.
        raise MessageUnreadable
    code, text = error["code"], error["text"]
    tagged_code = find_error_code(error_tag)
    if code and tagged_code and code != tagged_code:
        raise MessageUnreadable
    return PipeError(code or tagged_code, text)
