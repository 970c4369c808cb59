"""
The account's part of its base url: a label of its own before the host (Checkout.com, API endpoints).

Clients are given ``https://vkuhvk4v.api.example`` as their base url, or the same without the label; the key alone says
whose request it is, and a label that stands there has to agree with it.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from fils.domain.identifiers import AccountId

PREFIX_LENGTH: Final = 8
"""A prefix is so many characters of the account's id after ``cli_`` (Checkout.com, API endpoints)."""

_LABEL: Final = re.compile(rf"[a-z2-7]{{{PREFIX_LENGTH}}}")


def account_prefix(account_id: AccountId) -> str:
    """The prefix of an account: the first characters of its id after ``cli_``."""
    return account_id.partition("_")[2][:PREFIX_LENGTH]


def prefix_before(host: str, bases: Collection[str]) -> str | None:
    """
    The label in *host* that could be an account's prefix, if what follows it is one of *bases*; else None.

    A base has no prefix itself, whatever its first label looks like.

    Whether an account has that prefix is not looked up: a host must not tell whether there is such an account.

    Args:
        host: A name without a port, in lower case.
        bases: The names that a prefix may stand before.
    """
    if host in bases:
        # Of payments.shop.example and shop.example, both ours, the first begins with no prefix of the second.
        return None
    label, _, rest = host.partition(".")
    return label if rest in bases and _LABEL.fullmatch(label) else None
