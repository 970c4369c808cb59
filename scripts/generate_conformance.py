"""
Write ``docs/reference/conformance.md`` from a run of the official SDKs against a real Fils:

    .venv/bin/python -m scripts.generate_conformance

``tests/contract/test_conformance.py`` makes the same run and checks that the page still says what came of it.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path

from tests.support.conformance import run_cases
from tests.support.conformance_page import PAGE, conformance_page


def main() -> None:
    """Run every case and write the page."""
    # The Python SDK warns about its own builder.
    warnings.simplefilter("ignore", DeprecationWarning)
    with tempfile.TemporaryDirectory() as folder:
        told: Mapping[str, Mapping[str, str]] = run_cases(Path(folder))
    PAGE.write_text(conformance_page(told), encoding="utf-8")


if __name__ == "__main__":
    main()
