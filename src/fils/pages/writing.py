"""
Writing pages: templates, the headers each page carries, and text of others made fit to be shown.

Templates escape by default and refuse a name they were not given. Each has one frozen dataclass that says what it is
told; the template sees it as ``page``.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from http import HTTPStatus
from typing import Final

import jinja2
from starlette.responses import HTMLResponse, Response

SECURITY_HEADERS: Final = {
    # No form-action: Chromium applies it to the redirect that answers a form, and ours lead to the bank or the shop.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
}
"""On every page and every redirect, so that no address with a secret is kept or passed on."""

_SHOWN_CHARACTERS_MAX: Final = 120


def write_page(
    template: str,
    page: object,
    *,
    status: HTTPStatus = HTTPStatus.OK,
    refresh: str | None = None,
    retry_after_s: int | None = None,
) -> HTMLResponse:
    """
    Write a page.

    Args:
        template: The file's name in ``templates``.
        page: What the template is told.
        status: Of the answer.
        refresh: When the browser moves on by itself, and where to: ``3`` looks again after 3 seconds, and
            ``5; url=https://...`` goes there. It is a header, so it works without JavaScript.
        retry_after_s: In how many seconds the service may be back.
    """
    html = _templates().get_template(template).render(page=page)
    response = HTMLResponse(html, status_code=status, headers=SECURITY_HEADERS)
    if refresh is not None:
        response.headers["Refresh"] = refresh
    if retry_after_s is not None:
        response.headers["Retry-After"] = str(retry_after_s)
    return response


def redirect(url: str, status: HTTPStatus) -> Response:
    """Send the browser to *url*, which is written as it is: a shop's url is checked when it arrives."""
    return Response(status_code=status, headers={**SECURITY_HEADERS, "Location": url})


def shown(text: str) -> str:
    """*Text* of a merchant on one line: no control, format or bidirectional characters, and not endless."""
    one_line = " ".join(text.split())
    visible = "".join(letter for letter in one_line if unicodedata.category(letter)[0] != "C")
    return visible if len(visible) <= _SHOWN_CHARACTERS_MAX else visible[: _SHOWN_CHARACTERS_MAX - 1] + "…"


@cache
def _templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("fils.pages"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
