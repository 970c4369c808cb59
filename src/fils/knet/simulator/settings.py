"""What the simulated bank is told when it starts. It reads no environment and no file of its own accord."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from fils.knet.simulator.chance import seeded_delay
from fils.knet.simulator.faults import NO_FAULTS, Faults
from fils.knet.wire import NotificationMode, TerminalKey

DEFAULT_APPROVING_EXPIRY: Final = (2030, 9)
"""Year and month that the test card is approved with, as payment service providers publish it (Tap and
MyFatoorah, test cards); it has moved with the years."""
LOOPBACK: Final = "loopback"
"""Among a terminal's error origins it stands for every origin of this machine, as while a shop is being written."""
DEFAULT_REVERSAL_DELAY_MAX: Final = timedelta(seconds=120)
"""Longest time until what a merchant did not take is given back. KNET publishes no length."""


@dataclass(frozen=True, slots=True)
class SimulatorTerminal:
    """A terminal that the simulated bank knows, as KNET's portal would list it."""

    tranportal_id: str
    password: str = field(repr=False)
    key: TerminalKey = field(repr=False)
    error_origins: frozenset[str]
    """Origins (``http://127.0.0.1:4140``) that a browser may be sent to as errorURL. Nothing in an errorURL is
    authenticated, so that without this list the simulator would redirect anybody anywhere."""
    merchant_name: str = "Test merchant"
    """Shown to the customer on the card page."""
    mode: NotificationMode = NotificationMode.SERVER_TO_SERVER
    """How its merchant is told."""
    active: bool = True
    """Whether it may start payments and ask; the bank can switch a terminal off."""
    refunds: bool = True
    """Whether it may refund. KNET opens that action terminal by terminal."""
    inquiry_says_success: bool = False
    """Whether an inquiry calls a paid order SUCCESS instead of CAPTURED. KNET says both, so shops must read both."""
    error_by_post: bool = False
    """Whether the browser carries an error by a form it posts, instead of by the address it is sent to."""
    error_at_response_url: bool = False
    """In mode L: whether the browser carries an error of an order to responseURL, always by a form; KNET does both."""
    faults: Faults = NO_FAULTS
    """What goes wrong with all its orders, until the control API says otherwise."""

    def registers(self, origin: str) -> bool:
        """Tell whether a browser may be sent to an errorURL of that *origin*."""
        is_own = LOOPBACK in self.error_origins and _is_loopback(urlsplit(origin).hostname or "")
        return is_own or origin in self.error_origins


@dataclass(frozen=True, slots=True)
class SimulatorSettings:
    """Everything that can be chosen about the simulated bank."""

    books: Path
    """The SQLite file of the bank's books; it is made when absent. Its folder must exist."""
    terminals: tuple[SimulatorTerminal, ...]
    base_path: str = ""
    """Where the app is mounted, such as ``/kpg``; no slash at the end. Links on its pages start with it."""
    approving_expiry: tuple[int, int] = DEFAULT_APPROVING_EXPIRY
    """Year and month; a card with any other expiry is declined."""
    page_limit: timedelta = timedelta(minutes=15)
    """How long after its start an order may be paid. KNET has such a limit and publishes no length."""
    notification_timeout: timedelta = timedelta(seconds=10)
    """How long the merchant may take to answer a notification. KNET publishes no length."""
    seed: int = 0
    """What the delays below and other chances follow from, together with the payment id."""
    reversal_delay_max: timedelta = DEFAULT_REVERSAL_DELAY_MAX
    """Longest time between news that were not taken and the money's way back; an inquiry says CAPTURED meanwhile."""
    capture_delay_max: timedelta = timedelta(seconds=120)
    """Longest time between HOST TIMEOUT and the capture that it hid."""
    allowed_hosts: frozenset[str] = frozenset()
    """Host names that may be notified beside loopback."""
    fonts: Path | None = None
    """A folder with ``noto-sans-arabic.woff2``; without it pages use the visitor's own fonts."""
    strict_characters: bool = True
    """Refuse the characters that KNET's manual forbids in track ids and user fields. Live traffic shows some of
    them accepted, hence the switch."""

    def terminal(self, tranportal_id: str) -> SimulatorTerminal | None:
        """Return the terminal of that id, or None."""
        return next((t for t in self.terminals if t.tranportal_id == tranportal_id), None)

    def reversal_delay(self, payment_id: str) -> timedelta:
        """Return how long after news that were not taken the money of an order goes back."""
        return seeded_delay(self.seed, payment_id, "reversal", self.reversal_delay_max)

    def capture_delay(self, payment_id: str) -> timedelta:
        """Return how long after HOST TIMEOUT an order turns out captured."""
        return seeded_delay(self.seed, payment_id, "capture", self.capture_delay_max)

    def may_notify(self, url: str) -> bool:
        """Tell whether the host of an absolute *url* is loopback or listed, so that it may be called."""
        host = urlsplit(url).hostname or ""
        return host in self.allowed_hosts or _is_loopback(host)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
