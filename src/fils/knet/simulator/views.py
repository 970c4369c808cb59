"""Turns orders, faults and errors into HTML. Templates are compiled once; everything is escaped."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from fils.knet.simulator.books import Card, Order
from fils.knet.simulator.cards import BANK_OPTION, TEST_PREFIX, CardFaults
from fils.knet.simulator.settings import SimulatorSettings, SimulatorTerminal
from fils.knet.simulator.texts import TEXTS
from fils.knet.wire import Language

_TEMPLATES: Final = Path(__file__).with_name("templates")
_NO_FAULTS: Final = CardFaults({})
_KEPT_FIELDS: Final = ("bank", "debitNumber", "month", "year")


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
        self._confirm = environment.get_template("confirm.html")
        self._handover = environment.get_template("handover.html")
        self._error = environment.get_template("error.html")
        self._empty_fields: dict[tuple[Language, range], Markup] = {}

    def card_page(
        self,
        order: Order,
        terminal: SimulatorTerminal,
        token: str,
        years: range,
        *,
        sent: Mapping[str, str] | None = None,
        faults: CardFaults = _NO_FAULTS,
    ) -> HTMLResponse:
        """
        Render the card form.

        Args:
            order: Whose payment it is.
            terminal: Names the merchant.
            token: What the form must carry back.
            years: The years of expiry to offer.
            sent: What the customer typed, to be corrected; the PIN is never shown again.
            faults: What is wrong with it.
        """
        kept = {name: (sent or {}).get(name, "")[:40] for name in _KEPT_FIELDS}
        language = order.placed.language
        if faults.by_field:
            fields = self._card_fields(language, years, kept, faults)
        else:
            fields = self._empty_card_fields(language, years)
        page = self._card.render(**_summary(order, terminal, token), fields=fields, faults=faults.by_field)
        return HTMLResponse(page, 422 if faults.by_field else 200)

    def _empty_card_fields(self, language: Language, years: range) -> Markup:
        """Render the fields once for all customers of a language: they are most of the page and of its cost."""
        fields = self._empty_fields.get((language, years))
        if fields is None:
            fields = self._card_fields(language, years, dict.fromkeys(_KEPT_FIELDS, ""), _NO_FAULTS)
            self._empty_fields[language, years] = fields
        return fields

    def _card_fields(
        self, language: Language, years: range, sent: Mapping[str, str], faults: CardFaults
    ) -> Markup:
        rendered = self._fields.render(
            t=TEXTS[language],
            arabic=language is Language.ARABIC,
            years=years,
            sent=sent,
            faults=faults.by_field,
            bank_option=BANK_OPTION,
            test_prefix=TEST_PREFIX,
        )
        return Markup(rendered)  # noqa: S704 - the template has escaped it

    def confirm_page(self, order: Order, card: Card, terminal: SimulatorTerminal, token: str) -> HTMLResponse:
        """Render the confirm step of an order and the *card* that it holds."""
        year, month = card.expiry
        # Arabic reads the year first, as KNET's page has it.
        expiry = f"{year}/{month:02d}" if order.placed.language is Language.ARABIC else f"{month:02d}/{year}"
        page = self._confirm.render(
            **_summary(order, terminal, token), masked=card.masked, expiry=_isolated(expiry)
        )
        return HTMLResponse(page)

    def handover_page(self, language: Language, url: str, fields: Mapping[str, str]) -> HTMLResponse:
        """
        Render the button with which the customer's browser carries *fields* to the merchant, by POST.

        It is pressed by hand: our content security policy allows no script that could press it.
        """
        return HTMLResponse(self._handover.render(t=TEXTS[language], url=url, form_fields=fields))

    def closed_page(self, language: Language) -> HTMLResponse:
        """Render the end of a browser that a fault closed before it could carry the news to the merchant."""
        texts = TEXTS[language]
        page = self._error.render(
            t=texts, title=texts.closed_title, code=None, message=texts.closed, return_url=None
        )
        return HTMLResponse(page)

    def error_page(
        self, language: Language, code: str, status: int, *, return_url: str | None = None
    ) -> HTMLResponse:
        """
        Render an error.

        Args:
            language: The order's, or else the browser's.
            code: KNET's code.
            status: Of HTTP.
            return_url: The merchant's errorURL with the error's fields, if it may be offered.
        """
        texts = TEXTS[language]
        message = texts.error_texts.get(code, texts.error_other)
        page = self._error.render(
            t=texts, title=texts.error_title, code=code, message=message, return_url=return_url
        )
        return HTMLResponse(page, status)

    def unavailable_page(self, language: Language) -> HTMLResponse:
        """Render what is said while the bank's books cannot be read or written."""
        texts = TEXTS[language]
        page = self._error.render(
            t=texts, title=texts.unavailable_title, code=None, message=texts.unavailable, return_url=None
        )
        return HTMLResponse(page, 503)


def _summary(order: Order, terminal: SimulatorTerminal, token: str) -> dict[str, object]:
    return {
        "t": TEXTS[order.placed.language],
        "payment_id": order.payment_id,
        "token": token,
        "merchant": terminal.merchant_name,
        "website": urlsplit(order.placed.response_url).netloc,
        "amount": f"KD {order.placed.amount.to_text()}",
    }


def _isolated(text: str) -> str:
    """Keep digits and slashes in their order inside right-to-left text (Unicode's left-to-right isolate)."""
    return f"\u2066{text}\u2069"
