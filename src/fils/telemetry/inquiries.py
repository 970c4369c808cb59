"""The connector, with each inquiry told of."""

from __future__ import annotations

from typing import Final

from fils.application.ports import Answer, Connector, Inquiry, PaymentStart
from fils.application.telemetry import Telemetry, stopwatch_us
from fils.domain.errors import ConnectorError, NotSent

NOT_SENT: Final = "not_sent"
NO_ANSWER: Final = "no_answer"


class WatchedConnector:
    """Implements the port ``Connector`` by another one."""

    def __init__(self, connector: Connector, telemetry: Telemetry) -> None:
        self._connector = connector
        self._telemetry = telemetry

    def start_url(self, start: PaymentStart) -> str:
        """As the connector makes it."""
        return self._connector.start_url(start)

    async def inquire(self, inquiry: Inquiry) -> Answer:
        """As the connector does, with the same errors."""
        began_us = stopwatch_us()
        try:
            answer = await self._connector.inquire(inquiry)
        except ConnectorError as error:
            self._tell(inquiry, NOT_SENT if isinstance(error, NotSent) else NO_ANSWER, began_us)
            raise
        self._tell(inquiry, answer.statement.outcome.value, began_us)
        return answer

    def _tell(self, inquiry: Inquiry, result: str, began_us: int) -> None:
        self._telemetry.inquiry_ended(
            terminal_id=inquiry.terminal_id,
            track_id=inquiry.track_id,
            result=result,
            duration_us=stopwatch_us() - began_us,
        )
