"""What the store holds of terminals: how their secrets are sealed there."""

from __future__ import annotations

from fils.domain.identifiers import TerminalId


def password_purpose(terminal_id: TerminalId, version: int) -> str:
    """What a password is sealed for: a row that was put in another's place does not open."""
    return f"terminal password {terminal_id} {version}"


def key_purpose(terminal_id: TerminalId, version: int) -> str:
    """What a terminal resource key is sealed for."""
    return f"terminal resource key {terminal_id} {version}"
