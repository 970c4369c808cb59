"""What the tests of telemetry share."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from tests.support.watching import KeptLines


@pytest.fixture
def kept() -> Iterator[KeptLines]:
    """The structured lines of a test, from level info on."""
    logger, handler = logging.getLogger("fils"), KeptLines()
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield handler
    logger.removeHandler(handler)
    logger.setLevel(level)
