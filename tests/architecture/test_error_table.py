"""Every error of Fils has its answer in the API's one table."""

from __future__ import annotations

from collections.abc import Iterable
from types import ModuleType

import fils.api.errors
import fils.domain.errors
from fils.api.errors import ERROR_ANSWERS
from fils.domain.errors import FilsError


def errors_of(module: ModuleType) -> set[type[FilsError]]:
    """The errors a module defines or names; the root is no error of its own, it is never raised."""
    named = {thing for thing in vars(module).values() if isinstance(thing, type)}
    return {thing for thing in named if issubclass(thing, FilsError)} - {FilsError}


def unanswered(errors: Iterable[type[FilsError]]) -> list[str]:
    """Names of those that have no row of their own in the table."""
    return sorted(error.__name__ for error in errors if error not in ERROR_ANSWERS)


def test_every_error_has_an_answer() -> None:
    missing = unanswered(errors_of(fils.domain.errors) | errors_of(fils.api.errors))
    assert not missing, (
        f"Without a row in fils.api.errors a caller sees a 500 that looks like our bug: {missing}"
    )


def test_an_error_without_an_answer_is_noticed() -> None:
    class RefundExceedsCaptured(fils.domain.errors.DomainError):
        code = "refund_exceeds_captured"

    assert unanswered([RefundExceedsCaptured]) == ["RefundExceedsCaptured"]
