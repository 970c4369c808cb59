"""The log says what went wrong and where, and repeats nobody's data."""

from __future__ import annotations

import asyncio
import logging
import sys

import pytest

from fils.domain.errors import StorageUnavailable
from fils.telemetry import DiscreetFormatter, report_loop_trouble

SECRET = "888888 0000000001"


def written(error: BaseException) -> str:
    try:
        raise error
    except BaseException:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "it %s", ("failed",), sys.exc_info())
    return DiscreetFormatter().format(record)


def test_an_error_that_is_not_ours_is_told_by_its_kind_and_place() -> None:
    text = written(ValueError(SECRET))
    assert text.endswith("ValueError")
    assert "test_telemetry.py" in text
    assert SECRET not in text


def test_an_error_of_ours_speaks_and_its_cause_does_not() -> None:
    error = StorageUnavailable("the disk is full")
    error.__cause__ = KeyError(SECRET)
    text = written(error)
    assert text.endswith("StorageUnavailable: the disk is full")
    assert text.index("KeyError") < text.index("StorageUnavailable")
    assert SECRET not in text


def test_errors_that_lead_to_each_other_are_told_once() -> None:
    first, second = ValueError(SECRET), KeyError(SECRET)
    first.__cause__, second.__cause__ = second, first
    text = written(first)
    assert (text.count("ValueError"), text.count("KeyError")) == (1, 1)


async def test_trouble_of_the_loop_is_told_without_what_its_tasks_hold(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def fail() -> None:
        raise ValueError(SECRET)

    loop = asyncio.get_running_loop()
    task = asyncio.create_task(fail(), name=SECRET)
    await asyncio.wait([task])
    context = {"message": "Task exception was never retrieved", "future": task, "exception": task.exception()}
    report_loop_trouble(loop, context)
    (record,) = caplog.records
    text = DiscreetFormatter().format(record)
    assert "Task exception was never retrieved" in text
    assert "ValueError" in text
    assert SECRET not in text
