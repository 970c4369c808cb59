"""The readers of addresses: base urls, hosts, ports."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from fils.config.given import Given
from fils.config.table import DEFAULT_BASE_URL, DEFAULT_HOST, DEFAULT_PORT
from fils.config.values import read_switch

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_PORT_MAX: Final = 65535
_HOST_NAME: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?")
_URL_TEXT: Final = re.compile(r"[\x21-\x5b\x5d-\x7e]+")
"""Visible ASCII without the backslash, which browsers read as a slash."""


@dataclass(frozen=True, slots=True)
class Listen:
    """Where a listener is: an address or name of this machine, without brackets, and a TCP port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def read_base_url(text: str, *, source: str) -> str:
    """
    Read the address of a Fils, such as ``http://127.0.0.1:4140``. A slash at the end is forgiven.

    Args:
        text: As somebody wrote it.
        source: The option or variable, for the message.

    Raises:
        ConfigurationError: If it is anything but scheme, host and port.
    """
    given = Given(source, text)
    if not _URL_TEXT.fullmatch(text):
        raise given.refusal("write an address of plain characters, such as http://127.0.0.1:4140")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise given.refusal(
            "its host or port cannot be read; write it as in http://127.0.0.1:4140"
        ) from error
    if "@" in parts.netloc:
        # The text may hold a password, so it is not repeated.
        raise given.refusal("the address must not hold a user name or password", shows=False)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise given.refusal("start it with http:// or https:// and a host, as in http://127.0.0.1:4140")
    if parts.path not in {"", "/"} or "?" in text or "#" in text:
        raise given.refusal(f"leave out what follows the host, as in {parts.scheme}://{parts.netloc}")
    if port == 0 or not _is_host(parts.hostname):
        raise given.refusal("its host or port cannot be used; write it as in http://127.0.0.1:4140")
    return _write_base_url(parts)


def is_loopback(host: str) -> bool:
    """Whether *host*, a name or an address without brackets, is this machine and reached by it alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def is_loopback_url(url: str) -> bool:
    """Whether a base url names this machine alone."""
    return is_loopback(urlsplit(url).hostname or "")


def _write_base_url(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    usual_port = {"http": 80, "https": 443}[parts.scheme]
    port = "" if parts.port in {None, usual_port} else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def read_optional_base_url(given: Given | None) -> str | None:
    """The address people choose for this Fils; None leaves it to host and port."""
    return None if given is None else read_base_url(given.text, source=given.source)


def read_prefix_links(given: Given | None, base_url: str | None) -> bool:
    """Whether links of the API carry their account's prefix, which only a name can have before it."""
    if given is None or not read_switch(given):
        return False
    host = urlsplit(base_url or DEFAULT_BASE_URL).hostname or ""
    if _is_address(host):
        raise given.refusal(
            "a prefix cannot stand before an IP address; name a base url as in http://localhost:4140"
        )
    return True


def read_host(given: Given | None) -> str:
    """An address or name to listen on, without brackets."""
    if given is None:
        return DEFAULT_HOST
    host = given.text.removeprefix("[").removesuffix("]")
    if not _is_host(host):
        raise given.refusal("write an IP address or a host name alone, such as 127.0.0.1 or 0.0.0.0")
    return host


def read_listen(given: Given | None) -> Listen | None:
    """An address or name of this machine, without brackets, and a TCP port; None if nobody named any."""
    if given is None:
        return None
    host, _, port = given.text.rpartition(":")
    is_bracketed = host.startswith("[") and host.endswith("]")
    name = host[1:-1] if is_bracketed else host
    is_port = re.fullmatch(r"[0-9]{1,5}", port) and int(port) <= _PORT_MAX
    if not is_port or not _is_host(name) or is_bracketed is not (":" in name):
        raise given.refusal(
            "write an address of this machine and a port, such as 127.0.0.1:9140 or [::1]:9140"
        )
    return Listen(name, int(port))


def _is_host(text: str) -> bool:
    # Four numbers that are no address would otherwise pass for a name.
    is_name = _HOST_NAME.fullmatch(text) is not None and not re.fullmatch(r"[0-9.]+", text)
    return is_name or _is_address(text)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def read_networks(given: Given | None) -> tuple[Network, ...]:
    """IP addresses and networks; none if nobody named any."""
    if given is None:
        return ()
    networks = tuple(_read_network(given, text) for text in _items(given))
    if any(network.prefixlen == 0 for network in networks):
        raise given.refusal(
            "a network of all addresses would let everybody say who they are; name the proxies"
        )
    return networks


def _read_network(given: Given, text: str) -> Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        raise given.refusal(
            f"{text!r} is neither an IP address nor a network such as 10.0.0.0/24 whose last bits are 0"
        ) from None


def read_hosts(given: Given | None) -> frozenset[str]:
    """Host names and addresses without ports, in lower case; none if nobody named any."""
    if given is None:
        return frozenset()
    hosts = [text.removeprefix("[").removesuffix("]").lower() for text in _items(given)]
    for host in hosts:
        if not _is_host(host):
            raise given.refusal(
                f"{host!r} is no host; write names or addresses alone, such as web or shop.test"
            )
    return frozenset(hosts)


def _items(given: Given) -> list[str]:
    """What stands between the commas. A comma too many says nothing."""
    return [item for part in given.text.split(",") if (item := part.strip())]


def read_port(given: Given | None) -> int:
    """A TCP port; 0 is any free one."""
    if given is None:
        return DEFAULT_PORT
    if not re.fullmatch(r"[0-9]{1,5}", given.text) or int(given.text) > _PORT_MAX:
        raise given.refusal(f"write a port from 0 to {_PORT_MAX}; 0 takes any free one")
    return int(given.text)
