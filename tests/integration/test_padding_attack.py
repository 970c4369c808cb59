"""A small version of ``proofs/padding_attack.py``, and the proof that its attacker is one."""

from __future__ import annotations

from random import Random

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from proofs.padding_attack import CHANCE_MOST, attack
from proofs.support.many_sources import Reply
from proofs.support.padding import BLOCK, PaddingAttack, compare_times, known_plaintext
from proofs.support.started import start_payment
from tests.support.process import FilsProcess

KEY = b"SECRETOFTHEBANK7"
_USUAL = Reply(b"HTTP/1.1 400 Bad Request\r\n\r\nrefused", 0.1)


def _encrypted(plaintext: bytes) -> bytes:
    encryptor = Cipher(AES(KEY), CBC(KEY)).encryptor()
    return encryptor.update(plaintext) + encryptor.finalize()


class LeakyReceiver:
    """Decrypts as most public code does; *odd* is its answer where the padding was right and the rest was not."""

    def __init__(self, odd: Reply) -> None:
        self._odd = odd

    async def ask(self, ciphertext: bytes) -> Reply:
        decryptor = Cipher(AES(KEY), CBC(KEY)).decryptor()
        padded = decryptor.update(ciphertext) + decryptor.finalize()
        length = padded[-1]
        is_right = 1 <= length <= BLOCK and padded.endswith(bytes((length,)) * length)
        return self._odd if is_right else _USUAL


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(Reply(b"HTTP/1.1 500 Internal Server Error\r\n\r\n", 0.1), id="another status"),
        pytest.param(Reply(b"HTTP/1.1 400 Bad Request\r\n\r\nrefused ", 0.1), id="one octet more"),
        pytest.param(Reply(_USUAL.octets, 0.100_010), id="ten microseconds later"),
    ],
)
@pytest.mark.parametrize("seed", range(3))
async def test_the_attacker_has_the_key_of_a_receiver_that_leaks(odd: Reply, seed: int) -> None:
    attacker = PaddingAttack(
        ask=LeakyReceiver(odd).ask,
        first_block=_encrypted(known_plaintext("888801") + bytes(BLOCK))[:BLOCK],
        known=known_plaintext("888801"),
        random=Random(seed),  # noqa: S311 - a choice, not a secret
    )
    recovery = await attacker.run()
    assert recovery.key == KEY
    assert recovery.requests_count < 5000


def test_times_are_compared_by_ranks() -> None:
    slower, quicker = [1.0 + n / 1000 for n in range(100)], [0.9 + n / 1000 for n in range(100)]
    assert compare_times(slower, quicker).z > 10
    assert compare_times([*slower, 1000.0], [*slower, 1000.0]).z == pytest.approx(0, abs=0.2)
    assert compare_times(slower, quicker).median_us == pytest.approx(100_000)


@pytest.mark.parametrize("mode", ["N", "L"])
async def test_the_attacker_learns_nothing_from_fils(fils_process: FilsProcess, mode: str) -> None:
    started = start_payment(fils_process.base_url, mode)
    choices = Random(5)  # noqa: S311 - the same
    recovery = await attack(fils_process.port, started, choices, rounds=1, octet_count=3)
    assert recovery.requests_count == 3 * 256
    assert len(recovery.answers) == 1
    assert next(iter(recovery.answers)).startswith(b"HTTP/1.1 400 ")
    assert recovery.right_octets(started.key) <= CHANCE_MOST
