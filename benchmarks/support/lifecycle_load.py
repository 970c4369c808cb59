"""
Load generator: whole payments. It is the shop, and the customer's browser without JavaScript.

Ten requests make a lifecycle: create, confirm, the link, the bank's start, card page, card, confirm page, confirmation,
our return address, and the shop's own look at the payment. The browser stops before it would leave for the shop.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import aiohttp
import yarl

from benchmarks.support.load import Step, Unexpected, answer_to, generate, load_options
from benchmarks.support.payments_api import HEADERS, SETUP_BODY, SUCCESS_URL

_TOKEN: Final = re.compile(rb'name="token" value="([^"]+)"')
_BANK_OPTION: Final = re.compile(rb'<option value="([^"]+\[KNET1\][^"]*)"')


class Lifecycle:
    """One shop and its customers, over one pool of connections."""

    def __init__(self, session: aiohttp.ClientSession, fils_url: str) -> None:
        self._session = session
        self._fils_url = fils_url

    async def run(self) -> None:
        """One payment from its creation to Captured."""
        setup = await self._call("/payments/setups", SETUP_BODY, 200)
        payment = await self._call(f"/payments/setups/{setup['id']}/confirm/knet", b"", 202)
        returned_to = await self._pay(payment["_links"]["redirect"]["href"])
        if not returned_to.startswith(f"{SUCCESS_URL}?"):
            raise Unexpected(f"the browser was sent to {urlsplit(returned_to).path}")
        _, body = await answer_to(
            self._session.get(self._api_url(f"/payments/{payment['id']}"), headers=HEADERS), 200
        )
        status = json.loads(body)["status"]
        if status != "Captured":
            raise Unexpected(f"the payment is {status}")

    async def _call(self, path: str, body: bytes, status: int) -> dict[str, Any]:
        _, answer = await answer_to(
            self._session.post(self._api_url(path), data=body, headers=HEADERS), status
        )
        document: dict[str, Any] = json.loads(answer)
        return document

    async def _pay(self, link: str) -> str:
        """Go from the redirect link through the bank's pages and back; returns where the shop would take over."""
        start = await self._follow(link)
        card_page = await self._follow(start)
        form, page = await self._read_form(card_page)
        option = _BANK_OPTION.search(page)
        if option is None:
            raise Unexpected("the card page offers no test bank")
        card = {
            "bank": option.group(1).decode(),
            "dcprefix": "888888",
            "debitNumber": "0000000001",
            "month": "9",
            "year": "2030",
            "cardPin": "1234",
            "proceed": "1",
        }
        confirm_page = await self._submit(card_page, form | card)
        form, _ = await self._read_form(confirm_page)
        return_url = await self._submit(confirm_page, form | {"proceedConfirm": "1"})
        return await self._follow(return_url)

    async def _follow(self, url: str) -> str:
        """Open an address that answers with a redirect, and return where to."""
        answer, _ = await answer_to(self._session.get(_exactly(url), allow_redirects=False), 302, 303)
        return urljoin(url, answer.headers["Location"])

    async def _read_form(self, page_url: str) -> tuple[dict[str, str], bytes]:
        """The hidden fields of a page's form, and the page."""
        _, page = await answer_to(self._session.get(_exactly(page_url)), 200)
        token = _TOKEN.search(page)
        if token is None:
            raise Unexpected("a page of the bank has no token")
        return {"PaymentID": page_url.rpartition("=")[2], "token": token.group(1).decode()}, page

    async def _submit(self, page_url: str, form: dict[str, str]) -> str:
        """Send a page's form, and return where the answer leads."""
        url = urljoin(page_url, "paymentrouter.htm")
        answer, _ = await answer_to(self._session.post(_exactly(url), data=form, allow_redirects=False), 303)
        return urljoin(page_url, answer.headers["Location"])

    def _api_url(self, path: str) -> yarl.URL:
        return _exactly(self._fils_url + path)


def _exactly(url: str) -> yarl.URL:
    """The address as it is written."""
    return yarl.URL(url, encoded=True)


def main() -> None:
    parser = load_options(__doc__)
    parser.add_argument("--fils-url", required=True)
    options = parser.parse_args()

    def open_step(session: aiohttp.ClientSession) -> Step:
        return Lifecycle(session, options.fils_url).run

    generate(options, open_step)


if __name__ == "__main__":
    main()
