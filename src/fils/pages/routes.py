"""
The doors a customer's browser comes to: the link, the return address, and the page that tells how a payment stands.

They work without JavaScript. Where the browser goes is decided by how the payment stands, never by the door.
"""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from fils.application.addresses import LINK_PATH, PAYMENT_PAGE_PATH, RETURN_PATH, link_url, payment_page_url
from fils.application.ports import Ports
from fils.application.visits import (
    LinkClosed,
    NotStarted,
    ToBank,
    ToShop,
    Wait,
    merchant_name,
    open_link,
    present_return,
    see_payment,
)
from fils.domain.payment import Payment
from fils.pages.customer_pages import CustomerPages
from fils.pages.guarding import guarded
from fils.pages.writing import redirect

LONG_WAIT: Final = timedelta(minutes=1)
"""After this the page says that it may be closed."""


def payment_page_routes(ports: Ports, *, base_url: str) -> list[BaseRoute]:
    """
    The doors of every payment.

    Args:
        ports: What the use cases need.
        base_url: What a browser sees before every path, without a slash at the end.
    """
    doors = _Doors(ports, base_url)
    return [
        Route(LINK_PATH, guarded(doors.open_link, doors.pages), methods=["GET"]),
        Route(RETURN_PATH, guarded(doors.present_return, doors.pages), methods=["GET"]),
        Route(PAYMENT_PAGE_PATH, guarded(doors.see_payment, doors.pages), methods=["GET"]),
    ]


class _Doors:
    def __init__(self, ports: Ports, base_url: str) -> None:
        self._ports = ports
        self._base_url = base_url
        self.pages = CustomerPages(base_url)

    async def open_link(self, request: Request) -> Response:
        match await open_link(self._ports, request.path_params["token"]):
            case ToBank(url):
                return redirect(url, HTTPStatus.FOUND)
            case ToShop(payment, url):
                merchant = await merchant_name(self._ports, payment)
                return self.pages.write_decided(payment, merchant=merchant, shop_url=url)
            case LinkClosed(payment):
                return await self._say_link_closed(payment)
            case Wait(payment=payment) | NotStarted(payment):
                return self._to_payment_page(payment)

    async def present_return(self, request: Request) -> Response:
        door = await present_return(self._ports, request.path_params["secret"])
        if isinstance(door, ToShop):
            return redirect(door.url, HTTPStatus.SEE_OTHER)
        return self._to_payment_page(door.payment)

    async def see_payment(self, request: Request) -> Response:
        match await see_payment(self._ports, request.path_params["token"]):
            case ToShop(url=url):
                return redirect(url, HTTPStatus.SEE_OTHER)
            case Wait() as wait:
                return await self._ask_to_wait(wait)
            case NotStarted(payment):
                merchant = await merchant_name(self._ports, payment)
                return self.pages.write_not_started(
                    payment, merchant=merchant, link_url=self._link_url(payment)
                )
            case LinkClosed(payment):
                return await self._say_link_closed(payment)

    async def _ask_to_wait(self, wait: Wait) -> Response:
        return self.pages.write_wait(
            wait.payment,
            merchant=await merchant_name(self._ports, wait.payment),
            is_long=self._ports.clock.now() - wait.since >= LONG_WAIT,
            link_url=self._link_url(wait.payment) if wait.may_start else None,
        )

    async def _say_link_closed(self, payment: Payment) -> Response:
        return self.pages.write_link_closed(payment, merchant=await merchant_name(self._ports, payment))

    def _to_payment_page(self, payment: Payment) -> Response:
        token = self._ports.vault.link_token(payment.id)
        return redirect(payment_page_url(self._base_url, token), HTTPStatus.SEE_OTHER)

    def _link_url(self, payment: Payment) -> str:
        return link_url(self._base_url, self._ports.vault.link_token(payment.id))
