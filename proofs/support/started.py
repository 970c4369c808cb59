"""A payment whose customer is on the bank's page, and all that an attacker or the bank knows of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

from fils.bootstrap.sandbox_setup import SANDBOX_TERMINALS, SandboxTerminal
from fils.knet import wire
from proofs.support.padding import BLOCK, known_plaintext
from tests.support.customer import Shop, call, link_of

_FORM: Final = "application/x-www-form-urlencoded"
_TERMINALS: Final = {terminal.mode.value: terminal for terminal in SANDBOX_TERMINALS}


@dataclass(frozen=True, slots=True)
class StartedPayment:
    """A payment of one of the sandbox's terminals."""

    payment_id: str
    start_url: str
    """Where the browser was sent: it stands in the customer's history."""
    terminal: SandboxTerminal = field(repr=False)

    @property
    def notification_path(self) -> str:
        """Where Fils takes the terminal's news."""
        return f"/knet/notifications/{self.terminal.terminal_id}"

    @property
    def key(self) -> bytes:
        """What no attacker may find out."""
        return self.terminal.key.encode()

    @property
    def terminal_key(self) -> wire.TerminalKey:
        """The same, for the wire."""
        return wire.TerminalKey(self.terminal.key)

    @property
    def first_block(self) -> bytes:
        """The first block of the start message's ciphertext."""
        return bytes.fromhex(self._parameter("trandata"))[:BLOCK]

    @property
    def known_plaintext(self) -> bytes:
        """Its plaintext, which needs no key to be known."""
        return known_plaintext(self._parameter("tranportalId"))

    def request(self) -> wire.PaymentRequest:
        """What the start message asks for, as the bank reads it."""
        return wire.read_payment_request(self._parameter("trandata"), self.terminal_key)

    def notification(self, trandata: str) -> tuple[bytes, str]:
        """The body that carries *trandata* in the terminal's mode, and its media type."""
        if self.terminal.mode is wire.NotificationMode.SERVER_TO_SERVER:
            return trandata.encode(), _FORM
        fields = {"paymentid": "100202600100000001", "trackid": "TRACK", "trandata": trandata}
        return urlencode(fields).encode(), _FORM

    def _parameter(self, name: str) -> str:
        return parse_qs(urlsplit(self.start_url).query)[name][0]


def start_payment(base_url: str, mode: str) -> StartedPayment:
    """Create and confirm a payment of the terminal in *mode* (``N`` or ``L``), and open its link."""
    terminal = _TERMINALS[mode]
    confirmed = Shop(base_url).confirmed(processing_channel_id=terminal.channel_id)
    sent = call("GET", link_of(confirmed))
    return StartedPayment(str(confirmed["id"]), sent.location, terminal)
