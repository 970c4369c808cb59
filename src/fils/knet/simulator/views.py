"""Turns orders, faults and errors into HTML. Templates are compiled once; everything is escaped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup
from starlette.responses import HTMLResponse

from fils.knet.simulator import identifiers
from fils.knet.simulator.cards import BANK_OPTION, TEST_PREFIX, CardFaults, card_shown
from fils.knet.simulator.faults import NO_FAULTS, Faults
from fils.knet.simulator.orders import Card, Order
from fils.knet.simulator.otp import ONE_TIME_PASSWORD, OTP_LIFETIME, OTP_TRIES, OtpFault
from fils.knet.simulator.outcomes import CardKind
from fils.knet.simulator.panel import CARD_ROWS, SWITCHES
from fils.knet.simulator.settings import SimulatorSettings, SimulatorTerminal
from fils.knet.simulator.texts import TEXTS, Texts
from fils.knet.wire import Language

_TEMPLATES: Final = Path(__file__).with_name("templates")
_NOTHING_WRONG: Final = CardFaults({})
_LONGEST_KEPT: Final = 80  # the bank's own value has 44 characters
_KEPT_FIELDS: Final = ("bank", "debitNumber", "month", "year")
_NOTHING_TYPED: Final[Mapping[str, str]] = dict.fromkeys(_KEPT_FIELDS, "")


@dataclass(frozen=True, slots=True)
class CardPage:
    """What the card page of one order shows."""

    order: Order
    terminal: SimulatorTerminal
    """Names the merchant."""
    token: str
    """What its forms must carry back."""
    years: range
    """The years of expiry to offer."""
    faults_set: Faults
    """What is to go wrong with the order; the panel shows it."""


@dataclass(frozen=True, slots=True)
class WayOn:
    """Where an error page leads."""

    url: str
    form_fields: Mapping[str, str] | None = None
    """What a button posts there; None makes it a link."""
    to_merchant: bool = True
    """To the merchant, or back to the order's own page."""


class Views:
    """Renders the simulator's pages for one set of settings."""

    def __init__(self, settings: SimulatorSettings) -> None:
        environment = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        year, month = settings.approving_expiry
        environment.globals["base"] = settings.base_path
        environment.globals["approving_expiry"] = _isolated(f"{month:02d}/{year}")
        self._card = environment.get_template("card.html")
        self._fields = environment.get_template("fields.html")
        self._panel_faults = environment.get_template("panel_faults.html")
        self._panel_cards = environment.get_template("panel_cards.html")
        self._confirm = environment.get_template("confirm.html")
        self._handover = environment.get_template("handover.html")
        self._error = environment.get_template("error.html")
        self._rendered: dict[tuple[str | None, Language, object], Markup] = {}

    def card_page(
        self, page: CardPage, *, sent: Mapping[str, str] | None = None, faults: CardFaults = _NOTHING_WRONG
    ) -> HTMLResponse:
        """
        Render the card form and the panel.

        Args:
            page: Whose payment it is.
            sent: What is filled in already; a PIN is never shown again.
            faults: What is wrong with it.
        """
        language = page.order.placed.language
        messages = {name: TEXTS[language].faults[fault] for name, fault in faults.by_field.items()}
        text = self._card.render(
            **_summary(page.order, page.terminal, page.token),
            faults=messages,
            fields=self._card_fields(language, page.years, sent, messages),
            goes_wrong=page.faults_set != NO_FAULTS,
            panel_faults=self._faults_to_choose(language, page.faults_set),
            panel_cards=self._once(self._panel_cards, language, cards=_cards_to_choose(language)),
        )
        return HTMLResponse(text, 422 if messages else 200)

    def confirm_page(
        self, order: Order, card: Card, terminal: SimulatorTerminal, token: str, fault: OtpFault | None = None
    ) -> HTMLResponse:
        """Render the confirm step of an order and the *card* that it holds; *fault* is about the OTP it asks for."""
        texts, (year, month) = TEXTS[order.placed.language], card.expiry
        # Arabic reads the year first, as KNET's page has it.
        expiry = f"{year}/{month:02d}" if order.placed.language is Language.ARABIC else f"{month:02d}/{year}"
        faults = {} if fault is None else {"debitOTPtimer": _otp_message(texts, fault, order)}
        page = self._confirm.render(
            **_summary(order, terminal, token),
            masked=card.masked,
            expiry=_isolated(expiry),
            shown=card_shown(card),
            does=None if card.kind is CardKind.ORDINARY else texts.card_words[card.kind],
            otp=_otp_facts(order),
            faults=faults,
        )
        return HTMLResponse(page, 422 if faults else 200)

    def handover_page(self, language: Language, url: str, fields: Mapping[str, str]) -> HTMLResponse:
        """
        Render the button with which the customer's browser carries *fields* to the merchant, by POST.

        It is pressed by hand: our content security policy allows no script that could press it.
        """
        return HTMLResponse(self._handover.render(t=TEXTS[language], url=url, form_fields=fields))

    def closed_page(self, language: Language) -> HTMLResponse:
        """Render the end of a customer's way whose browser counts as closed."""
        texts = TEXTS[language]
        page = self._error.render(
            t=texts, title=texts.closed_title, code=None, message=texts.closed, way_on=None
        )
        return HTMLResponse(page)

    def error_page(
        self, language: Language, code: str, status: int, *, way_on: WayOn | None = None
    ) -> HTMLResponse:
        """
        Render an error.

        Args:
            language: The order's, or else the browser's.
            code: KNET's code.
            status: Of HTTP.
            way_on: Where the customer can go from here.
        """
        texts = TEXTS[language]
        message = texts.error_texts.get(code, texts.error_other)
        page = self._error.render(t=texts, title=texts.error_title, code=code, message=message, way_on=way_on)
        return HTMLResponse(page, status)

    def unavailable_page(self, language: Language) -> HTMLResponse:
        """Render that the books cannot be opened."""
        texts = TEXTS[language]
        page = self._error.render(
            t=texts, title=texts.unavailable_title, code=None, message=texts.unavailable, way_on=None
        )
        return HTMLResponse(page, 503)

    def _card_fields(
        self, language: Language, years: range, sent: Mapping[str, str] | None, messages: Mapping[str, str]
    ) -> Markup:
        facts: dict[str, object] = {
            "arabic": language is Language.ARABIC,
            "years": years,
            "bank_option": BANK_OPTION,
            "test_prefix": TEST_PREFIX,
        }
        if sent is None and not messages:
            return self._once(self._fields, language, sent=_NOTHING_TYPED, faults={}, **facts)
        kept = {name: (sent or {}).get(name, "")[:_LONGEST_KEPT] for name in _KEPT_FIELDS}
        return _render(self._fields, language, sent=kept, faults=messages, **facts)

    def _faults_to_choose(self, language: Language, chosen: Faults) -> Markup:
        facts = _faults_facts(language, chosen)
        if chosen == NO_FAULTS:
            return self._once(self._panel_faults, language, **facts)
        return _render(self._panel_faults, language, **facts)

    def _once(self, template: Template, language: Language, **facts: object) -> Markup:
        """Render what is the same for all customers of a language once: it is most of the page and of its cost."""
        # The years move on with the calendar; nothing else of the facts ever changes.
        key = (template.name, language, facts.get("years"))
        rendered = self._rendered.get(key)
        if rendered is None:
            rendered = self._rendered[key] = _render(template, language, **facts)
        return rendered


def _render(template: Template, language: Language, **facts: object) -> Markup:
    return Markup(template.render(t=TEXTS[language], **facts))  # noqa: S704 - the template has escaped it


def _summary(order: Order, terminal: SimulatorTerminal, token: str) -> dict[str, object]:
    return {
        "t": TEXTS[order.placed.language],
        "payment_id": order.payment_id,
        "token": token,
        "merchant": terminal.merchant_name,
        "website": urlsplit(order.placed.response_url).netloc,
        "amount": f"KD {order.placed.amount.to_text()}",
    }


def _cards_to_choose(language: Language) -> list[tuple[str, str, str]]:
    """The test cards of the panel: name, the ten digits after the prefix, and what it does."""
    words = TEXTS[language].card_words
    return [(kind.value, digits, words[kind]) for kind, digits in CARD_ROWS]


def _faults_facts(language: Language, chosen: Faults) -> dict[str, object]:
    """What the panel offers and what of it is chosen."""
    texts = TEXTS[language]
    news_delay, inquiry_delay = _seconds(chosen.notification_delay), _seconds(chosen.inquiry_delay)
    news = [
        (fault.value, text.format(delay=news_delay, count=chosen.notification_count))
        for fault, text in texts.notification_words.items()
    ]
    inquiries = [
        (fault.value, text.format(delay=inquiry_delay)) for fault, text in texts.inquiry_words.items()
    ]
    return {
        "choices": (
            ("notification", texts.notification, news, chosen.notification.value),
            ("inquiry", texts.inquiry, inquiries, chosen.inquiry.value),
        ),
        "switches": [(name, getattr(texts, name), getattr(chosen, name)) for name in SWITCHES],
    }


def _otp_facts(order: Order) -> dict[str, object] | None:
    """What the confirm step says about the one-time password, or None when the issuer wants none."""
    if order.otp_sent_at is None:
        return None
    return {
        "password": _isolated(ONE_TIME_PASSWORD),
        "sent_at": _isolated(f"{order.otp_sent_at.astimezone(identifiers.KUWAIT):%H:%M:%S}"),
        "minutes": _seconds(OTP_LIFETIME) // 60,
    }


def _seconds(time: timedelta) -> int:
    return int(time.total_seconds())


def _otp_message(texts: Texts, fault: OtpFault, order: Order) -> str:
    return texts.otp_faults[fault].format(tries=OTP_TRIES - order.otp_failure_count)


def _isolated(text: str) -> str:
    """Keep digits and slashes in their order inside right-to-left text (Unicode's left-to-right isolate)."""
    return f"\u2066{text}\u2069"
