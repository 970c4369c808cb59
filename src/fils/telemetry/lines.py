"""
Every structured line of the log, and every field that may stand in one.

A field has a form, and a value of another form is written as ``?``: so a key, a token or a customer's text cannot get
into a line by mistake. ``docs/reference/logs.md`` is printed from these tables.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import Final

from fils.telemetry.discretion import OURS, masked, on_one_line

UNFIT: Final = "?"
"""Stands where a value did not have its field's form."""

_LOG: Final = logging.getLogger(OURS)
_NUMBER: Final = r"-?\d{1,15}"
_WORD: Final = r"(?!(?:sk|pk|tok)_)[a-z][a-z0-9_]{0,25}"
_SEGMENT: Final = r"/(?:[A-Za-z0-9.-]{0,24}|\{[a-z_:]{1,24}\})"
"""A part of a template: a constant, which has no underscore as identifiers and tokens have, or a name in braces."""


@dataclass(frozen=True, slots=True)
class Field:
    """Something a line may tell."""

    name: str
    form: re.Pattern[str] | None
    """What its text looks like; None for words of ours, which are masked."""
    meaning: str


def _id(name: str, prefix: str, meaning: str) -> Field:
    return Field(name, re.compile(rf"{prefix}_[a-z2-7]{{26}}"), meaning)


FIELDS: Final = (
    Field("route", re.compile(rf"(?:{_SEGMENT}){{1,8}}|\(none\)"), "The template of the address, never the address."),
    Field("method", re.compile(r"[A-Z]{1,10}"), "The method of HTTP."),
    Field("status", re.compile(r"\d{3}"), "The status that was answered; 499 if the client went away before."),
    Field("duration_ms", re.compile(r"\d{1,9}(\.\d{1,3})?"), "Milliseconds that it took."),
    Field("request_id", re.compile(r"[0-9a-f-]{36}"), "What the answer has as `Cko-Request-Id`."),
    Field("source", re.compile(r"[0-9A-Fa-f:.]{2,45}"), "The address of whoever asked."),
    _id("account_id", "cli", "Whose key it was, or whose payment."),
    _id("setup_id", "set", "The payment setup."),
    _id("payment_id", "(?:pay|sid)", "The payment, or its session."),
    _id("attempt_id", "att", "The payment attempt."),
    _id("terminal_id", "trm", "The terminal."),
    Field("track_id", re.compile(r"[0-9A-Za-z]{1,19}"), "The attempt's name at KNET."),
    Field("result", re.compile(_WORD), "How it ended, in one word."),
    Field("kind", re.compile(_WORD), "What sort of evidence it was."),
    Field("reason", re.compile(_WORD), "Why, in one word."),
    Field("why", None, "Why, in words of ours."),
    Field("count", re.compile(_NUMBER), "How many."),
)  # fmt: skip
"""All that may stand in a line beside its time, level, event and text."""


@dataclass(frozen=True, slots=True)
class Line:
    """One kind of line."""

    event: str
    """Its name, for programs that read the log."""
    level: int
    text: str
    """What it says to people."""
    fields: tuple[str, ...]
    meaning: str
    """When it is written, for the documentation."""


REQUEST: Final = Line(
    "request",
    logging.INFO,
    "answered",
    (
        "method",
        "route",
        "status",
        "duration_ms",
        "request_id",
        "account_id",
        "setup_id",
        "payment_id",
        "source",
    ),
    "A request was answered, whoever asked: a shop, a customer's browser, KNET.",
)
ATTEMPT_STARTED: Final = Line(
    "attempt_started",
    logging.INFO,
    "a customer was sent to KNET",
    ("payment_id", "attempt_id", "account_id", "terminal_id", "track_id"),
    "A payment attempt was stored and its browser sent to KNET.",
)
PAYMENT_EVENT: Final = Line(
    "payment",
    logging.INFO,
    "the payment moved",
    ("result", "payment_id", "attempt_id", "account_id"),
    "An event of a payment was stored; `result` names it, as in the payment's lifecycle.",
)
EVIDENCE_TAKEN: Final = Line(
    "evidence_taken",
    logging.INFO,
    "something was said about an attempt",
    ("kind", "payment_id", "attempt_id"),
    "What came from KNET or a browser was stored: a notification, a return, an error. It decides nothing by itself.",
)
MESSAGE_REFUSED: Final = Line(
    "message_refused",
    logging.WARNING,
    "refused what came in the bank's name",
    ("reason", "count"),
    "What came to the bank's addresses was not taken. At most one line a minute for each reason; `count` is how often "
    "it has happened since the start.",
)
INQUIRY: Final = Line(
    "inquiry",
    logging.INFO,
    "KNET was asked about an attempt",
    ("result", "duration_ms", "terminal_id", "track_id"),
    "KNET answered an inquiry, or did not: `not_sent` if it could not be reached, `no_answer` if nothing came "
    "that can be read.",
)
CAPTURE_SURPLUS: Final = Line(
    "capture_surplus",
    logging.WARNING,
    "a capture is surplus: it has to be given back",
    ("payment_id", "attempt_id", "account_id", "terminal_id", "track_id"),
    "KNET captured money that pays nothing: the customer paid twice, or another amount.",
)
ATTENTION_NEEDED: Final = Line(
    "attention_needed",
    logging.WARNING,
    "a person has to look: fils payments attention",
    ("why", "payment_id", "attempt_id", "account_id"),
    "Fils cannot decide an attempt, or has found what only a person can put right.",
)
ATTENTION_ENDED: Final = Line(
    "attention_ended",
    logging.INFO,
    "a person need not look any more",
    ("payment_id", "attempt_id", "account_id"),
    "A person resolved the attempt, or KNET's answers did.",
)
LEASE_OUTLIVED: Final = Line(
    "lease_outlived",
    logging.WARNING,
    "settling took longer than its lease, so another node may have done the same",
    ("duration_ms", "count"),
    "Payments that were due took longer than this node has them for itself. Nothing is decided twice; KNET was asked "
    "twice.",
)
STORE_UNAVAILABLE: Final = Line(
    "store_unavailable",
    logging.ERROR,
    "the database did not take what was to be written",
    ("count",),
    "A group of changes was not written; each of their callers was told. At most one line in ten seconds; `count` is "
    "how many changes since the start.",
)
LINES: Final = (
    REQUEST,
    ATTEMPT_STARTED,
    PAYMENT_EVENT,
    EVIDENCE_TAKEN,
    MESSAGE_REFUSED,
    INQUIRY,
    CAPTURE_SURPLUS,
    ATTENTION_NEEDED,
    ATTENTION_ENDED,
    LEASE_OUTLIVED,
    STORE_UNAVAILABLE,
)
"""Every kind of structured line; any other line is plain words."""

_BY_NAME: Final = {field.name: field for field in FIELDS}


class LineRecord(logging.LogRecord):
    """A structured line on its way to the handler."""

    def __init__(self, line: Line, values: dict[str, str | int | float]) -> None:
        super().__init__(OURS, line.level, "", 0, line.text, None, None)
        self.event = line.event
        self.values = values


def is_told(line: Line) -> bool:
    """Whether *line* is written at the level that was chosen; asked before anything is gathered for it."""
    return _LOG.isEnabledFor(line.level)


def tell(line: Line, **values: str | float | None) -> None:
    """Write *line*, if its level is. Values that are None are left out."""
    if _LOG.isEnabledFor(line.level):
        told = {name: _fit(name, value) for name in line.fields if (value := values.get(name)) is not None}
        _LOG.handle(LineRecord(line, told))


def _fit(name: str, value: str | float) -> str | int | float:
    form = _BY_NAME[name].form
    if form is None:
        return masked(on_one_line(str(value)))
    if form.fullmatch(str(value)) is None:
        return UNFIT
    return value if isinstance(value, int | float) else str(value)
