"""The values that fields of several bodies share, with the limits that Checkout.com documents (Payment Setup API)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Final

from msgspec import Meta

from fils.domain.payment_setup import AMOUNT_MAX

PLAIN: Final = r"\A[^\x00-\x1f\x7f-\x9f]*\Z"
"""No control characters: what Fils acts on reaches reports, screens and header lines."""

Amount = Annotated[int, Meta(ge=1, le=AMOUNT_MAX, description="In the minor unit: 1000 is 1.000 KWD.")]
OtherAmount = Annotated[int, Meta(ge=0)]
"""An amount that Fils only carries, in the minor unit."""
Count = Annotated[int, Meta(ge=0)]
Country = Annotated[str, Meta(pattern=r"\A[A-Za-z]{2}\Z", description="Two letters of ISO 3166-1.")]
CurrencyCode = Annotated[str, Meta(pattern=r"\A[A-Za-z]{3}\Z", description="Three letters of ISO 4217.")]
"""A currency that Fils only carries."""
Day = date
"""``yyyy-MM-dd``."""
Moment = datetime
"""RFC 3339, with or without an offset."""

Number = int | float
"""Any number that Fils only carries. It never becomes money, and nothing is reckoned with it."""
PERCENTAGE_DECIMALS_MAX: Final = 8
Percentage = Annotated[float, Meta(ge=0, le=100, description="A number with at most 8 decimals.")]

Anything = Any
"""A field whose form is documented nowhere."""
