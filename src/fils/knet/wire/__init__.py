"""
KNET's wire protocol without I/O: cipher, fields, messages and error codes (K-064 and KNET's sample pages).

It knows texts and bytes, nothing of HTTP, storage, payments or what a result means for one. Wire spellings
(``trackid``, ``udf5``) end here; in Python they are ``track_id`` and the like.
"""

from __future__ import annotations

from fils.knet.wire.cipher import TerminalKey, decrypt, encrypt
from fils.knet.wire.error_codes import ERROR_CODES, find_error_code
from fils.knet.wire.errors import MessageInvalid, MessageUnreadable, ProtocolError
from fils.knet.wire.fields import Field, Language, find_language, parse_form, read_loose_amount
from fils.knet.wire.inquiry import (
    INQUIRY_ACTION,
    REFUND_ACTION,
    InquiryRequest,
    InquiryResponse,
    PipeError,
    PipeRequest,
    RefundRequest,
    SearchKey,
    find_search_key,
    pipe_url,
    read_pipe_request,
    read_pipe_response,
    write_inquiry_request,
    write_inquiry_response,
    write_pipe_error,
    write_refund_request,
)
from fils.knet.wire.messages import (
    PaymentRequest,
    PaymentResponse,
    payment_start_url,
    read_payment_request,
    read_payment_response,
    write_payment_request,
    write_payment_response,
)
from fils.knet.wire.returns import (
    ErrorReturn,
    NotificationMode,
    NotificationShape,
    read_error_form,
    read_error_return,
    read_notification_body,
    read_redirect_answer,
    redirect_answer,
    write_error_return,
)

__all__ = [
    "ERROR_CODES",
    "INQUIRY_ACTION",
    "REFUND_ACTION",
    "ErrorReturn",
    "Field",
    "InquiryRequest",
    "InquiryResponse",
    "Language",
    "MessageInvalid",
    "MessageUnreadable",
    "NotificationMode",
    "NotificationShape",
    "PaymentRequest",
    "PaymentResponse",
    "PipeError",
    "PipeRequest",
    "ProtocolError",
    "RefundRequest",
    "SearchKey",
    "TerminalKey",
    "decrypt",
    "encrypt",
    "find_error_code",
    "find_language",
    "find_search_key",
    "parse_form",
    "payment_start_url",
    "pipe_url",
    "read_error_form",
    "read_error_return",
    "read_loose_amount",
    "read_notification_body",
    "read_payment_request",
    "read_payment_response",
    "read_pipe_request",
    "read_pipe_response",
    "read_redirect_answer",
    "redirect_answer",
    "write_error_return",
    "write_inquiry_request",
    "write_inquiry_response",
    "write_payment_request",
    "write_payment_response",
    "write_pipe_error",
    "write_refund_request",
]
