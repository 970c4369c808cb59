"""
The server-to-server door, ``tranPipe.htm``: what the bank answers when a merchant asks or refunds.

Inquiry is action 8 and refund action 2 (KNET Merchant Integration Manual K-064, section 3). Everything is answered with
HTTP 200, errors too, unless a fault says that the bank is down. These answers are our own choice, because KNET
documents none: a reversed order is ``FAILURE(VOIDED)``; one whose customer never finished is answered like an
unknown one, with code 263; a refund of what is not captured is 134, and one of more than is left 137.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from fils.domain.money import Money
from fils.knet.simulator.books import Books
from fils.knet.simulator.faults import Faults, InquiryFault, other_amount
from fils.knet.simulator.orders import Funds, Order, OrderState
from fils.knet.simulator.outcomes import Result
from fils.knet.simulator.settings import SimulatorSettings, SimulatorTerminal
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

_SUCCESS: Final = "SUCCESS"
_SUSPECT: Final = "FAILURE(SUSPECT)"
_VOIDED: Final = "FAILURE(VOIDED)"
_LONGEST_DELAY: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class PipeAnswer:
    """What goes out: XML with status 200, or nothing with another status."""

    xml: str
    status: int = 200


class _Refused(Exception):
    def __init__(self, number: str, text: str | None = None) -> None:
        code = f"IPAY0100{number}"
        self.error = PipeError(code=code, text=text or error_words(code))


class Pipe:
    """Answers merchants' servers over one bank's books."""

    def __init__(
        self,
        books: Books,
        settings: SimulatorSettings,
        *,
        settle: Callable[[], int],
        clock: Callable[[], datetime],
    ) -> None:
        self._books = books
        self._settings = settings
        self._settle = settle
        self._clock = clock

    async def answer(self, xml: bytes) -> PipeAnswer:
        """
        Answer one request.

        Args:
            xml: The body, with or without a root element.
        """
        try:
            request = _read(xml)
            terminal = _check_credentials(request, self._settings)
        except _Refused as refused:
            return PipeAnswer(write_pipe_error(refused.error))
        # What was due before the question is done before the answer.
        self._settle()
        order = self._find(request)
        faults = self._books.faults_of(terminal, order)
        if faults.inquiry is InquiryFault.DOWN:
            return PipeAnswer("", 503)
        answer = self._carry_out(request, terminal, order, faults)
        if faults.inquiry is InquiryFault.SLOW:
            await asyncio.sleep(min(faults.inquiry_delay, _LONGEST_DELAY).total_seconds())
        return PipeAnswer(answer)

    def _find(self, request: PipeRequest) -> Order | None:
        key = find_search_key(request.udf5)
        return None if key is None else self._books.find(request.id, key, request.transid)

    def _carry_out(
        self, request: PipeRequest, terminal: SimulatorTerminal, order: Order | None, faults: Faults
    ) -> str:
        try:
            amount = _read_amount(request.amount_text)
            if find_search_key(request.udf5) is None:
                raise _Refused("231")
            if order is None or order.state is not OrderState.PROCESSED:
                raise _not_found()
            if request.action == REFUND_ACTION:
                return write_inquiry_response(self._refund(request, order, amount))
            found = _inquire(request, order, amount, faults)
            if terminal.inquiry_says_success and found.result == Result.CAPTURED.value:
                found = replace(found, result=_SUCCESS)
            return write_inquiry_response(found)
        except _Refused as refused:
            return write_pipe_error(refused.error)

    def _refund(self, request: PipeRequest, order: Order, amount: Money) -> InquiryResponse:
        if request.trackid != order.placed.track_id:
            raise _not_found()
        if amount.amount == 0:
            raise _Refused("061")
        if order.funds is not Funds.CAPTURED:
            raise _Refused("134")
        refund = self._books.refund(order.payment_id, amount, self._clock())
        if refund is None:
            raise _Refused("137")
        return InquiryResponse(
            result=Result.CAPTURED.value,
            track_id=order.placed.track_id,
            amount=refund.amount,
            payment_id=order.payment_id,
            auth=refund.auth,
            ref=refund.ref,
            tran_id=refund.tran_id,
            post_date=refund.post_date,
            udf5=request.udf5,
        )


def _read(xml: bytes) -> PipeRequest:
    try:
        return read_pipe_request(xml)
    except MessageUnreadable:
        raise _Refused("272") from None


def _check_credentials(request: PipeRequest, settings: SimulatorSettings) -> SimulatorTerminal:
    terminal = settings.terminal(request.id)
    if terminal is None:
        raise _Refused("215")
    if not hmac.compare_digest(request.password.encode(), terminal.password.encode()):
        raise _Refused("015")
    if not terminal.active:
        raise _Refused("017")
    if request.action not in (INQUIRY_ACTION, REFUND_ACTION):
        raise _Refused("020")
    if request.action == REFUND_ACTION and not terminal.refunds:
        # KNET opens this action per terminal, and the manual says that it was not released to all.
        raise _Refused("033")
    return terminal


def _read_amount(text: str) -> Money:
    try:
        return read_loose_amount(text)
    except MessageUnreadable:
        raise _Refused("062") from None


def _inquire(request: PipeRequest, order: Order, asked: Money, faults: Faults) -> InquiryResponse:
    is_stale = faults.inquiry is InquiryFault.STALE
    if is_stale and order.funds is not Funds.REVERSED and not order.captured_late:
        raise _not_found()
    differs = asked != order.amount or request.trackid != order.placed.track_id
    if differs or faults.inquiry is InquiryFault.SUSPECT:
        return _suspect(request, order)
    before_capture = is_stale and order.captured_late
    return InquiryResponse(
        result=_word_before(order) if is_stale else _word(order),
        track_id=order.placed.track_id,
        amount=other_amount(order.amount) if faults.inquiry is InquiryFault.WRONG_AMOUNT else order.amount,
        payment_id=order.payment_id,
        auth="" if before_capture else order.auth,
        ref=order.ref,
        tran_id=order.tran_id,
        post_date=order.post_date,
        udf5=request.udf5,
        auth_resp_code=None if before_capture else order.auth_resp_code,
    )


def _not_found() -> _Refused:
    return _Refused("263", "Transaction not found.")


def _word(order: Order) -> str:
    if order.funds is Funds.REVERSED:
        return _VOIDED
    return Result.CAPTURED.value if order.funds is Funds.CAPTURED else f"FAILURE({order.result})"


def _word_before(order: Order) -> str:
    """What stood there before the order was reversed or turned out captured."""
    return Result.CAPTURED.value if order.funds is Funds.REVERSED else f"FAILURE({order.result})"


def _suspect(request: PipeRequest, order: Order) -> InquiryResponse:
    """Name the record and say no more of it: what was asked differs from it in amount or track id."""
    return InquiryResponse(
        result=_SUSPECT,
        track_id=order.placed.track_id,
        amount=order.placed.amount,
        payment_id=order.payment_id,
        udf5=request.udf5,
    )
