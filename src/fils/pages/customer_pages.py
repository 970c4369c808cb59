"""
What a customer is shown: one page about a payment, and one for when no payment can be shown.

How a payment stands is decided elsewhere; here it gets its words, its sign and the way on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from starlette.responses import Response

from fils.application.receipts import Receipt
from fils.domain.payment import Payment
from fils.domain.payment_setup import Language
from fils.pages.assets import asset_url
from fils.pages.facts import Fact, payment_facts, receipt_facts
from fils.pages.notices import Notice, notice_of
from fils.pages.texts import TEXTS, Message, Texts, amount_parts
from fils.pages.writing import shown, write_page

LOOK_AFTER_S: Final = 3
LOOK_AFTER_LONG_S: Final = 15
"""How soon a page that waits looks again, at first and after a minute."""
RETRY_AFTER_S: Final = 5

_MARKS: Final = {
    Notice.PAID: "good",
    Notice.NOT_APPROVED: "bad",
    Notice.NOT_COMPLETED: "bad",
    Notice.REVERSED: "bad",
    Notice.FAILED: "bad",
    Notice.WAITING: "wait",
    Notice.WAITING_LONG: "wait",
    Notice.UNAVAILABLE: "wait",
}
"""The sign beside the heading; ``calm`` for all others."""
_CALM: Final = "calm"


@dataclass(frozen=True, slots=True)
class Frame:
    """The addresses of what every page loads."""

    stylesheets: tuple[str, ...]
    icon: str

    @classmethod
    def of(cls, base_url: str) -> Frame:
        """The frame of pages under *base_url*."""
        styles = tuple(asset_url(base_url, name) for name in ("base.css", "pages.css"))
        return cls(styles, asset_url(base_url, "icon.svg"))


@dataclass(frozen=True, slots=True)
class Words:
    """What a page says, in one language."""

    texts: Texts
    message: Message


@dataclass(frozen=True, slots=True)
class Way:
    """A link on the page."""

    label: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentPage:
    """What ``payment.html`` is told."""

    frame: Frame
    words: Words
    mark: str
    merchant: str
    amount: str
    dinar: str
    facts: tuple[Fact, ...]
    note: str = ""
    """A word about the page itself: that it moves on, or can be kept."""
    way: Way | None = None
    """Where to go from here."""
    way_back: Way | None = None
    """The link again, for a customer whose visit to KNET's page came to nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemPage:
    """What ``problem.html`` is told."""

    frame: Frame
    mark: str
    words: tuple[Words, ...]
    """One, or one for each language when the customer's is not known."""


class CustomerPages:
    """Writes the pages a customer sees under one base url."""

    def __init__(self, base_url: str) -> None:
        self._frame = Frame.of(base_url)

    def write_result(self, receipt: Receipt, *, shop_url: str) -> Response:
        """
        Say how a payment ended, with everything a receipt shows, and offer the way back to the shop.

        It does not move on by itself: nobody can tell how long a customer reads, writes down or prints.

        Args:
            receipt: Of a decided payment.
            shop_url: Our address that leads to the shop.
        """
        texts = TEXTS[receipt.payment.language]
        page = self._page(
            receipt.payment,
            notice_of(receipt),
            merchant=receipt.merchant,
            facts=receipt_facts(texts, receipt),
            note=texts.keep,
            way=Way(texts.back_to_shop, shop_url),
        )
        return write_page("payment.html", page)

    def write_wait(self, payment: Payment, *, merchant: str, is_long: bool, link_url: str | None) -> Response:
        """
        Say that nobody knows yet, and look again by itself.

        Args:
            payment: An undecided payment.
            merchant: Whom the customer pays.
            is_long: Whether the customer has waited for a minute.
            link_url: The link, if it would start another attempt.
        """
        texts = TEXTS[payment.language]
        page = self._page(
            payment,
            Notice.WAITING_LONG if is_long else Notice.WAITING,
            merchant=merchant,
            note=texts.moves_on,
            way_back=None if link_url is None else Way(texts.pay_again, link_url),
        )
        return write_page("payment.html", page, refresh=str(LOOK_AFTER_LONG_S if is_long else LOOK_AFTER_S))

    def write_not_started(self, payment: Payment, *, merchant: str, link_url: str) -> Response:
        """Say that nothing has been paid yet, and show the way to KNET's page."""
        way = Way(TEXTS[payment.language].pay, link_url)
        return write_page("payment.html", self._page(payment, Notice.NOT_STARTED, merchant=merchant, way=way))

    def write_link_closed(self, payment: Payment, *, merchant: str) -> Response:
        """Say that the link is over. There is no way to the shop's failure url while nothing is decided."""
        page = self._page(payment, Notice.LINK_CLOSED, merchant=merchant)
        return write_page("payment.html", page, status=HTTPStatus.GONE)

    def write_problem(self, notice: Notice, status: HTTPStatus, *, languages: Sequence[Language]) -> Response:
        """Say why no payment can be shown, in each of *languages*. If it may pass, look again by itself."""
        words = tuple(Words(TEXTS[language], TEXTS[language].messages[notice]) for language in languages)
        page = ProblemPage(frame=self._frame, mark=_MARKS.get(notice, _CALM), words=words)
        if notice is not Notice.UNAVAILABLE:
            return write_page("problem.html", page, status=status)
        # Without an address: the one that is looked at again may hold a return secret.
        return write_page(
            "problem.html", page, status=status, refresh=str(RETRY_AFTER_S), retry_after_s=RETRY_AFTER_S
        )

    def _page(
        self,
        payment: Payment,
        notice: Notice,
        *,
        merchant: str,
        facts: tuple[Fact, ...] | None = None,
        note: str = "",
        way: Way | None = None,
        way_back: Way | None = None,
    ) -> PaymentPage:
        texts = TEXTS[payment.language]
        amount, dinar = amount_parts(texts, payment.amount)
        return PaymentPage(
            frame=self._frame,
            words=Words(texts, texts.messages[notice]),
            mark=_MARKS.get(notice, _CALM),
            merchant=shown(merchant),
            amount=amount,
            dinar=dinar,
            facts=payment_facts(texts, payment) if facts is None else facts,
            note=note,
            way=way,
            way_back=way_back,
        )
