"""Requests that carry a secret. They travel through the door, which is its owner's alone, and are never shown."""

from __future__ import annotations

import msgspec


class Secretive(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A request whose text says nothing of what is in it."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(...)"
