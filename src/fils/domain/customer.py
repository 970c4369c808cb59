"""A shop's customer: whom a payment names. Fils knows only what the shop told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fils.domain.identifiers import AccountId, CustomerId


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """A telephone number, in the two parts in which the API takes it."""

    country_code: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A customer of an account. An address of e-mail names one customer of an account at most."""

    id: CustomerId
    account_id: AccountId
    created_at: datetime
    email: str | None = None
    """In lower case: two spellings of one address are one customer."""
    name: str | None = None
    phone: Phone | None = None
    version: int = 0
