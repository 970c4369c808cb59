"""What the fields of requests mean. What stands inside the objects that Fils only carries says it by its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_CARRIED: Final = "Kept, and told again as it was. It means nothing to KNET."

FIELDS: Final[Mapping[str, Mapping[str, str]]] = {
    "SetupBody": {
        "processing_channel_id": "One of your account's, `pc_...`. Needed, unless your key is bound to one.",
        "amount": "Needed. Whole number of the minor unit: 1000 is 1.000 KWD.",
        "currency": "Needed. KNET takes `KWD` only.",
        "payment_type": "`Regular` if not told; any case is taken. KNET takes `Regular` only.",
        "reference": "Your name for the order.",
        "description": "What is bought, for people.",
        "payment_methods": "What each method needs of its own.",
        "settings": "Where the customer goes afterwards, and how the payment is made.",
        "metadata": "Your own facts; on one level.",
        "customer": "Whom the payment is for: by `id`, else by the address of e-mail, else a new one.",
        "billing": _CARRIED,
        "order": "Kept, and told again as it was. Its `amount_allocations` have to add up to `amount`.",
        "industry": _CARRIED,
        "risk": _CARRIED,
        "billing_descriptor": _CARRIED,
        "presentment_details": _CARRIED,
        "terminal": "A card machine of yours, no terminal of KNET. Kept, and told again as it was.",
        "account_funding_transaction": _CARRIED,
    },
    "KeptCustomerBody": {
        "email": "Needed for a new customer. Kept with A to Z in lower case; it names one customer of the account.",
        "name": "For people.",
        "phone": "Both parts, or none.",
        "metadata": "Your own facts; on one level.",
    },
    "MethodsBody": {
        "knet": "What KNET needs.",
        "auto_confirm": "`knet`: Fils confirms by itself as soon as KNET is ready; the payment is in `latest_payment`.",
    },
    "KnetBody": {"language": "Of the pages the customer sees. Without it KNET is not ready."},
    "SettingsBody": {
        "success_url": "Where the customer goes when the payment is captured. Without it KNET is not ready.",
        "failure_url": "Where the customer goes otherwise. Without it KNET is not ready.",
        "capture": "KNET always captures, so `false` makes it unavailable.",
        "excluded_payment_methods": "Names of methods to leave out; `knet` here leaves nothing.",
    },
}
"""Name of the schema to its fields."""
