"""
The panel on the card page that KNET's own page does not have: what is to go wrong with an order, and the test cards.

Reading what a person chose there, and filling in a card for them. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fils.knet.simulator.cards import BANK_OPTION
from fils.knet.simulator.faults import Faults, read_faults, write_faults
from fils.knet.simulator.outcomes import TEST_CARDS, CardKind

CHOICES: Final = ("notification", "inquiry")
"""Fields of ``Faults`` that are one word out of several."""
SWITCHES: Final = ("error_after_success", "cancel_at_error_url", "wrong_amount")
"""Fields of ``Faults`` that are true or false."""
CARD_ROWS: Final = ((CardKind.ORDINARY, "0000000001"), *((card.kind, card.digits) for card in TEST_CARDS))
"""The cards to choose from, by kind and the ten digits after the prefix; an ordinary one stands for all of them."""

_DIGITS: Final = {kind.value: digits for kind, digits in CARD_ROWS}


def read_panel(form: Mapping[str, str], current: Faults) -> Faults:
    """
    Read the panel's form.

    Args:
        form: The fields as the browser sent them; a box that is not ticked is not sent.
        current: What holds now; it keeps the delays and the count, which the panel does not ask for.

    Raises:
        FaultsInvalid: If a word is none of those that were offered.
    """
    chosen: dict[str, object] = {name: form.get(name, "") for name in CHOICES}
    switched: dict[str, object] = {name: name in form for name in SWITCHES}
    return read_faults(write_faults(current) | chosen | switched)


def fill_in(kind: str, approving_expiry: tuple[int, int]) -> dict[str, str]:
    """Return the card form's fields for a test card with the approving expiry, or nothing for an unknown *kind*."""
    digits = _DIGITS.get(kind)
    if digits is None:
        return {}
    year, month = approving_expiry
    return {"bank": BANK_OPTION, "debitNumber": digits, "month": str(month), "year": str(year)}
