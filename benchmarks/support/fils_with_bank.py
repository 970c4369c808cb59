"""Fils as ``fils serve`` runs it, with the simulated bank in another process."""

from __future__ import annotations

import argparse
import os

import uvloop

from fils.bootstrap import sandbox
from fils.config import read_settings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", required=True)
    parser.add_argument("--bank-url", required=True)
    options = parser.parse_args()
    settings = read_settings(os.environ, port=options.port)
    uvloop.run(sandbox.serve(settings, on_ready=lambda _: None, bank_url=options.bank_url))


if __name__ == "__main__":
    main()
