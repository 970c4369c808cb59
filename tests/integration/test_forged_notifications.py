"""A small version of ``proofs/forged_notifications.py``: nothing forged is taken, and all else still is."""

from __future__ import annotations

from pathlib import Path
from random import Random

from proofs.forged_notifications import besiege, fils_in
from proofs.support.forgeries import Forgery, bit_flips, edits, random_bodies
from proofs.support.siege import Siege

CHOICES_SEED = 2


def choices() -> Random:
    return Random(CHOICES_SEED)  # noqa: S311 - choices, no secrets


def test_only_what_the_bank_said_is_taken_and_every_forgery_gets_the_one_refusal(tmp_path: Path) -> None:
    with fils_in(tmp_path) as fils:
        siege = besiege(fils, choices(), bodies_count=2_000)
    assert siege.faults == []
    assert siege.sent["turned bits"] >= 2 * 8 * 200
    assert siege.sent["edited messages"] > 200
    assert siege.sent["random bodies"] == 2_000
    assert len(siege.captured) == 10


def test_a_message_that_is_taken_is_noticed(tmp_path: Path) -> None:
    """The siege would see a forgery succeed: here what it is given as one is the bank's own message."""
    with fils_in(tmp_path) as fils:
        siege = Siege(fils, choices())
        for mode, status in (("N", 200), ("L", 303)):
            target = siege.start(mode)
            siege.forge(target, "true", [Forgery("true", target.wrap(target.captured_message.hex().upper()))])
            assert siege.faults.pop().startswith(f"true: {status} ")
    assert siege.faults == []


def test_no_forgery_is_the_true_message() -> None:
    message, other = bytes(range(64)), bytes(range(32)) + bytes(32)
    for forgery in (
        *bit_flips(message, str.encode),
        *edits(message, [other], choices(), str.encode),
        *random_bodies([message], choices(), count=5_000),
    ):
        assert forgery.body.upper() not in (message.hex().upper().encode(), other.hex().upper().encode())
