"""The connector, with each inquiry told of."""

from __future__ import annotations

import asyncio
from typing import Final

from fils.application.ports import Answer, Connector, Inquiry, PaymentStart
from fils.domain.errors import ConnectorError, NotSent
from fils.telemetry import lines
from fils.telemetry import metrics_table as metrics
from fils.telemetry.lines import tell
from fils.telemetry.meters import Meters

_NOT_SENT: Final = "not_sent"
_NO_ANSWER: Final = "no_answer"


class WatchedConnector:
    """Implements the port ``Connector`` by another one."""

    def __init__(self, connector: Connector, meters: Meters) -> None:
        self._connector = connector
        self._meters = meters

    def start_url(self, start: PaymentStart) -> str:
        """As the connector makes it."""
        return self._connector.start_url(start)

    async def inquire(self, inquiry: Inquiry) -> Answer:
        """As the connector does, with the same errors."""
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            answer = await self._connector.inquire(inquiry)
        except ConnectorError as error:
            self._tell(inquiry, _NOT_SENT if isinstance(error, NotSent) else _NO_ANSWER, clock() - began)
            raise
        self._tell(inquiry, answer.statement.outcome.value, clock() - began)
        return answer

    def _tell(self, inquiry: Inquiry, result: str, duration_s: float) -> None:
        self._meters.add(metrics.INQUIRIES, result)
        self._meters.observe(metrics.INQUIRY_SECONDS, duration_s)
        tell(
            lines.INQUIRY,
            result=result,
            duration_ms=round(duration_s * 1000, 3),
            terminal_id=inquiry.terminal_id,
            track_id=inquiry.track_id,
        )
