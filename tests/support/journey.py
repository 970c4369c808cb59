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
from enum import StrEnum
from typing import Final
from urllib.parse import urljoin

from proofs.support.traffic import Told
from tests.support.bank_messages import track_id_of_start
from tests.support.customer import (
    CARD,
    DOCUMENTED_REQUEST,
    SUCCESS_URL,
    Answer,
    Customer,
    Shop,
    call,
    link_of,
)
from tests.support.gate import Hold

_TROUBLE: Final = (OSError, http.client.HTTPException)
_RETRY_S: Final = 0.3
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}
_WAY_BACK: Final = re.compile(r'href="([^"]*/knet/errors/[^"]*)"')
_SHOP: Final = "https://example.com/"
_TIME_IS_OVER: Final = "The time to pay is over"
_ONE_TIME_PASSWORD: Final = "123456"
"""Sent with every confirmation; the bank looks at it where it asked for one."""


class NotYet(Exception):
    """The server is there and cannot answer: the step is done again."""


class Afterwards(StrEnum):
    """What shop and customer do after the crash."""

    GO_ON = "go on"
    REPEAT = "repeat"
    """The answer to their last step never reached them, so they do that step again and go on."""
    LEAVE = "leave"
    """Nobody is ever seen again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """What is sold to whom."""

    channel: str
    expiry: tuple[str, str]
    digits: str = CARD[1]
    """Of the card, after the prefix."""
    afterwards: Afterwards


class Journey:
    """A payment on its way."""

    def __init__(self, shop: Shop, sale: Sale, told: Told) -> None:
        self.sale = sale
        self.track_id = ""
        self.landed_at = ""
        self.payment_id = ""
        self.came_too_late = False
        """Whether the link was opened after its time, as on a machine that is very slow."""
        self._shop = shop
        self._told = told
        self._customer = Customer()
        self._news: Customer | None = None
        """The browser with the page whose button carries the news (mode L)."""
        self._setup_id = ""
        self._link = ""
        self._start_url = ""
        self._card_page_url = ""
        self._way_back = ""
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

    def join(self) -> None:
        """Wait until the step that was held has ended, one way or another."""
        if self._in_flight is not None:
            self._in_flight.join()

    def go_on(self, *, until: float) -> None:
        """After the crash: the rest of the way."""
        self.join()
        if self.sale.afterwards is Afterwards.REPEAT:
            self._done_count -= 1
        for step in self._steps[self._done_count :]:
            self._insist(step, until)
            if self.came_too_late:
                return

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
        answer = self._shop.post(f"/payments/setups/{self._setup_id}/confirm/knet")
        if answer.status == 422:
            # The answer to an earlier confirm was lost: the setup has the payment.
            payment = _answered(self._shop.get(f"/payments/setups/{self._setup_id}"), 200).json()[
                "latest_payment"
            ]
            assert isinstance(payment, dict)
        else:
            payment = _answered(answer, 202).json()
            self._told.payments.append(str(payment["id"]))
        self._link, self.payment_id = link_of(payment), str(payment["id"])

    def _open_link(self) -> None:
        answer = call("GET", self._link)
        self.came_too_late = answer.status == 410 or _TIME_IS_OVER in answer.text
        if self.came_too_late:
            return
        self._start_url = _answered(answer, 302).location
        self.track_id = track_id_of_start(self._start_url)

    def _start_order(self) -> None:
        path = _answered(call("GET", self._start_url), 302).location
        self._card_page_url = urljoin(self._start_url, path)

    def _see_card_page(self) -> None:
        page = _answered(call("GET", self._card_page_url), 200)
        self._customer.url, self._customer.page = self._card_page_url, page.text

    def _enter_card(self) -> None:
        self._see_card_page()
        self._customer.fill_in_card(self.sale.expiry, digits=self.sale.digits)
        if 'name="proceedConfirm"' not in self._customer.page:
            raise NotYet

    def _end_order(self) -> None:
        """Press Confirm: in mode N the browser is sent to us, in mode L it has the form; after a crash neither."""
        url, body = self._customer.form({"proceedConfirm": "1", "debitOTP": _ONE_TIME_PASSWORD})
        answer = call("POST", url, body=body, headers=_FORM)
        way_back = _WAY_BACK.search(answer.text)
        if answer.status == 303:
            self._way_back = answer.location
        elif way_back is not None:
            self._way_back = html.unescape(way_back[1])
        elif answer.status == 200:
            self._news = Customer(url, answer.text)
        else:
            raise NotYet

    def _come_back(self) -> None:
        if self._news is not None and not self._way_back:
            url, body = self._news.form({})
            answer = call("POST", url, body=body, headers=_FORM)
        else:
            answer = call("GET", self._way_back)
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
