"""The system's clock, as the use cases' ``Clock``. Nothing else in Fils reads the time."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """The time of this machine."""

    def now(self) -> datetime:
        """Aware UTC time."""
        return datetime.now(UTC)
