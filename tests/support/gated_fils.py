"""
Fils as a process of its own, whose bank is another one, with a gate on each way between them.

It is what ``fils serve`` runs, with other addresses: the bank's server is told one of a gate, as behind a port mapping.
"""

from __future__ import annotations

import argparse
import os

import uvloop

from fils.bootstrap.gateway import Addresses
from fils.bootstrap.sandbox import open_sandbox
from fils.config import read_settings
from fils.http import server
from fils.telemetry import start_logging


async def _serve(options: argparse.Namespace) -> None:
    settings = read_settings(os.environ, port=options.port, database=options.database)
    listener = server.listen(settings.host, settings.port)
    public_url = f"http://127.0.0.1:{options.port}"
    addresses = Addresses(public_url=public_url, own_url=options.inbound_url, bank_url=options.bank_url)
    with listener:
        async with open_sandbox(settings, addresses) as sandbox:
            await server.serve(sandbox.app, listener, on_ready=lambda: None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", required=True)
    parser.add_argument("--database", required=True)
    parser.add_argument("--bank-url", required=True, help="the gate in front of the bank")
    parser.add_argument("--inbound-url", required=True, help="the gate in front of this Fils")
    start_logging()
    uvloop.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
