"""
The pair of errors everything in this package raises: whose fault it is, ours or the peer's.

The bank's own error codes are data, not exceptions; they live in ``error_codes``.
"""

from __future__ import annotations


class ProtocolError(Exception):
    """A KNET message could not be written or read. Always one of the two kinds below."""


class MessageInvalid(ProtocolError):
    """
    We were about to write a value that may not be written. Nothing left us; asking again changes nothing.

    The text names the field and the rule, never the value, so it may be logged for secret fields too.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field} {reason}")
        self.field = field
        """The wire's name of the field, such as ``trackid``."""
        self.reason = reason
        """The rule that was broken, such as ``is longer than 19 characters``."""


class MessageUnreadable(ProtocolError):
    """
    What came cannot be read: hex, padding, characters, fields, XML or anything else about it.

    It says nothing more on purpose. The initialisation vector of KNET's cipher is its key, so a receiver that
    shows whether padding or content was wrong gives the terminal's key away
    (`docs/explanation/knowing.md`, one refusal).
    """

    def __init__(self) -> None:
        super().__init__("the message cannot be read")
