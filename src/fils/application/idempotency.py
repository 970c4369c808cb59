"""
Acting once: a request with an idempotency key commits what it does and what it answers together, or not at all.

A use case that can be repeated takes a ``Keep`` and puts what it returns into the batch that does the act.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from fils.domain.kept_answer import KeptAnswer

T = TypeVar("T")

Keep = Callable[[T], Sequence[KeptAnswer]]
"""From what an act results in to the records that belong into the act's own batch."""


def keep_nothing(_result: object) -> Sequence[KeptAnswer]:
    """The ``Keep`` of a request without an idempotency key."""
    return ()
