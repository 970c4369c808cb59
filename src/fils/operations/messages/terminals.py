"""What can be asked about terminals. Their secrets go in through the door and never come out of it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from fils.operations.messages.secretive import Secretive


class AddTerminal(Secretive, frozen=True, tag="add_terminal"):
    """Store a terminal."""

    name: str
    bank: str
    mode: str
    """``N`` or ``L``."""
    tranportal_id: str
    password: str
    resource_key: str
    by: str
    account: str | None = None


class PreviewTerminal(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="preview_terminal"):
    """Whether a terminal could be added, before anybody is asked for its secrets."""

    name: str
    bank: str
    tranportal_id: str | None = None
    """None if it is not known yet."""
    account: str | None = None


class RotateTerminal(Secretive, frozen=True, tag="rotate_terminal"):
    """Give a terminal a new password and key."""

    terminal: str
    password: str
    resource_key: str
    by: str


class ChangeTerminal(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="change_terminal"):
    """Change what is not None."""

    terminal: str
    by: str
    name: str | None = None
    mode: str | None = None


class SwitchTerminal(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="switch_terminal"):
    """Let a terminal start payments, or nothing new."""

    terminal: str
    on: bool
    by: str


class ListTerminals(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="list_terminals"):
    """The terminals of an account, or of all."""

    account: str | None = None


class ShowTerminal(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="show_terminal"):
    """One terminal."""

    terminal: str


class CheckTerminal(Secretive, frozen=True, tag="check_terminal"):
    """Ask the bank whether it takes the terminal's credentials."""

    terminal: str
    version: int | None = None
    """None means the newest."""
    new_password: str | None = None
    """Tried in the place of theirs."""


TerminalRequest = (
    AddTerminal
    | PreviewTerminal
    | RotateTerminal
    | ChangeTerminal
    | SwitchTerminal
    | ListTerminals
    | ShowTerminal
    | CheckTerminal
)


class CredentialsEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A version of credentials, without its secrets."""

    version: int
    tranportal_id: str
    usable_from: datetime


class TerminalEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A terminal as an operator sees it."""

    id: str
    account_id: str
    account_name: str
    name: str
    mode: str
    """``N`` or ``L``."""
    bank: str | None
    """``test`` or ``production`` if it is one of KNET's two systems."""
    bank_url: str
    credentials: tuple[CredentialsEntry, ...]
    """Oldest first."""
    created_at: datetime
    disabled_at: datetime | None


class TerminalList(msgspec.Struct, frozen=True, tag="terminal_list"):
    """Terminals, in the order of their ids."""

    terminals: tuple[TerminalEntry, ...]


class TerminalPreview(msgspec.Struct, frozen=True, tag="terminal_preview"):
    """A terminal that can be added."""

    name: str
    account_name: str
    bank: str | None
    """``test`` or ``production`` if it is one of KNET's two systems."""
    bank_url: str


class TerminalChecked(msgspec.Struct, frozen=True, tag="terminal_checked"):
    """What the bank said to a terminal's credentials."""

    terminal: TerminalEntry
    credentials_version: int
    verdict: str
    code: str | None
    detail: str


TerminalAnswer = TerminalList | TerminalPreview | TerminalChecked
