"""
The payment start: every check of the start message, in a fixed order, with KNET's code for each fault. Pure.

The codes and their meanings are KNET's (Merchant Integration Manual K-064, section 10). The order of the checks is
our choice, made to follow the order of that list. Whether a track id was used before is for the books to say.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from fils.domain.money import KWD, Money
from fils.knet.simulator.orders import NewOrder
from fils.knet.simulator.settings import SimulatorSettings, SimulatorTerminal
from fils.knet.wire import (
    Language,
    MessageUnreadable,
    decrypt,
    find_language,
    parse_form,
    read_loose_amount,
)
from fils.knet.wire.fields import AMOUNT, ECHOED_TRACK_ID, ECHOED_UDFS, UDFS

_LONGEST_URL: Final = 255
_URL: Final = re.compile(r"https?://[!-~]+")
_STRICT_TRACK_ID: Final = re.compile("[A-Za-z0-9]{1,40}")
_PURCHASE: Final = "1"
_KNOWN_ACTIONS: Final = frozenset("12348")
_ANY_DECIMALS: Final = re.compile(r"[0-9]+\.[0-9]{4,}")


@dataclass(frozen=True, slots=True)
class StartRefused:
    """A start message that was refused."""

    code: str
    """KNET's code, such as ``IPAY0100176``."""
    error_url: str | None
    """Where the customer may be sent with it; None when no errorURL of a registered origin came."""
    track_id: str = ""
    """Echoed as it came; empty when it came not or could not be echoed. So is *amount_text*."""
    amount_text: str = ""


class _Refusal(Exception):
    def __init__(self, number: str) -> None:
        self.code = f"IPAY0100{number}"


def read_start(outer: Mapping[str, str], settings: SimulatorSettings) -> NewOrder | StartRefused:
    """
    Check a start message.

    Args:
        outer: The parameters in clear: ``trandata``, ``tranportalId``, ``responseURL``, ``errorURL``.
        settings: The terminals, their keys and origins, and how strict to be.
    """
    inner: Mapping[str, str] = {}
    try:
        terminal = _check_outer(outer, settings)
        inner = _open_trandata(outer["trandata"], terminal)
        return _check_inner(inner, outer, terminal, settings)
    except _Refusal as refusal:
        track_id, amount_text = inner.get("trackid", ""), inner.get("amt", "")
        return StartRefused(
            refusal.code,
            _usable_error_url(outer, settings),
            track_id if ECHOED_TRACK_ID.fits(track_id) else "",
            amount_text if AMOUNT.fits(amount_text) else "",
        )


def _check_outer(outer: Mapping[str, str], settings: SimulatorSettings) -> SimulatorTerminal:
    error_url, response_url = outer.get("errorURL", ""), outer.get("responseURL", "")
    _require(error_url != "", "001")
    _require(_is_absolute(error_url), "002")
    _require(response_url != "", "003")
    _require(_is_absolute(response_url) and settings.may_notify(response_url), "004")
    tranportal_id = outer.get("tranportalId", "")
    _require(tranportal_id != "", "005")
    terminal = settings.terminal(tranportal_id)
    if terminal is None:
        raise _Refusal("006")
    _require(terminal.registers(_origin(error_url)), "002")
    _require(outer.get("trandata", "") != "", "007")
    _require(terminal.active, "017")
    return terminal


def _open_trandata(trandata: str, terminal: SimulatorTerminal) -> Mapping[str, str]:
    try:
        plaintext = decrypt(trandata, terminal.key)
    except MessageUnreadable:
        raise _Refusal("176") from None
    try:
        return parse_form(plaintext)
    except MessageUnreadable:
        raise _Refusal("013") from None


def _check_inner(
    inner: Mapping[str, str],
    outer: Mapping[str, str],
    terminal: SimulatorTerminal,
    settings: SimulatorSettings,
) -> NewOrder:
    _require(inner.get("id") == terminal.tranportal_id, "215")
    _require(hmac.compare_digest(inner.get("password", "").encode(), terminal.password.encode()), "015")
    action = inner.get("action", "")
    _require(action in _KNOWN_ACTIONS, "020")
    _require(action == _PURCHASE, "033")
    language = _read_language(inner)
    _require(inner.get("currencycode", "") != "", "021")
    _require(inner["currencycode"] == KWD.numeric, "022")
    amount = _read_amount(inner.get("amt", ""))
    track_id = inner.get("trackid", "")
    # Even a lenient bank takes only what it can echo: the wire has no way to write the rest.
    lenient_fits = not settings.strict_characters and ECHOED_TRACK_ID.fits(track_id)
    _require(lenient_fits or _STRICT_TRACK_ID.fullmatch(track_id) is not None, "027")
    user_fields = _read_user_fields(inner, settings.strict_characters)
    # Both urls travel twice, in clear so that a broken message can be answered. They have to agree.
    _require(inner.get("errorURL") == outer["errorURL"], "002")
    _require(inner.get("responseURL") == outer["responseURL"], "004")
    return NewOrder(
        terminal_id=terminal.tranportal_id,
        track_id=track_id,
        amount=amount,
        language=language,
        response_url=outer["responseURL"],
        error_url=outer["errorURL"],
        user_fields=user_fields,
    )


def _read_language(inner: Mapping[str, str]) -> Language:
    language = find_language(inner.get("langid", ""))
    if language is None:
        raise _Refusal("026")
    return language


def _read_amount(text: str) -> Money:
    _require(text != "", "023")
    _require(_ANY_DECIMALS.fullmatch(text) is None, "025")
    try:
        amount = read_loose_amount(text)
    except MessageUnreadable:
        raise _Refusal("024") from None
    _require(amount.amount > 0, "024")
    return amount


def _read_user_fields(inner: Mapping[str, str], strict: bool) -> tuple[str, str, str, str, str]:
    rules = UDFS if strict else ECHOED_UDFS
    values = [inner.get(rule.name, "") for rule in rules]
    for number, (rule, value) in enumerate(zip(rules, values, strict=True), start=28):
        _require(rule.fits(value), f"{number:03d}")
    first, second, third, fourth, fifth = values
    return first, second, third, fourth, fifth


def _usable_error_url(outer: Mapping[str, str], settings: SimulatorSettings) -> str | None:
    error_url = outer.get("errorURL", "")
    terminal = settings.terminal(outer.get("tranportalId", ""))
    # Of an unknown terminal nothing is registered: such a browser stays here.
    if terminal is None or not _is_absolute(error_url) or not terminal.registers(_origin(error_url)):
        return None
    return error_url


def _is_absolute(url: str) -> bool:
    """Tell whether *url* is a plain absolute address: no user, query or fragment, nothing that needs encoding."""
    if len(url) > _LONGEST_URL or not _URL.fullmatch(url) or any(sign in url for sign in "\\?#@\"'<>"):
        return False
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _require(holds: bool, number: str) -> None:
    if not holds:
        raise _Refusal(number)
