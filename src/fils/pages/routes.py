"""
The doors a customer's browser comes to: the link, the return address, the page that tells how a payment stands, and
from there the way to the shop.

They work without JavaScript. Where the browser goes is decided by how the payment stands, never by the door.
"""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from fils.application.addresses import (
    LINK_PATH,
    PAYMENT_PAGE_PATH,
    RETURN_PATH,
    SHOP_PATH,
    link_url,
    payment_page_url,
    shop_door_url,
)
from fils.application.ports import Ports
from fils.application.receipts import get_receipt
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


def payment_page_routes(ports: Ports, *, base_url: str, shows_result: bool = False) -> list[BaseRoute]:
    """
    The doors of every payment.

    Args:
        ports: What the use cases need.
        base_url: What a browser sees before every path, without a slash at the end.
        shows_result: Whether the customer is shown how the payment ended before the browser goes back to the shop.
    """
    doors = _Doors(ports, base_url, shows_result=shows_result)
    visits = {
        LINK_PATH: doors.open_link,
        RETURN_PATH: doors.present_return,
        PAYMENT_PAGE_PATH: doors.see_payment,
        SHOP_PATH: doors.go_to_shop,
    }
    return [Route(path, guarded(visit, doors.pages), methods=["GET"]) for path, visit in visits.items()]


class _Doors:
    def __init__(self, ports: Ports, base_url: str, *, shows_result: bool) -> None:
        self._ports = ports
        self._base_url = base_url
        self._shows_result = shows_result
        self.pages = CustomerPages(base_url)

    async def open_link(self, request: Request) -> Response:
        match await open_link(self._ports, request.path_params["token"]):
            case ToBank(url):
                return redirect(url, HTTPStatus.FOUND)
            case ToShop(payment=payment):
                # Also without the setting: who opens an old link wants to know, and is not thrown into the shop.
                return await self._tell_result(payment)
            case LinkClosed(payment):
                return await self._say_link_closed(payment)
            case Wait(payment=payment) | NotStarted(payment):
                return self._to_payment_page(payment)

    async def present_return(self, request: Request) -> Response:
        door = await present_return(self._ports, request.path_params["secret"])
        if isinstance(door, ToShop) and not self._shows_result:
            return redirect(door.url, HTTPStatus.SEE_OTHER)
        # The address of the page does not hold the secret.
        return self._to_payment_page(door.payment)

    async def see_payment(self, request: Request) -> Response:
        match await see_payment(self._ports, request.path_params["token"]):
            case ToShop(payment=payment) if self._shows_result:
                return await self._tell_result(payment)
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

    async def go_to_shop(self, request: Request) -> Response:
        door = await see_payment(self._ports, request.path_params["token"])
        if isinstance(door, ToShop):
            return redirect(door.url, HTTPStatus.SEE_OTHER)
        return self._to_payment_page(door.payment)

    async def _tell_result(self, payment: Payment) -> Response:
        token = self._ports.vault.link_token(payment.id)
        receipt = await get_receipt(self._ports, payment)
        return self.pages.write_result(receipt, shop_url=shop_door_url(self._base_url, token))

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
