"""
The server-to-server door, ``tranPipe.htm``: what the bank answers when a merchant asks. Pure but for the books.

Inquiry, action 8 (KNET Merchant Integration Manual K-064, inquiry). Everything is answered with HTTP 200, errors
too. Two answers are our own choice, because KNET documents neither: a reversed order is ``FAILURE(VOIDED)``, and an
order whose customer never finished is answered like an unknown one, with code 263.
"""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta
from typing import Final

from fils.domain.money import Money
from fils.knet.simulator.books import Books, News, Order, OrderState
from fils.knet.simulator.outcomes import Result
from fils.knet.simulator.settings import SimulatorSettings
from fils.knet.simulator.texts import error_words
from fils.knet.wire import (
    INQUIRY_ACTION,
    REFUND_ACTION,
    InquiryResponse,
    MessageUnreadable,
    PipeError,
    PipeRequest,
    find_search_key,
    read_loose_amount,
    read_pipe_request,
    write_inquiry_response,
    write_pipe_error,
)

_SUSPECT: Final = "FAILURE(SUSPECT)"
_VOIDED: Final = "FAILURE(VOIDED)"

_NEWS_MARGIN: Final = timedelta(seconds=5)


class _Refused(Exception):
    def __init__(self, number: str, text: str | None = None) -> None:
        code = f"IPAY0100{number}"
        self.error = PipeError(code=code, text=text or error_words(code))


def answer_pipe(xml: bytes, books: Books, settings: SimulatorSettings, at: datetime) -> str:
    """
    Answer one request.

    Args:
        xml: The body, with or without a root element.
        books: Read; and written when the telling of a merchant is found to have died (see below).
        settings: The terminals and their passwords.
        at: Aware time of the request.

    Returns:
        The XML of the answer or of the error; either goes out with status 200.
    """
    try:
        request = _read(xml)
        _check_credentials(request, settings)
        return write_inquiry_response(_inquire(request, books, settings, at))
    except _Refused as refused:
        return write_pipe_error(refused.error)


def _read(xml: bytes) -> PipeRequest:
    try:
        return read_pipe_request(xml)
    except MessageUnreadable:
        raise _Refused("272") from None


def _check_credentials(request: PipeRequest, settings: SimulatorSettings) -> None:
    terminal = settings.terminal(request.id)
    if terminal is None:
        raise _Refused("215")
    if not hmac.compare_digest(request.password.encode(), terminal.password.encode()):
        raise _Refused("015")
    if request.action == REFUND_ACTION:
        # KNET opens this action per terminal, and the manual says that it was not released to all.
        raise _Refused("033")
    if request.action != INQUIRY_ACTION:
        raise _Refused("020")


def _inquire(
    request: PipeRequest, books: Books, settings: SimulatorSettings, at: datetime
) -> InquiryResponse:
    asked = _read_amount(request.amount_text)
    key = find_search_key(request.udf5)
    if key is None:
        raise _Refused("231")
    order = books.find(request.id, key, request.transid)
    if order is None or order.state is not OrderState.PROCESSED:
        raise _Refused("263", "Transaction not found.")
    order = _reverse_if_untold(order, books, settings, at)
    if asked != order.placed.amount or request.trackid != order.placed.track_id:
        return _suspect(order, request)
    return InquiryResponse(
        result=_word(order),
        track_id=order.placed.track_id,
        amount=order.placed.amount,
        payment_id=order.payment_id,
        auth=order.auth,
        ref=order.ref,
        tran_id=order.tran_id,
        post_date=order.post_date,
        udf5=request.udf5,
        auth_resp_code=order.auth_resp_code,
    )


def _read_amount(text: str) -> Money:
    try:
        return read_loose_amount(text)
    except MessageUnreadable:
        raise _Refused("062") from None


def _reverse_if_untold(order: Order, books: Books, settings: SimulatorSettings, at: datetime) -> Order:
    """Reverse an order whose merchant should long have answered: the writing of its end must have failed."""
    limit = settings.notification_timeout + _NEWS_MARGIN
    if order.news is not News.DUE or order.processed_at is None or at < order.processed_at + limit:
        return order
    books.mark_refused(order.payment_id)
    return books.read(order.payment_id) or order


def _word(order: Order) -> str:
    if order.reversed:
        return _VOIDED
    if order.result is Result.CAPTURED:
        return Result.CAPTURED.value
    return f"FAILURE({order.result})"


def _suspect(order: Order, request: PipeRequest) -> InquiryResponse:
    """Name the record and say no more of it: what was asked differs from it in amount or track id."""
    return InquiryResponse(
        result=_SUSPECT,
        track_id=order.placed.track_id,
        amount=order.placed.amount,
        payment_id=order.payment_id,
        udf5=request.udf5,
    )
