"""
Writing the shop's pages: templates, the headers every page carries, and values made fit to be shown.

Templates escape by default. Text that came from the API is stripped of characters that could turn the order
of a line round, because some of it was typed by other people.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from importlib import resources
from typing import Final

import jinja2
from starlette.responses import HTMLResponse

from fils.demo_shop.outcome import Outcome
from fils.demo_shop.payments_api import ApiFailure, Payment
from fils.demo_shop.texts import Problem, Texts

SECURITY_HEADERS: Final = {
    # No form-action: Chromium applies it to the redirect that answers a form, and ours leaves this origin.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
"""On every page and redirect of the shop."""

_SHOWN_CHARACTERS_MAX: Final = 120
_MARKS: Final = {
    Outcome.PAID: "good",
    Outcome.CANCELLED: "calm",
    Outcome.DECLINED: "bad",
    Outcome.EXPIRED: "calm",
    Outcome.UNDECIDED: "wait",
    Outcome.RETURNED: "calm",
    Outcome.MISMATCHED: "bad",
    Outcome.UNFAMILIAR: "wait",
}


@dataclass(frozen=True, slots=True)
class Page:
    """What every page needs to know about itself."""

    texts: Texts
    other_language_url: str
    again_url: str = ""
    """Where to look at the same payment again; empty when there is none."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the list under an outcome."""

    label: str
    value: str
    is_code: bool = True
    """Whether it is an identifier or another machine word, shown left to right in any language."""


class PageWriter:
    """Turns what the shop found out into HTML answers."""

    def __init__(self, *, shop_path: str, assets_path: str) -> None:
        self._templates = jinja2.Environment(
            loader=jinja2.PackageLoader("fils.demo_shop"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(shop_path=shop_path, assets_path=assets_path)

    def write_product(self, page: Page, *, price_minor: int, currency: str) -> HTMLResponse:
        """Show what is sold. *price_minor* is in integer minor units of *currency*."""
        response = self._write("product.html", page, price=dinar_text(price_minor), currency=currency)
        # Its form must say where it comes from: under no-referrer a browser sends "Origin: null".
        response.headers["Referrer-Policy"] = "same-origin"
        return response

    def write_outcome(
        self, page: Page, payment: Payment, outcome: Outcome, *, door: str, looks_again: bool
    ) -> HTMLResponse:
        """
        Show what the API says about *payment*.

        Args:
            page: Language and links.
            payment: As the API told it.
            outcome: What it means for the order.
            door: ``success`` or ``failure``, the address the customer came back to; it is contradicted where
                it is wrong.
            looks_again: Whether the page will look again by itself.
        """
        return self._write(
            "outcome.html",
            page,
            outcome=page.texts.outcomes[outcome],
            mark=_MARKS[outcome],
            status=shown(payment.status),
            door_note=_door_note(page.texts, outcome, door=door),
            facts=_payment_facts(page.texts, payment, outcome),
            is_paid=outcome is Outcome.PAID,
            is_undecided=outcome is Outcome.UNDECIDED,
            looks_again=looks_again,
        )

    def write_problem(
        self, page: Page, problem: Problem, *, status: HTTPStatus, failure: ApiFailure | None = None
    ) -> HTMLResponse:
        """Say what went wrong, with what the API told about it, under an HTTP *status* of its own."""
        facts = [] if failure is None else _failure_facts(page.texts, failure)
        return self._write(
            "problem.html", page, http_status=status, problem=page.texts.problems[problem], facts=facts
        )

    def _write(
        self, template: str, page: Page, *, http_status: HTTPStatus = HTTPStatus.OK, **values: object
    ) -> HTMLResponse:
        html = self._templates.get_template(template).render(
            t=page.texts, other_language_url=page.other_language_url, again_url=page.again_url, **values
        )
        return HTMLResponse(html, status_code=http_status, headers=SECURITY_HEADERS)


@cache
def shop_stylesheet() -> str:
    """Give the few rules only the shop needs; all others are in the stylesheet Fils' pages share."""
    return resources.files("fils.demo_shop").joinpath("shop.css").read_text(encoding="utf-8")


def dinar_text(amount_minor: int) -> str:
    """Write fils as dinars: 1500 is ``1.500``. Whole arithmetic only."""
    major, minor = divmod(amount_minor, 1000)
    return f"{major}.{minor:03d}"


def shown(text: str) -> str:
    """Make text of others fit to be shown: no control, format or bidirectional characters, not endless."""
    visible = "".join(character for character in text if unicodedata.category(character)[0] != "C")
    return visible[:_SHOWN_CHARACTERS_MAX]


def _door_note(texts: Texts, outcome: Outcome, *, door: str) -> str:
    if door == "success" and outcome is not Outcome.PAID:
        return texts.not_captured_at_success
    if door == "failure" and outcome is Outcome.PAID:
        return texts.captured_at_failure
    return ""


def _amount_text(texts: Texts, payment: Payment) -> str:
    if payment.currency != "KWD":
        return f"{payment.amount} ({payment.currency})"
    return f"{dinar_text(payment.amount)} {texts.dinars}"


def _payment_facts(texts: Texts, payment: Payment, outcome: Outcome) -> list[Fact]:
    code, summary = payment.latest_response()
    reason = f"{code} {summary}".strip() if outcome is not Outcome.PAID else ""
    facts = [
        Fact(texts.amount, _amount_text(texts, payment), is_code=False),
        Fact(texts.reference, payment.reference),
        Fact(texts.reason, reason),
        Fact(texts.payment_id, payment.id),
        Fact(texts.knet_payment_id, payment.source.knet_payment_id),
        Fact(texts.knet_track_id, payment.source.knet_track_id),
        Fact(texts.knet_transaction_id, payment.source.knet_transaction_id),
        Fact(texts.bank_reference, payment.source.bank_reference),
        Fact(texts.auth_code, payment.source.auth_code),
    ]
    return [Fact(fact.label, shown(fact.value), fact.is_code) for fact in facts if fact.value]


def _failure_facts(texts: Texts, failure: ApiFailure) -> list[Fact]:
    status = texts.no_answer if failure.status is None else str(failure.status)
    facts = [
        Fact(texts.http_status, status, is_code=failure.status is not None),
        Fact(texts.error_codes, ", ".join(failure.error_codes)),
        Fact(texts.request_id, failure.request_id),
    ]
    return [Fact(fact.label, shown(fact.value), fact.is_code) for fact in facts if fact.value]
