"""The answer to a request with an idempotency key, kept so that the same request never acts twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fils.domain.identifiers import AccountId


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """
    What was answered. It is written in one commit with what the request did, or not at all.

    Account, method, path and key together name it.
    """

    account_id: AccountId
    method: str
    path: str
    key: str
    body_digest: str
    """A keyed hash of the request's body: another body under the same key is another request."""
    status: int
    sealed_body: str
    """The answer's body, sealed under the data key: it holds links that let a browser pay."""
    kept_at: datetime
