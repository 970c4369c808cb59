"""
What every answer of the API has in common: its headers, its errors, its empty bodies.

An endpoint is a plain ASGI application around thin route functions. It is on the path of every payment, so it makes
an answer in one piece and uses no middleware.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import msgspec
from starlette.types import Receive, Scope, Send

from fils import __version__
from fils.api.auth import calling_key
from fils.api.body import ClientGone, read_body
from fils.api.errors import ErrorAnswer, error_answer, error_codes
from fils.api.idempotency import idempotency_key
from fils.application.addresses import BaseUrl
from fils.application.idempotency import FinalAnswer, Keep, RepeatableRequest, act_once, keep_nothing
from fils.application.ports import IdSource, Ports
from fils.application.telemetry import REQUEST_ACCOUNT
from fils.domain.account import SecretKey
from fils.domain.errors import FilsError
from fils.domain.identifiers import AccountId

Headers = list[tuple[bytes, bytes]]
Document = Mapping[str, object] | Sequence[object]

T = TypeVar("T")

_ENCODER: Final = msgspec.json.Encoder()
_LOG: Final = logging.getLogger("fils")
_VERSION: Final = (b"cko-version", __version__.encode("ascii"))
_NOT_KEPT: Final = (b"cache-control", b"no-store")
"""Answers hold links that let a browser pay, and customers' names."""
_NOT_GUESSED: Final = (b"x-content-type-options", b"nosniff")
_JSON: Final = (b"content-type", b"application/json")
_EMPTY: Final = (b"content-length", b"0")
_CLOSE: Final = (b"connection", b"close")
NO_CONTENT: Final = 204
_SOON: Final = (b"retry-after", b"1")


def common_headers(ids: IdSource) -> Mapping[str, str]:
    """What names a request in its answer and in our log, for answers that no endpoint makes."""
    return {"Cko-Request-Id": ids.request_id(), "Cko-Version": __version__}


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings:
    """What whoever runs Fils chose about the API."""

    base_url: str
    """What links in answers start with, without a slash at the end."""
    confirms_with_setup: bool = False
    """Whether a confirm is answered with the setup, as Checkout.com's newer clients read it, not with the payment."""
    has_prefix_links: bool = False
    """Whether links of the API carry their account's prefix before the host."""
    prefixed_hosts: frozenset[str] = frozenset()
    """The hosts before which a request may show its account's prefix."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a route function answers: a status, and the document that becomes the body, or the body's own bytes."""

    status: int
    document: Document | bytes


@dataclass(frozen=True, slots=True)
class Call:
    """One request, as a route function sees it."""

    ports: Ports
    settings: ApiSettings
    scope: Scope
    receive: Receive

    @property
    def base_url(self) -> BaseUrl:
        """What the links in answers start with."""
        return BaseUrl(self.settings.base_url, self.settings.has_prefix_links)

    async def caller(self) -> SecretKey:
        """The secret key that the request shows, or ``Unauthenticated``."""
        key = await calling_key(self.ports, self.scope["headers"], self.settings.prefixed_hosts)
        self.scope[REQUEST_ACCOUNT] = key.account_id
        return key

    async def account(self) -> AccountId:
        """The account whose key the request shows, or ``Unauthenticated``."""
        return (await self.caller()).account_id

    async def body(self) -> bytes:
        """The request's whole body; see ``read_body`` for what can be wrong with it."""
        return await read_body(self.scope, self.receive)

    def path_value(self, name: str) -> str:
        """The part of the path that the route's template calls *name*."""
        value: str = self.scope["path_params"][name]
        return value

    async def once(
        self,
        caller: SecretKey,
        body: bytes,
        status: int,
        *,
        document: Callable[[T], Document],
        act: Callable[[Keep[T]], Awaitable[T]],
    ) -> Reply:
        """
        Act, and answer; a request with an idempotency key that was answered before gets the same answer again.

        Args:
            caller: Whose request it is.
            body: The request's.
            status: Of the answer when the act succeeds; 2xx.
            document: What the act's result is answered with.
            act: The use case, given the ``Keep`` that its batch has to write.

        Raises:
            RequestRefused: If the key cannot be one, or belongs to a request with another body.
            DuplicateRequest: If too many requests with this key wait already.
        """
        key = idempotency_key(self.scope["headers"])
        if key is None:
            return Reply(status, document(await act(keep_nothing)))
        request = RepeatableRequest(
            account_id=caller.account_id,
            method=self.scope["method"],
            path=self.scope["path"],
            key=key,
            body=body,
            bound_to=caller.processing_channel_id,
        )
        answer = await act_once(
            self.ports,
            request,
            act=act,
            answer=lambda result: FinalAnswer(status, _ENCODER.encode(document(result))),
        )
        return Reply(answer.status, answer.body)


Route = Callable[[Call], Awaitable[Reply]]


class Endpoint:
    """The methods of one path. Any other method gets 405, and an endpoint without methods answers 404."""

    def __init__(
        self, ports: Ports, settings: ApiSettings, template: str, methods: Mapping[str, Route]
    ) -> None:
        self._ports = ports
        self._settings = settings
        self._template = template
        self._methods = methods
        self._allow = (b"allow", ", ".join(methods).encode("ascii"))

    @property
    def methods(self) -> Collection[str]:
        """The methods that are answered."""
        return self._methods.keys()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. A client that went away gets no answer and is no error."""
        request_id = self._ports.ids.request_id()
        headers = [(b"cko-request-id", request_id.encode("ascii")), _VERSION, _NOT_KEPT, _NOT_GUESSED]
        route = self._methods.get(scope["method"])
        if route is None:
            await self._send_no_route(send, headers)
            return
        try:
            reply = await route(Call(self._ports, self._settings, scope, receive))
        except ClientGone:
            return
        except Exception as error:
            await self._send_error(send, error, request_id, headers)
        else:
            body = reply.document
            await _send(
                send,
                reply.status,
                headers,
                body if isinstance(body, bytes) else _ENCODER.encode(body),
            )

    async def _send_no_route(self, send: Send, headers: Headers) -> None:
        if self._methods:
            await _send(send, 405, [*headers, self._allow])
        else:
            await _send(send, 404, headers)

    async def _send_error(self, send: Send, error: Exception, request_id: str, headers: Headers) -> None:
        answer = error_answer(error)
        if answer.is_ours:
            self._report(error, answer, request_id)
        if answer.closes:
            headers.append(_CLOSE)
        if answer.asks_again:
            headers.append(_SOON)
        if answer.error_type is None:
            await _send(send, answer.status, headers)
            return
        document = {
            "request_id": request_id,
            "error_type": answer.error_type,
            "error_codes": error_codes(error),
        }
        await _send(send, answer.status, headers, _ENCODER.encode(document))

    def _report(self, error: Exception, answer: ErrorAnswer, request_id: str) -> None:
        """Log it, and of a bug where it happened. Foreign words may hold a customer's data, so only ours speak."""
        name = type(error).__name__
        what = f"{name}: {error}" if isinstance(error, FilsError) else name
        # Not as ``exc_info``: another handler's formatter would write all words.
        where = error if answer.status == 500 else None
        _LOG.error(
            "%s answered %d, request %s: %s",
            self._template,
            answer.status,
            request_id,
            what,
            extra={"error": where},
        )


async def _send(send: Send, status: int, headers: Headers, body: bytes = b"") -> None:
    about_body: Headers = []
    if body:
        about_body = [_JSON, (b"content-length", str(len(body)).encode("ascii"))]
    elif status != NO_CONTENT:  # which has no length of its own (RFC 9110, section 8.6)
        about_body = [_EMPTY]
    await send({"type": "http.response.start", "status": status, "headers": headers + about_body})
    await send({"type": "http.response.body", "body": body})
