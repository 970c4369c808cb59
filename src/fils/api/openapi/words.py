"""What the fields of requests that Fils acts on mean. The others say it by their names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

FIELDS: Final[Mapping[str, Mapping[str, str]]] = {
    "SetupBody": {
        "processing_channel_id": "One of your account's. Needed, unless your key is bound to one.",
        "amount": "Needed. Whole number of the minor unit: 1000 is 1.000 KWD.",
        "currency": "Needed. KNET takes `KWD` only.",
        "payment_type": "`Regular` if not told; any case is taken. KNET takes `Regular` only.",
        "reference": "Your name for the order.",
        "description": "What is bought, for people.",
        "payment_methods": "What each method needs of its own.",
        "settings": "Where the customer goes afterwards, and how the payment is made.",
        "metadata": "Your own facts; on one level.",
    },
    "KeptCustomerBody": {
        "email": "Needed for a new customer. Kept with A to Z in lower case; it names one customer of the account.",
        "phone": "Both parts, or none.",
        "metadata": "Your own facts; on one level.",
    },
    "MethodsBody": {"knet": "What KNET needs."},
    "KnetBody": {"language": "Of the pages the customer sees. Without it KNET is not ready."},
    "SettingsBody": {
        "success_url": "Where the customer goes when the payment is captured. Without it KNET is not ready.",
        "failure_url": "Where the customer goes otherwise. Without it KNET is not ready.",
        "capture": "KNET always captures, so `false` makes it unavailable.",
        "excluded_payment_methods": "Names of methods to leave out; `knet` here leaves nothing.",
    },
}
"""Name of the schema to its fields."""
