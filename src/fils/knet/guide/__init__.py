"""
What KNET's error codes mean to people: a meaning in English and Arabic, and what to do.

Nothing here decides about a payment. A code says why a step failed, never whether money moved: only an inquiry does.
"""

from fils.knet.guide.codes import Guidance, find_guidance, guidance, guidances
from fils.knet.guide.remedies import ARABIC, ENGLISH, OUTCOMES, Advice, Remedy

__all__ = [
    "ARABIC",
    "ENGLISH",
    "OUTCOMES",
    "Advice",
    "Guidance",
    "Remedy",
    "find_guidance",
    "guidance",
    "guidances",
]
