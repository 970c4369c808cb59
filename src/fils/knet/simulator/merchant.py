"""
Calling the merchant's server: with the notification of mode N, or as the browser of mode L would.

KNET sends the bare upper-case hex as the body, accepts nothing but a 200 with ``REDIRECT=<url>`` and does not try
twice as far as is known (KNET Merchant Integration Manual K-064, sections 5 and 9; the bare body is what KNET's own
sample reads). What follows from an answer, or from none, is not decided here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from fils.knet.wire import MessageUnreadable, read_redirect_answer

if TYPE_CHECKING:
    import aiohttp

_LONGEST_ANSWER: Final = 8_192
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}


class NotDelivered(Exception):
    """
    The merchant did not take the news: refused, slow, another status, another text, a redirect.

    The message says which, in words that follow ``the merchant``, and repeats nothing of the answer.
    """


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

    async def notify(self, url: str, trandata: str) -> str:
        """
        Send encrypted news to a responseURL, from server to server.

        Returns:
            The address that the merchant wants the customer's browser at.

        Raises:
            NotDelivered: If anything but the strict answer came, or nothing in time.
        """
        status, answer = await self._post(url, trandata)
        if status != 200:
            raise NotDelivered(f"answered {status}, not 200")
        if len(answer) > _LONGEST_ANSWER:
            raise NotDelivered("answered with a page, not with the line REDIRECT= alone")
        try:
            return read_redirect_answer(answer)
        except MessageUnreadable as unreadable:
            raise NotDelivered(
                "answered something else than the line REDIRECT= and an address"
            ) from unreadable

    async def post_form(self, url: str, fields: Mapping[str, str]) -> None:
        """
        Post a form as the customer's browser does; what comes back is nobody's business, and not followed.

        Raises:
            NotDelivered: If no answer came in time.
        """
        await self._post(url, urlencode(fields))

    async def _post(self, url: str, body: str) -> tuple[int, bytes]:
        answer = b""
        try:
            async with self._session.post(
                url, data=body.encode("ascii"), headers=_FORM, allow_redirects=False
            ) as response:
                async for chunk in response.content.iter_any():
                    answer += chunk
                    if len(answer) > _LONGEST_ANSWER:
                        break
                return response.status, answer
        except self._failures as failure:
            raise NotDelivered(f"did not answer ({type(failure).__name__})") from failure
