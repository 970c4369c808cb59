"""The simulated bank of the sandbox as a process of its own, so that its processor time can be told apart."""

from __future__ import annotations

import argparse
from datetime import timedelta
from pathlib import Path
from typing import Final

import uvloop
from starlette.applications import Starlette
from starlette.routing import Mount

from fils.bootstrap.gateway import Addresses
from fils.bootstrap.sandbox import sandbox_simulator
from fils.http import server

BASE_PATH: Final = "/kpg"


async def _serve(options: argparse.Namespace) -> None:
    addresses = Addresses(public_url=options.fils_url, own_url=options.fils_url)
    bank = sandbox_simulator(
        addresses,
        books=options.books,
        base_path=BASE_PATH,
        reversal_delay_max=timedelta(seconds=options.reversal_delay_max),
    )
    async with bank as simulator:
        application = Starlette(routes=[Mount(BASE_PATH, app=simulator.app)])
        with server.listen("127.0.0.1", options.port) as listener:
            await server.serve(application, listener, on_ready=lambda: None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--fils-url", required=True, help="base url of the Fils that it serves")
    parser.add_argument("--books", type=Path, required=True)
    parser.add_argument("--reversal-delay-max", type=float, default=120, help="in seconds")
    uvloop.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
