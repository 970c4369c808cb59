"""
The shop's return urls: which may be used, and how our parameters are put into them.

A return url is where the customer's browser is sent after payment, so a careless reading would make Fils an open
redirect or let a shop's text reach a header. It is read once, strictly, when the setup arrives.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from ipaddress import IPv6Address
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

RETURN_URL_LENGTH: Final = 255
"""The longest url that is taken (Checkout.com, Payment Setup API, ``settings.success_url``)."""

_OUR_PREFIX: Final = "cko-"
_URL: Final = re.compile(
    r"(?P<scheme>https?)://"
    r"(?:(?P<name>[a-z0-9][a-z0-9._-]*)|\[(?P<address>[0-9a-f:.]+)\])"
    r"(?::(?P<port>[0-9]{1,5}))?"
    r"(?:[/?#][\x21-\x5b\x5d-\x7e]*)?",
    re.ASCII | re.IGNORECASE,
)
"""Visible ASCII without the backslash, which browsers read as a slash, and nothing before the host but the scheme."""
_PORT_MAX: Final = 65_535
_REMEMBERED_MAX: Final = 1000


def is_return_url(text: str, *, plain_http_hosts: Collection[str] = ()) -> bool:
    """
    Whether a browser may be sent to *text*.

    Args:
        text: As the shop gave it.
        plain_http_hosts: Host names that may be reached by ``http``; everything else is ``https`` only.
    """
    if len(text) > RETURN_URL_LENGTH:
        return False
    scheme_and_host = _scheme_and_host(text)
    return scheme_and_host is not None and (
        scheme_and_host[0] == "https" or scheme_and_host[1] in plain_http_hosts
    )


@lru_cache(maxsize=_REMEMBERED_MAX)
def _scheme_and_host(url: str) -> tuple[str, str] | None:
    """Both in lower case; None if it is no such url. Remembered, for a setup's urls are judged several times."""
    match = _URL.fullmatch(url)
    if match is None:
        return None
    scheme, name, address, port = match.groups()
    if port is not None and not 1 <= int(port) <= _PORT_MAX:
        return None
    if address is not None and not _is_ipv6(address):
        return None
    return scheme.lower(), (name or address).lower()


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except ValueError:
        return False
    return True


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
