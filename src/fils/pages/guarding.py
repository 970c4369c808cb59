"""
What stands before every page: requests that nobody meant are turned away, and each error becomes a page.

The one table from errors to pages is here. Nothing about a request is logged: its address may hold a secret.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from fils.domain.errors import NotFound, StorageUnavailable
from fils.pages.customer_pages import CustomerPages
from fils.pages.notices import Notice
from fils.pages.texts import preferred_languages
from fils.pages.writing import SECURITY_HEADERS

Visit = Callable[[Request], Awaitable[Response]]
"""An endpoint: what a browser asked for becomes an answer."""

_LOG: Final = logging.getLogger("fils")

_PROBLEMS: Final[dict[type[Exception], tuple[Notice, HTTPStatus]]] = {
    NotFound: (Notice.NOT_FOUND, HTTPStatus.NOT_FOUND),
    StorageUnavailable: (Notice.UNAVAILABLE, HTTPStatus.SERVICE_UNAVAILABLE),
}
"""What a visitor is told about an error; any other is our bug."""
_BUG: Final = (Notice.FAILED, HTTPStatus.INTERNAL_SERVER_ERROR)

_PURPOSE_HEADERS: Final = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")
_LOOKING_AHEAD: Final = ("prefetch", "prerender", "preview")
"""What browsers say when nobody has clicked yet (Fetch standard, ``Sec-Purpose``; the others are older names)."""


def guarded(visit: Visit, pages: CustomerPages) -> Visit:
    """*visit* for people only: HEAD and browsers that look ahead start nothing, and an error is told by *pages*."""

    async def answer(request: Request) -> Response:
        if request.method == "HEAD":
            return Response(headers=SECURITY_HEADERS)
        if _is_looking_ahead(request.headers):
            return Response(status_code=HTTPStatus.NO_CONTENT, headers=SECURITY_HEADERS)
        try:
            return await visit(request)
        except Exception as error:
            notice, status = _PROBLEMS.get(type(error), _BUG)
            if (notice, status) == _BUG:
                _report(error)
            languages = preferred_languages(request.headers.get("Accept-Language", ""))
            return pages.write_problem(notice, status, languages=languages)

    return answer


def _is_looking_ahead(headers: Headers) -> bool:
    said = " ".join(headers.get(name, "") for name in _PURPOSE_HEADERS).lower()
    return any(word in said for word in _LOOKING_AHEAD)


def _report(error: Exception) -> None:
    # Not as ``exc_info``: another handler's formatter would write its words, which may quote an address with a secret.
    _LOG.error("a page failed with %s", type(error).__name__, extra={"error": error})
