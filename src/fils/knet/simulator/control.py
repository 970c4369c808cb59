"""
The control API: a merchant's program sets what goes wrong with its orders, and reads the bank's books about them.

KNET has nothing like it. Each terminal sees and changes its own orders alone, with its tranportal id and password
(HTTP Basic). Writes have to be JSON by their content type, which no form of another site can send.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Final, NoReturn

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from fils.knet.simulator.books import Books
from fils.knet.simulator.faults import Faults, FaultsInvalid, read_faults, write_faults
from fils.knet.simulator.orders import Due, Order, Refund
from fils.knet.simulator.pages import read_body
from fils.knet.simulator.settings import SimulatorSettings, SimulatorTerminal

_REALM: Final = {"WWW-Authenticate": 'Basic realm="simulated bank", charset="UTF-8"'}


class _Refused(Exception):
    def __init__(self, status: int, message: str) -> None:
        self.status = status
        super().__init__(message)


class Control:
    """The endpoints of the control API, over one bank's books."""

    def __init__(
        self, settings: SimulatorSettings, books: Books, do_due: Callable[[], Awaitable[int]]
    ) -> None:
        self._settings = settings
        self._books = books
        self._do_due = do_due

    async def answer(self, request: Request, action: Action) -> Response:
        """Carry out one of the actions below for the terminal that signed in, or answer why not, in JSON."""
        try:
            return await action(self, request, _sign_in(request, self._settings))
        except _Refused as refused:
            headers = _REALM if refused.status == 401 else None
            return JSONResponse({"error": str(refused)}, refused.status, headers=headers)
        except sqlite3.Error:
            return JSONResponse({"error": "the bank's books cannot be used just now"}, 503)

    async def terminal_faults(self, request: Request, terminal: SimulatorTerminal) -> Response:
        """``GET`` and ``PUT /control/faults``: what goes wrong with all orders of the terminal."""
        if request.method == "PUT":
            faults = _read_faults(await _read_json(request))
            self._books.set_terminal_faults(terminal.tranportal_id, faults)
        return JSONResponse(write_faults(self._books.faults_of(terminal, None)))

    async def order(self, request: Request, terminal: SimulatorTerminal) -> Response:
        """``GET /control/orders/{payment_id}``: what the books hold of an order, without its card."""
        order = self._order_in(request, terminal)
        refunds, due = self._books.refunds_of(order.payment_id), self._books.due_of(order.payment_id)
        return JSONResponse(_describe(order, refunds, due))

    async def order_faults(self, request: Request, terminal: SimulatorTerminal) -> Response:
        """``GET``, ``PUT`` and ``DELETE /control/orders/{payment_id}/faults``: those of one order."""
        payment_id = self._order_in(request, terminal).payment_id
        if request.method == "PUT":
            self._books.set_order_faults(payment_id, _read_faults(await _read_json(request)))
        if request.method == "DELETE":
            self._books.set_order_faults(payment_id, None)
        order = self._order_in(request, terminal)
        return JSONResponse(write_faults(self._books.faults_of(terminal, order)))

    async def due(self, request: Request, terminal: SimulatorTerminal) -> Response:
        """``POST /control/due``: do at once what is due by the bank's clock."""
        if await _read_json(request) != {}:
            raise _Refused(422, "the body takes no fields")
        return JSONResponse({"done": await self._do_due()})

    def _order_in(self, request: Request, terminal: SimulatorTerminal) -> Order:
        order = self._books.read(request.path_params["payment_id"])
        if order is None or order.placed.terminal_id != terminal.tranportal_id:
            raise _Refused(404, "this terminal has no order of that payment id")
        return order


Action = Callable[[Control, Request, SimulatorTerminal], Awaitable[Response]]
"""One of the endpoints, for a terminal that signed in."""


def _sign_in(request: Request, settings: SimulatorSettings) -> SimulatorTerminal:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    try:
        words = base64.b64decode(encoded, validate=True).decode() if scheme.lower() == "basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        words = ""
    tranportal_id, _, password = words.partition(":")
    terminal = settings.terminal(tranportal_id)
    expected = "" if terminal is None else terminal.password
    if not hmac.compare_digest(password.encode(), expected.encode()) or terminal is None:
        raise _Refused(401, "sign in with a tranportal id and its password (HTTP Basic)")
    return terminal


async def _read_json(request: Request) -> dict[str, object]:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise _Refused(415, "the content type has to be application/json")
    body = await read_body(request)
    try:
        value = json.loads(body, object_pairs_hook=_without_repeats, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise _Refused(400, "the body is no JSON, or names a field twice") from None
    if not isinstance(value, dict):
        raise _Refused(422, "the body is no JSON object")
    return value


def _without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError
    return fields


def _refuse_constant(_: str) -> NoReturn:
    """``NaN`` and ``Infinity`` are Python's, not JSON's."""
    raise ValueError


def _read_faults(fields: dict[str, object]) -> Faults:
    try:
        return read_faults(fields)
    except FaultsInvalid as invalid:
        raise _Refused(422, str(invalid)) from None


def _describe(order: Order, refunds: list[Refund], due: list[Due]) -> dict[str, object]:
    placed, processed_at = order.placed, order.processed_at
    return {
        "payment_id": order.payment_id,
        "track_id": placed.track_id,
        "amount": placed.amount.to_text(),
        "transaction_amount": order.amount.to_text(),
        "opened_at": order.opened_at.isoformat(),
        "state": order.state.value,
        "result": order.result and order.result.value,
        "news": order.news.value,
        "funds": order.funds.value,
        "auth": order.auth,
        "ref": order.ref,
        "tran_id": order.tran_id,
        "post_date": order.post_date,
        "auth_resp_code": order.auth_resp_code,
        "processed_at": processed_at and processed_at.isoformat(),
        "refunds": [
            {"amount": refund.amount.to_text(), "ref": refund.ref, "tran_id": refund.tran_id}
            for refund in refunds
        ],
        "due": [{"act": row.act.value, "at": row.at.isoformat()} for row in due],
        "faults": order.faults and write_faults(order.faults),
    }
