"""Runs the command line as ``python -m fils``."""

from __future__ import annotations

from fils.cli import main

if __name__ == "__main__":
    main(prog_name="fils")
