"""
One payment, a step at a time: the shop's calls and the customer's, each of which can be the last before a crash.

A step that a crash has interrupted is done again, as a shop repeats its call and a customer reloads the page.
"""

from __future__ import annotations

import html
import http.client
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from proofs.support.traffic import Told
from tests.support.bank_messages import track_id_of_start
from tests.support.customer import DOCUMENTED_REQUEST, SUCCESS_URL, Answer, Customer, Shop, call, link_of
from tests.support.gate import Hold

_TROUBLE: Final = (OSError, http.client.HTTPException)
_RETRY_S: Final = 0.3
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}
_WAY_BACK: Final = re.compile(r'href="([^"]*/knet/errors/[^"]*)"')
_SHOP: Final = "https://example.com/"


class NotYet(Exception):
    """The server is there and cannot answer: the step is done again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """What is sold to whom."""

    channel: str
    expiry: tuple[str, str]
    goes_on: bool
    """Whether shop and customer go on after the crash; if not, nobody is ever seen again."""


class Journey:
    """A payment on its way."""

    def __init__(self, shop: Shop, sale: Sale, told: Told) -> None:
        self.sale = sale
        self.track_id = ""
        self.landed_at = ""
        self.payment_id = ""
        self._shop = shop
        self._told = told
        self._customer = Customer()
        self._setup_id = ""
        self._link = ""
        self._next_url = ""
        self._done_count = 0
        self._in_flight: threading.Thread | None = None
        self._steps: tuple[Callable[[], None], ...] = (
            self._create,
            self._confirm,
            self._open_link,
            self._start_order,
            self._see_card_page,
            self._enter_card,
            self._end_order,
            self._come_back,
        )

    def walk(self, step_count: int) -> None:
        """Do the steps up to that number."""
        for step in self._steps[self._done_count : step_count]:
            step()
            self._done_count += 1

    def walk_into(self, hold: Hold) -> None:
        """Begin the next step, and come back when *hold* keeps a message of it."""
        self._in_flight = threading.Thread(target=self._try_next_step, daemon=True)
        self._in_flight.start()
        hold.wait_until_reached()

    def go_on(self, *, until: float) -> None:
        """After the crash: the rest of the way."""
        if self._in_flight is not None:
            self._in_flight.join()
        for step in self._steps[self._done_count :]:
            self._insist(step, until)

    def reach_shop(self, *, until: float) -> None:
        """Look at the page that waits until it leads to the shop."""
        self._insist(self._look_for_shop, until)

    def _try_next_step(self) -> None:
        try:
            self.walk(self._done_count + 1)
        except (*_TROUBLE, NotYet):
            # The crash came first; the step is done again after it.
            return

    def _insist(self, step: Callable[[], None], until: float) -> None:
        while True:
            try:
                return step()
            except (*_TROUBLE, NotYet):
                if time.monotonic() > until:
                    raise
                time.sleep(_RETRY_S)

    def _create(self) -> None:
        body = {**DOCUMENTED_REQUEST, "processing_channel_id": self.sale.channel}
        self._setup_id = str(_answered(self._shop.post("/payments/setups", body), 200).json()["id"])
        self._told.setups.append(self._setup_id)

    def _confirm(self) -> None:
        confirmed = _answered(self._shop.post(f"/payments/setups/{self._setup_id}/confirm/knet"), 202).json()
        self._link, self.payment_id = link_of(confirmed), str(confirmed["id"])
        self._told.payments.append(self.payment_id)

    def _open_link(self) -> None:
        self._next_url = _answered(call("GET", self._link), 302).location
        self.track_id = track_id_of_start(self._next_url)

    def _start_order(self) -> None:
        path = _answered(call("GET", self._next_url), 302).location
        self._next_url = self._next_url.partition("/kpg/")[0] + path

    def _see_card_page(self) -> None:
        page = _answered(call("GET", self._next_url), 200)
        self._customer.url, self._customer.page = self._next_url, page.text

    def _enter_card(self) -> None:
        self._see_card_page()
        self._customer.fill_in_card(self.sale.expiry)
        if 'name="proceedConfirm"' not in self._customer.page:
            raise NotYet

    def _end_order(self) -> None:
        """Press Confirm: in mode N the browser is sent to us, in mode L it has the form; after a crash neither."""
        url, body = self._customer.form({"proceedConfirm": "1"})
        answer = call("POST", url, body=body, headers=_FORM)
        way_back = _WAY_BACK.search(answer.text)
        if answer.status == 303:
            self._next_url = answer.location
        elif way_back is not None:
            self._next_url = html.unescape(way_back[1])
        elif answer.status == 200:
            self._next_url, self._customer.page = "", answer.text
        else:
            raise NotYet

    def _come_back(self) -> None:
        if self._next_url:
            answer = call("GET", self._next_url)
        else:
            url, body = self._customer.form({})
            answer = call("POST", url, body=body, headers=_FORM)
        if answer.status >= 500:
            raise NotYet

    def _look_for_shop(self) -> None:
        end = Customer().open(self._link.removesuffix("/pay"))
        if not end.startswith(_SHOP):
            raise NotYet
        self.landed_at = end
        if end.startswith(SUCCESS_URL):
            self._told.captured.add(self.payment_id)


def _answered(answer: Answer, status: int) -> Answer:
    if answer.status >= 500:
        raise NotYet
    if answer.status != status:
        raise AssertionError(f"status {answer.status} instead of {status}: {answer.text[:500]}")
    return answer
