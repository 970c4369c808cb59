"""
When refusals are answered: how long a source waits follows how often it was refused, and nothing that it sent.

KNET's cipher gives its key away to whoever can tell one refusal from another, and asks for about a thousand tries. So
no refusal is answered at once, and who is refused often waits in line. Valid messages are never asked about here.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
from collections import OrderedDict
from typing import Final

from starlette.types import Receive

REFUSED_AFTER_S: Final = 0.1
"""How long after it has come a message is refused at the earliest. Reading one whose padding is right takes some
microseconds longer, which can be measured and is hidden by this."""
REFUSALS_AT_ONCE: Final = 20
"""How many refusals of one source wait for nothing else."""
REFUSALS_APART_S: Final = 0.2
"""How far apart the further ones are answered."""
REFUSED_WITHIN_S: Final = 5
"""The longest that a refusal waits in line: a peer that hangs for minutes would cost more than its answer tells."""
SOURCES_MAX: Final = 10_000
"""How many sources are remembered; of more, the one that was refused least recently is forgotten."""

_IPV6_PREFIX_BITS: Final = 64
"""What one customer of a provider is given at least: a whole network, which counts as one source."""


class Refusals:
    """
    The line that each source's refusals wait in. Times are those of the event loop's clock.

    A source is held as one number: the time at which all its refusals so far have been spaced out.
    """

    def __init__(self, *, sources_max: int = SOURCES_MAX) -> None:
        self._sources_max = sources_max
        self._spaced_until: OrderedDict[str, float] = OrderedDict()

    def answer_at(self, source: str, *, came_at: float) -> float:
        """
        Count a refusal and say when it is answered.

        Args:
            source: Whose it is, as ``source_of`` names it.
            came_at: When the refused message had arrived.
        """
        free_at = came_at + REFUSALS_AT_ONCE * REFUSALS_APART_S
        line_end = max(self._spaced_until.pop(source, came_at), came_at) + REFUSALS_APART_S
        # Who has filled the line is not punished for longer than the line is.
        self._spaced_until[source] = min(line_end, free_at + REFUSED_WITHIN_S)
        if len(self._spaced_until) > self._sources_max:
            self._spaced_until.popitem(last=False)
        waits_s = self._spaced_until[source] - free_at
        return came_at + min(max(waits_s, REFUSED_AFTER_S), REFUSED_WITHIN_S)

    def __len__(self) -> int:
        """How many sources are remembered."""
        return len(self._spaced_until)


def source_of(host: str) -> str:
    """The source that a peer's address belongs to: the address itself, of an IPv6 address its network."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address), _IPV6_PREFIX_BITS), strict=False))


async def wait_in_line(until: float, receive: Receive) -> None:
    """Wait until that time of the loop's clock, or until the client hangs up: nothing waits for nobody."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout_at(until):
            while (await receive())["type"] != "http.disconnect":
                pass  # the rest of a body that was not read to its end
