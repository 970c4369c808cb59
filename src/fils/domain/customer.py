"""A shop's customer: whom a payment names. Fils knows only what the shop told."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from fils.domain.identifiers import AccountId, CustomerId

_LOWER_CASE: Final = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """A telephone number, in the two parts in which the API takes it."""

    country_code: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerDetails:
    """What a shop tells about a customer. None means: not told."""

    email: str | None = None
    """As it was written."""
    name: str | None = None
    phone: Phone | None = None
    metadata: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A customer of an account. An address of e-mail names one customer of an account at most."""

    id: CustomerId
    account_id: AccountId
    created_at: datetime
    email: str | None = None
    """As :func:`comparable_email` has it: two spellings of one address are one customer."""
    name: str | None = None
    phone: Phone | None = None
    metadata: Mapping[str, object] = field(default_factory=dict)
    deleted_at: datetime | None = None
    """Since when the shop does not want to know the customer any more. Nothing but the id is left then."""
    version: int = 0

    def told(self, details: CustomerDetails) -> Customer:
        """The customer with what *details* tell; what they leave out stays."""
        return replace(
            self,
            email=self.email if details.email is None else comparable_email(details.email),
            name=self.name if details.name is None else details.name,
            phone=self.phone if details.phone is None else details.phone,
            metadata=self.metadata if details.metadata is None else details.metadata,
        )

    def deleted(self, at: datetime) -> Customer:
        """The customer without anything that is about a person, so that the address names nobody any more."""
        return Customer(
            id=self.id,
            account_id=self.account_id,
            created_at=self.created_at,
            deleted_at=at,
            version=self.version,
        )


def comparable_email(address: str) -> str:
    """
    An address of e-mail as customers are found by it: A to Z in lower case.

    Other letters stay. Unicode's lower case would make one address of two, as the Kelvin sign becomes a k, and
    some addresses longer than they may be.
    """
    return address.translate(_LOWER_CASE)
