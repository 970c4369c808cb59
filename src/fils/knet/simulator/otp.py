"""
The one-time password (OTP) that an issuer may ask for beside the confirm button. Pure.

It is imposed by the issuer; a merchant can neither ask for it nor turn it off. How long it is good and how many wrong
ones an issuer takes are not published: both numbers are our choice. What was typed is compared and forgotten.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

ONE_TIME_PASSWORD: Final = "123456"
"""What the simulated issuer sends to every telephone, and the page shows. KNET's field takes six digits."""
OTP_LIFETIME: Final = timedelta(minutes=3)
"""How long one is good after it was sent."""
OTP_TRIES: Final = 3
"""How many wrong ones end the order."""

_SIX_DIGITS: Final = re.compile("[0-9]{6}")


class OtpFault(StrEnum):
    """Why a one-time password was not accepted; each has a text in both languages."""

    MISSING = "missing"
    """Not six digits: a slip, not a try."""
    EXPIRED = "expired"
    """The time of the one that was sent is over, whatever was typed. Not a try either."""
    WRONG = "wrong"


def check_otp(typed: str, sent_at: datetime, at: datetime) -> OtpFault | None:
    """
    Compare what the customer typed.

    Args:
        typed: As it came; blanks are forgiven.
        sent_at: Aware time at which the issuer sent the one that counts.
        at: Aware time of the request.

    Returns:
        What is wrong with it, or None.
    """
    digits = "".join(typed.split())
    if not _SIX_DIGITS.fullmatch(digits):
        return OtpFault.MISSING
    if at > sent_at + OTP_LIFETIME:
        return OtpFault.EXPIRED
    return None if digits == ONE_TIME_PASSWORD else OtpFault.WRONG
