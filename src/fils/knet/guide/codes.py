"""Which of the few kinds of advice fits each of KNET's error codes. Every code has exactly one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from fils.knet.guide.arabic import MEANINGS
from fils.knet.guide.remedies import Remedy
from fils.knet.wire import ERROR_CODES, find_error_code

_OF_PAYMENTS: Final[Mapping[Remedy, str]] = {
    Remedy.TERMINAL: "5-6 13-15 19 50-51 176 214-215",
    Remedy.REQUEST: "1-4 7 20-32 36 59-68 143 177 216 231 272",
    Remedy.BANK: "8-12 16-18 33-34 46 56-57 95-99 101 107 125-126 161 178-180 182 186-188 208-209 244 254-255 257 "
    "260 264 268 281-282 286-288",
    Remedy.RECEIVER: "249 258",
    Remedy.PAGE: "37 39-41 47 54-55 114 204 217-218 250-251",
    Remedy.TIME_OVER: "42",
    Remedy.CANCELLED: "48",
    Remedy.CARD: "49 58 69-84 86-94 105-106 117-123 162 202 207 219-230 269 283",
    Remedy.AUTHENTICATION: "85 164-171 183-185 192-193 205 210-212 247-248 252 262 265 267 270 273-274",
    Remedy.RISK: "43 45 102-104 108 190-191 194 196-198 200-201 246",
    Remedy.HOST_TIMEOUT: "158",
    Remedy.NOT_FOUND: "263",
    Remedy.FOLLOW_UP: "109-110 112-113 115-116 127-142 151 173 175 195 199 232-233 240 275 284-285 289",
    Remedy.GATEWAY: "35 38 44 52-53 100 111 124 144-150 152-157 159-160 163 172 174 181 189 203 206 213 234-239 "
    "241-243 245 253 256 259 261 266 271 276-280",
}
"""The last three digits of the codes that begin with ``IPAY0100``; all that begin with ``IPAY0200`` are GATEWAY."""


@dataclass(frozen=True, slots=True)
class Guidance:
    """What is known about one code."""

    code: str
    meaning: str
    """In English, without a capital or a full stop."""
    arabic_meaning: str
    remedy: Remedy


def guidance(code: str) -> Guidance | None:
    """What is known about *code*, such as ``IPAY0100158``; None if KNET's manual has no such code."""
    if code not in ERROR_CODES:
        return None
    return Guidance(code, ERROR_CODES[code], MEANINGS[code], _REMEDIES[code])


def find_guidance(text: str) -> Guidance | None:
    """What is known about the first code in *text*, in capitals or not; None if it holds none of the manual's."""
    code = find_error_code(text.upper())
    return None if code is None else guidance(code)


def guidances() -> Iterator[Guidance]:
    """Every code of the manual, in order."""
    return (found for code in sorted(ERROR_CODES) if (found := guidance(code)) is not None)


def _codes(ranges: str) -> Iterator[str]:
    for part in ranges.split():
        first, _, last = part.partition("-")
        for number in range(int(first), int(last or first) + 1):
            yield f"IPAY0100{number:03d}"


_REMEDIES: Final[Mapping[str, Remedy]] = {
    code: remedy for remedy, ranges in _OF_PAYMENTS.items() for code in _codes(ranges)
} | {code: Remedy.GATEWAY for code in ERROR_CODES if code.startswith("IPAY0200")}
