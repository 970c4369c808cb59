"""
What a forger can make of the messages of a terminal without its key: pure, and the same for the same seed.

Whoever carries a message (mode L), or listens to one, has its ciphertext. A forgery here is any body that is none of
the true messages, however near it comes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from random import Random
from typing import Final
from urllib.parse import quote, urlencode

_BLOCK: Final = 16
_FORM: Final = "application/x-www-form-urlencoded"
_HUGE: Final = 70_000


@dataclass(frozen=True, slots=True)
class Forgery:
    """One body, and what it was made of."""

    label: str
    body: bytes
    media_type: str = _FORM


Wrap = Callable[[str], bytes]
"""Puts hexadecimal text into the body that a terminal's messages come in."""


def bit_flips(message: bytes, wrap: Wrap) -> Iterator[Forgery]:
    """Every single bit of *message* turned, one at a time."""
    for position in range(len(message)):
        for bit in range(8):
            turned = bytearray(message)
            turned[position] ^= 1 << bit
            yield Forgery(f"bit {bit} of octet {position}", wrap(turned.hex().upper()))


def edits(message: bytes, others: Sequence[bytes], random: Random, wrap: Wrap) -> Iterator[Forgery]:
    """
    Cut, longer, doubled, exchanged and spliced blocks; *others* are further true messages of the same terminal.

    What comes out equal to a true message, as a splice of two that begin alike does, is left out.
    """
    true = {message, *others}
    blocks = [message[start : start + _BLOCK] for start in range(0, len(message), _BLOCK)]
    made: list[tuple[str, bytes]] = [
        ("nothing left", b""),
        ("a block of zeros more", message + bytes(_BLOCK)),
        ("a random block more", message + random.randbytes(_BLOCK)),
        ("twice", message + message),
        ("backwards", b"".join(reversed(blocks))),
    ]
    for number in range(len(blocks)):
        made += [
            (f"cut after block {number}", b"".join(blocks[:number])),
            (f"begun at block {number}", b"".join(blocks[number:])),
            (f"without block {number}", b"".join(blocks[:number] + blocks[number + 1 :])),
            (f"block {number} twice", b"".join(blocks[: number + 1] + blocks[number:])),
        ]
    for one, other in combinations(range(len(blocks)), 2):
        exchanged = list(blocks)
        exchanged[one], exchanged[other] = exchanged[other], exchanged[one]
        made.append((f"blocks {one} and {other} exchanged", b"".join(exchanged)))
    for other_message in others:
        for start in range(_BLOCK, len(message), _BLOCK):
            made += [
                (f"spliced with another at {start}", message[:start] + other_message[start:]),
                (f"another spliced with it at {start}", other_message[:start] + message[start:]),
            ]
    yield from (Forgery(label, wrap(octets.hex().upper())) for label, octets in made if octets not in true)
    text = message.hex().upper()
    for length in (1, 2, 31, 33):
        yield Forgery(f"{length} digits cut off", wrap(text[:-length]))
        yield Forgery(f"{length} digits more", wrap(text + "A" * length))


def random_bodies(true: Sequence[bytes], random: Random, *, count: int) -> Iterator[Forgery]:
    """So many bodies of every shape, most of them far from a message, some very near."""
    shapes = (
        *(_octets, _digits, _digits, _form, _form_of_digits, _fields, _unicode),
        *(_nearly, _nearly, _words, _encoded, _browser_form),
    )
    messages = {message.hex().upper() for message in true}
    for number in range(count):
        if number % 500 == 499:
            yield Forgery("huge", random.randbytes(random.randint(33_000, _HUGE)))
            continue
        message = random.choice(list(true))
        forgery = random.choice(shapes)(message, random)
        is_true = forgery.body.decode("latin-1").strip().rpartition("=")[2].upper() in messages
        yield Forgery("empty", b"") if is_true else forgery


def _octets(_: bytes, random: Random) -> Forgery:
    return Forgery("octets", random.randbytes(random.randint(0, 400)), random.choice(("", _FORM)))


def _digits(message: bytes, random: Random) -> Forgery:
    length = random.choice((_BLOCK, 2 * _BLOCK, len(message), random.randint(1, 600)))
    return Forgery("digits", random.randbytes(length).hex().encode())


def _form(_: bytes, random: Random) -> Forgery:
    names = ("trandata", "paymentid", "trackid", "result", "Error", "ErrorText", "amt", "x")
    fields = {random.choice(names): random.randbytes(9).hex() for _ in range(random.randint(1, 5))}
    return Forgery("form", urlencode(fields).encode())


def _form_of_digits(message: bytes, random: Random) -> Forgery:
    return Forgery("form of digits", b"trandata=" + random.randbytes(len(message)).hex().encode())


def _browser_form(message: bytes, random: Random) -> Forgery:
    fields = {"paymentid": "1", "trackid": "1", "trandata": _turned(message, random).hex()}
    return Forgery("browser form", urlencode(fields).encode())


def _fields(_: bytes, random: Random) -> Forgery:
    result = random.choice(("CAPTURED", "NOT CAPTURED", "%00", "CAPTURED\r\n"))
    return Forgery(
        "in clear", f"paymentid=1&result={result}&trackid={random.randint(1, 9)}&amt=1.000".encode()
    )


def _unicode(_: bytes, random: Random) -> Forgery:
    text = "".join(chr(random.choice((0x41, 0x660, 0x202E, 0xFF21, 0x1F4B3, 0x0))) for _ in range(64))
    return Forgery("unicode", text.encode(), random.choice(("text/plain; charset=utf-8", _FORM)))


def _nearly(message: bytes, random: Random) -> Forgery:
    return Forgery("nearly", _turned(message, random).hex().upper().encode())


def _words(message: bytes, random: Random) -> Forgery:
    text = message.hex().upper()
    spoilt = (
        "0x" + text,
        text[:40] + " " + text[40:],
        text + ";",
        f'{{"trandata": "{text}"}}',
        f"<t>{text}</t>",
    )
    return Forgery(
        "wrapped", random.choice(spoilt).encode(), random.choice(("application/json", "text/xml", ""))
    )


def _encoded(message: bytes, random: Random) -> Forgery:
    return Forgery("encoded", b"trandata=" + quote(_turned(message, random)).encode())


def _turned(message: bytes, random: Random) -> bytes:
    octets = bytearray(message)
    for _ in range(random.randint(1, 3)):
        octets[random.randrange(len(octets))] ^= random.randint(1, 255)
    return bytes(octets)
