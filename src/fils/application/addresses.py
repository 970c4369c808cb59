"""
The addresses under which browsers and the bank find us, each made in one place.

They are built from the configured base url, never from a request's Host header.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fils.domain.account_prefix import account_prefix
from fils.domain.identifiers import AccountId

LINK_PATH: Final = "/knet-external/redirect/{token}/pay"
"""Starts a payment attempt; the path is that of Checkout.com's sample redirect."""
PAYMENT_PAGE_PATH: Final = "/knet-external/redirect/{token}"
"""Shows how the payment stands; holds no secret that proves anything."""
SHOP_PATH: Final = "/knet-external/redirect/{token}/shop"
"""Leads back to the shop once the payment is decided."""
RETURN_PATH: Final = "/knet-external/return/{secret}"
NOTIFICATION_PATH: Final = "/knet/notifications/{terminal_id}"
ERROR_PATH: Final = "/knet/errors/{terminal_id}"


@dataclass(frozen=True, slots=True)
class BaseUrl:
    """What the links in answers of the API start with."""

    browser: str
    """Before what a browser opens: the configured base url, without a slash at its end."""
    has_prefix: bool = False
    """Whether links of the API carry the prefix of their account."""

    def api(self, account_id: AccountId) -> str:
        """Before what the account's programs open."""
        if not self.has_prefix:
            return self.browser
        scheme, separator, rest = self.browser.partition("://")
        return f"{scheme}{separator}{account_prefix(account_id)}.{rest}"


def link_url(base_url: str, token: str) -> str:
    """The link the shop sends its customer to."""
    return base_url + LINK_PATH.format(token=token)


def payment_page_url(base_url: str, token: str) -> str:
    """The page that tells the customer how the payment stands."""
    return base_url + PAYMENT_PAGE_PATH.format(token=token)


def shop_door_url(base_url: str, token: str) -> str:
    """Where a customer who has read how the payment ended goes on to the shop."""
    return base_url + SHOP_PATH.format(token=token)


def return_url(base_url: str, secret: str) -> str:
    """Where KNET sends the browser after we acknowledged its notification."""
    return base_url + RETURN_PATH.format(secret=secret)


def notification_url(base_url: str, terminal_id: str) -> str:
    """KNET's responseURL: where it posts how an attempt ended."""
    return base_url + NOTIFICATION_PATH.format(terminal_id=terminal_id)


def error_url(base_url: str, terminal_id: str) -> str:
    """KNET's errorURL: where it sends a browser it could not serve."""
    return base_url + ERROR_PATH.format(terminal_id=terminal_id)
