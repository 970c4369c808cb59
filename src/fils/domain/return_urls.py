"""
The shop's return urls: which may be used, and how our parameters are put into them.

A return url is where the customer's browser is sent after payment, so a careless reading would make Fils an open
redirect or let a shop's text reach a header. It is read once, strictly, when the setup arrives.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

RETURN_URL_LENGTH: Final = 255
"""The longest url that is taken (Checkout.com, Payment Setup API, ``settings.success_url``)."""

_OUR_PREFIX: Final = "cko-"
_ALLOWED: Final = re.compile(r"[\x21-\x5b\x5d-\x7e]+")
"""Visible ASCII without the backslash, which browsers read as a slash."""
_HOST_AND_PORT: Final = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")


def is_return_url(text: str, *, plain_http_hosts: Collection[str] = ()) -> bool:
    """
    Whether a browser may be sent to *text*.

    Args:
        text: As the shop gave it.
        plain_http_hosts: Host names that may be reached by ``http``; everything else is ``https`` only.
    """
    if len(text) > RETURN_URL_LENGTH or not _ALLOWED.fullmatch(text):
        return False
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname
    if not host or port == 0 or not _HOST_AND_PORT.fullmatch(parts.netloc):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in plain_http_hosts)


def with_parameters(url: str, parameters: Mapping[str, str]) -> str:
    """Add *parameters* before the fragment. Any parameter of *url* that starts with ``cko-`` is replaced, not kept."""
    parts = urlsplit(url)
    if not _names_ours(parts.query):
        # The shop's own query string stays as it was written, byte for byte.
        query = "&".join(filter(None, (parts.query, urlencode(parameters))))
    else:
        kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True)]
        query = urlencode(
            [pair for pair in kept if not pair[0].startswith(_OUR_PREFIX)] + list(parameters.items())
        )
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, parts.fragment))


def _names_ours(query: str) -> bool:
    return any(name.startswith(_OUR_PREFIX) for name, _ in parse_qsl(query, keep_blank_values=True))
