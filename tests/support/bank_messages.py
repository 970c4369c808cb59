"""What passes between the sandbox and its bank, read for its track id alone."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qs, urlsplit

from fils.bootstrap.sandbox_setup import SANDBOX_TERMINALS
from fils.knet import wire

NOTIFICATIONS: Final = "/knet/notifications/"
"""Before a terminal's id: where Fils is told how an order ended."""

_PIPE: Final = "/kpg/tranPipe.htm"
_TRACK_ID: Final = re.compile(rb"<trackid>(\w+)</trackid>")
_KEYS: Final = {
    name: wire.TerminalKey(terminal.key)
    for terminal in SANDBOX_TERMINALS
    for name in (str(terminal.terminal_id), terminal.tranportal_id)
}
"""By what Fils calls a terminal, and by what the bank calls it."""


def track_id_of_start(url: str) -> str:
    """The track id in the address that starts a payment at the bank."""
    fields = parse_qs(urlsplit(url).query)
    key = _KEYS[fields["tranportalId"][0]]
    return wire.parse_form(wire.decrypt(fields["trandata"][0], key))["trackid"]


def track_id_of_message(path: str, body: bytes) -> str:
    """The track id of a notification or an inquiry; nothing for whatever else passes."""
    if path.startswith(NOTIFICATIONS):
        _, trandata = wire.read_notification_body(body)
        return wire.read_payment_response(trandata, _KEYS[path.removeprefix(NOTIFICATIONS)]).track_id
    found = _TRACK_ID.search(body) if path.startswith(_PIPE) else None
    return found[1].decode() if found else ""
