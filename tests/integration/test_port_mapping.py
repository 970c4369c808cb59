"""Fils behind a port mapping: browsers and shops know another port than the one it listens on."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from pathlib import Path

from tests.support.customer import APPROVING, DECLINING, FAILURE_URL, SUCCESS_URL, Customer, Shop, link_of
from tests.support.port_mapping import PortMapping
from tests.support.process import FilsProcess


def pay(shop: Shop, expiry: tuple[str, str] = APPROVING) -> tuple[object, str]:
    """A whole payment: its status at the end, and where the browser was sent."""
    confirmed = shop.confirmed()
    link = link_of(confirmed)
    assert link.startswith(f"{shop.base_url}/")
    end = Customer().pay(link, expiry)
    return shop.payment(confirmed["id"])["status"], end


async def test_whole_payments_go_through_a_mapped_port(tmp_path: Path) -> None:
    async with PortMapping() as mapping:
        with FilsProcess(tmp_path, arguments=("--base-url", mapping.base_url)) as process:
            mapping.lead_to(process.port)
            shop = Shop(mapping.base_url)
            paid, success = await asyncio.to_thread(pay, shop)
            declined, failure = await asyncio.to_thread(pay, shop, DECLINING)

    assert (paid, declined) == ("Captured", "Canceled")
    assert success.startswith(SUCCESS_URL)
    assert failure.startswith(FAILURE_URL)
    assert b"POST /kpg/paymentrouter.htm" in mapping.sent
    # The bank's and our own server find each other without the mapping, which may not exist where they are.
    assert b"POST /knet/notifications/" not in mapping.sent
    assert b"tranPipe" not in mapping.sent


async def test_two_processes_share_a_postgresql_and_a_data_folder_behind_one_address(
    tmp_path: Path, postgresql_url: str
) -> None:
    environment = {"FILS_MODE": "sandbox", "FILS_DATA_DIR": str(tmp_path / "shared")}
    async with PortMapping() as mapping:
        with ExitStack() as stack:
            ports = []
            for name in ("first", "second"):
                (tmp_path / name).mkdir()
                process = FilsProcess(
                    tmp_path / name,
                    database=postgresql_url,
                    environment=environment,
                    arguments=("--base-url", mapping.base_url),
                )
                ports.append(stack.enter_context(process).port)
            mapping.lead_to(*ports)
            shop = Shop(mapping.base_url)
            statuses = [(await asyncio.to_thread(pay, shop))[0] for _ in range(5)]

    assert statuses == ["Captured"] * 5
