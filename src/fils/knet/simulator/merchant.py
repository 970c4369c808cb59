"""
Telling the merchant's server: one POST of the encrypted result, one strict line back.

KNET calls this merchant notification. It sends the bare upper-case hex as the body, accepts nothing but a 200 with
``REDIRECT=<url>``, does not try twice as far as is known, and reverses what it could not deliver (KNET Merchant
Integration Manual K-064, sections 5 and 9; the bare body is what KNET's own sample reads).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from fils.knet.simulator.books import Order
from fils.knet.wire import (
    MessageUnreadable,
    PaymentResponse,
    TerminalKey,
    read_redirect_answer,
    write_payment_response,
)

if TYPE_CHECKING:
    import aiohttp

_LONGEST_ANSWER: Final = 8_192


class NotDelivered(Exception):
    """The merchant did not take the news: refused, slow, another status, another text, a redirect."""


class Merchant:
    """Calls merchants over HTTP. Open it inside the event loop that uses it, and close it."""

    def __init__(self, timeout: timedelta) -> None:
        # aiohttp takes a quarter of a second to import; only a running bank needs it.
        import aiohttp

        self._session: aiohttp.ClientSession = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=timeout.total_seconds()),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": "fils-knet-simulator"},
            auto_decompress=False,
            trust_env=False,
        )
        self._failures = (aiohttp.ClientError, TimeoutError, OSError, ValueError)

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def tell(self, order: Order, key: TerminalKey) -> str:
        """
        Send a finished order to its responseURL.

        Returns:
            The address that the merchant wants the customer's browser at.

        Raises:
            NotDelivered: If anything but the strict answer came, or nothing in time.
            ValueError: If the order is not finished.
        """
        body = write_payment_response(_message(order), key).encode("ascii")
        answer = b""
        try:
            async with self._session.post(
                order.placed.response_url,
                data=body,
                headers={"Content-Type": "application/x-www-form-urlencoded"},
                allow_redirects=False,
            ) as response:
                async for chunk in response.content.iter_any():
                    answer += chunk
                    if len(answer) > _LONGEST_ANSWER:
                        break
                status = response.status
        except self._failures as failure:
            raise NotDelivered from failure
        return _read_answer(status, answer)


def _read_answer(status: int, answer: bytes) -> str:
    if status != 200 or len(answer) > _LONGEST_ANSWER:
        raise NotDelivered
    try:
        return read_redirect_answer(answer)
    except MessageUnreadable as unreadable:
        raise NotDelivered from unreadable


def _message(order: Order) -> PaymentResponse:
    if order.result is None:
        raise ValueError("only a finished order is told")
    placed = order.placed
    udf1, udf2, udf3, udf4, udf5 = placed.user_fields
    return PaymentResponse(
        payment_id=order.payment_id,
        result=order.result.value,
        track_id=placed.track_id,
        amount=placed.amount,
        auth=order.auth,
        ref=order.ref,
        tran_id=order.tran_id,
        post_date=order.post_date,
        auth_resp_code=order.auth_resp_code,
        udf1=udf1,
        udf2=udf2,
        udf3=udf3,
        udf4=udf4,
        udf5=udf5,
    )
