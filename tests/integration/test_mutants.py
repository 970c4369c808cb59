"""The table of ``proofs/mutants.py`` fits the code, and a handful of its mutants is run; the script runs them all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from proofs.mutants import Fate, Mutant, fate_of, faults_of, read_mutants

MUTANTS = {mutant.rule: mutant for mutant in read_mutants()}
HANDFUL = (
    "A payment turns negative only when all its attempts have.",
    "A notification that does not agree is not acknowledged.",
    "Mode N without a return: the first positive answer is provisional.",
)


def a_mutant() -> Mutant:
    return MUTANTS[HANDFUL[0]]


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=lambda mutant: mutant.rule)
def test_every_row_names_lines_that_are_there_and_a_test_that_exists(mutant: Mutant) -> None:
    assert list(faults_of(mutant)) == []


def test_no_rule_is_in_the_table_twice() -> None:
    assert len(MUTANTS) == len(read_mutants())
    assert len(MUTANTS) > 100


@pytest.mark.parametrize("rule", HANDFUL)
def test_a_rule_that_is_taken_out_is_noticed(rule: str) -> None:
    assert fate_of(MUTANTS[rule]) is Fate.KILLED


def test_a_mutant_that_changes_nothing_survives() -> None:
    original = a_mutant().original
    assert fate_of(replace(a_mutant(), replacement=f"{original}  # the same")) is Fate.SURVIVED


def test_a_row_that_does_not_fit_is_told() -> None:
    mutant = a_mutant()
    assert "0 times" in next(faults_of(replace(mutant, original="nowhere")))
    assert "no test" in next(faults_of(replace(mutant, test="tests/unit/test_vault.py::test_nothing")))
    assert "no test" in next(faults_of(replace(mutant, test="tests/unit/none.py::test_nothing")))
    assert "no program" in next(faults_of(replace(mutant, replacement="]")))
    assert "is the original" in next(faults_of(replace(mutant, replacement=mutant.original)))
