"""A shop and its customer, over HTTP alone: what whole-payment tests do when they need no real browser."""

from __future__ import annotations

import html
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from typing import Final

from fils.config import SANDBOX_CHANNEL, SANDBOX_KEY

SUCCESS_URL: Final = "https://example.com/payments/success"
FAILURE_URL: Final = "https://example.com/payments/failure"
DOCUMENTED_REQUEST: Final[Mapping[str, object]] = {
    "amount": 1000,
    "currency": "KWD",
    "processing_channel_id": SANDBOX_CHANNEL,
    "reference": "ORD-5023-4E89",
    "payment_methods": {"knet": {"language": "en"}},
    "settings": {"success_url": SUCCESS_URL, "failure_url": FAILURE_URL},
}
"""Checkout.com, KNET, Payment Setup API: the request of the documented example."""
APPROVING: Final = ("9", "2030")
"""The expiry, month and year, that the simulator approves."""
DECLINING: Final = ("5", "2029")
CARD: Final = "888888", "4913572680"
PIN: Final = "7391"
"""Digits that stand nowhere else, so that they can be looked for."""
_SHOPS: Final = ("https://example.com/", "https://shop.example/")
"""Where nobody is at home: a browser that is led there has arrived."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """A redirect is an answer like any other: the test decides where to go."""


_OPENER: Final = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Answer:
    """What a server said."""

    status: int
    headers: Message
    text: str

    @property
    def location(self) -> str:
        """Where a redirect leads."""
        return str(self.headers["Location"])

    def json(self) -> dict[str, object]:
        """The body as a JSON object."""
        value = json.loads(self.text)
        assert isinstance(value, dict)
        return value


def call(
    method: str, url: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> Answer:
    """One request, no redirect followed, no error raised for a status."""
    request = urllib.request.Request(url, data=body, headers=dict(headers or {}), method=method)
    try:
        with _OPENER.open(request, timeout=20) as answer:
            return Answer(answer.status, answer.headers, answer.read().decode())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.headers, error.read().decode())


@dataclass(frozen=True)
class Shop:
    """A shop that calls the API."""

    base_url: str
    key: str = field(default=SANDBOX_KEY, repr=False)

    def post(self, path: str, body: object = None) -> Answer:
        """A POST with a JSON body, or none."""
        octets = b"" if body is None else json.dumps(body).encode()
        return call("POST", self.base_url + path, body=octets, headers=self._headers())

    def get(self, path: str) -> Answer:
        """A GET."""
        return call("GET", self.base_url + path, headers=self._headers())

    def confirmed(self, **changes: object) -> dict[str, object]:
        """Create the documented setup with *changes* and confirm it; returns the answer of the confirm."""
        setup = self.post("/payments/setups", {**DOCUMENTED_REQUEST, **changes})
        assert setup.status == 200, setup.text
        confirmed = self.post(f"/payments/setups/{setup.json()['id']}/confirm/knet")
        assert confirmed.status == 202, confirmed.text
        return confirmed.json()

    def payment(self, name: object) -> dict[str, object]:
        """The payment of that id or session id."""
        answer = self.get(f"/payments/{name}")
        assert answer.status == 200, answer.text
        return answer.json()

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}


def link_of(confirmed: Mapping[str, object]) -> str:
    """The address the customer is sent to."""
    links = confirmed["_links"]
    assert isinstance(links, dict)
    return str(links["redirect"]["href"])


@dataclass
class Customer:
    """A customer with a browser that has no JavaScript, one step at a time."""

    url: str = ""
    page: str = ""

    def open(self, url: str) -> str:
        """Open *url* and follow redirects until a page, or an address of the shop, which is returned unopened."""
        return self._follow(call("GET", url), url)

    def fill_in_card(self, expiry: tuple[str, str] = APPROVING, *, digits: str = CARD[1]) -> None:
        """Fill in the card page and submit it; the confirm step is shown. *digits* are those after the prefix."""
        month, year = expiry
        card = {"dcprefix": CARD[0], "debitNumber": digits, "month": month, "year": year}
        self._submit(card | {"bank": self._bank(), "cardPin": PIN, "proceed": "1"})

    def confirm(self) -> str:
        """Confirm; returns where the browser ends up: at the shop, a page of ours or, in mode L, one of the bank's."""
        return self._submit({"proceedConfirm": "1"})

    @property
    def carries_news(self) -> bool:
        """Whether the page is the bank's with the button that carries the news to the merchant (mode L)."""
        return 'name="trandata"' in self.page

    def hand_over(self) -> str:
        """Press that button; returns where the browser ends up."""
        return self._submit({})

    def confirm_and_leave(self) -> str:
        """Confirm, and close the browser before it follows the redirect to our return address."""
        return self._post({"proceedConfirm": "1"}).location

    def cancel(self) -> str:
        """Press Cancel on the card page."""
        return self._submit({"cancel": "1"})

    def pay(self, link: str, expiry: tuple[str, str] = APPROVING) -> str:
        """The whole way from the link to the shop's address."""
        self.open(link)
        self.fill_in_card(expiry)
        end = self.confirm()
        return self.hand_over() if self.carries_news else end

    def pay_and_leave(self, link: str, expiry: tuple[str, str] = APPROVING) -> str:
        """The whole way up to the redirect to our return address, which is returned and not followed."""
        self.open(link)
        self.fill_in_card(expiry)
        return self.confirm_and_leave()

    def _submit(self, fields: Mapping[str, str]) -> str:
        return self._follow(self._post(fields), self.form(fields)[0])

    def form(self, fields: Mapping[str, str]) -> tuple[str, bytes]:
        """The address and body that a button of the page sends, with *fields* filled in."""
        hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', self.page)
        action = re.search(r'<form[^>]* action="([^"]+)"', self.page)
        assert action is not None, self.page
        body = urllib.parse.urlencode({**dict(hidden), **fields}).encode()
        return urllib.parse.urljoin(self.url, html.unescape(action[1])), body

    def _post(self, fields: Mapping[str, str]) -> Answer:
        url, body = self.form(fields)
        return call("POST", url, body=body, headers={"Content-Type": "application/x-www-form-urlencoded"})

    def _follow(self, answer: Answer, url: str) -> str:
        for _ in range(10):
            if answer.status not in (301, 302, 303, 307):
                break
            url = urllib.parse.urljoin(url, answer.location)
            if url.startswith(_SHOPS):
                self.url, self.page = url, ""
                return url
            answer = call("GET", url)
        self.url, self.page = url, answer.text
        return url

    def _bank(self) -> str:
        options = re.findall(r'<option value="([^"]+\[KNET1\][^"]*)"', self.page)
        return html.unescape(options[0])
