"""
The house rules that a machine can check, each with its reason. Exceptions stand in one place: ``EXCEPTIONS``.

A rule takes one module and yields what breaks it. ``test_rules.py`` applies every rule to every module, and shows
for each rule a text that it catches.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from tests.architecture.arrows import broken_arrows
from tests.architecture.modules import Module, Use, imports, is_inside, uses

NEAR_MONEY: Final = (
    "fils.domain",
    "fils.application",
    "fils.knet.wire",
    "fils.knet.mapping",
    "fils.api",
)
MOST_LINES_OF_A_FUNCTION: Final = 70
MOST_LINES_OF_A_MODULE: Final = 500

EXCEPTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    # The simulator is another party's system with a clock and ids of its own, and so is the demo shop.
    "clock": ("fils.clock", "fils.knet.simulator"),
    "randomness": (
        "fils.identifiers_source",
        "fils.vault",  # nonces of what it seals
        "fils.knet.simulator",
        "fils.demo_shop",
    ),
    "environment": ("fils.config",),
    "no floats": ("fils.api.schemas.values",),  # numbers that are carried and never become money
    "catch all": (
        "fils.api.endpoint",  # the outermost edge of a request
        "fils.pages.guarding",  # the outermost edge of a visit
        "fils.knet.stored_terminals",  # the outermost edge of keeping up, which nobody waits for
        "fils.knet.simulator.due_work",  # the outermost edge of work that nobody waits for
        "fils.operations.door",  # the outermost edge of an operator's request
        "fils.storage.postgresql_writer",  # the outermost edge of a task whose callers would else wait for ever
        "fils.telemetry.handler",  # the outermost edge of telling: a line that fails must not fail what it tells of
        "fils.storage.sqlite_writer",  # the outermost edge of a thread whose callers would else wait for ever
        "fils.worker.forgetting_loop",  # the outermost edge of work that nobody waits for
        "fils.worker.settling_loop",  # the outermost edge of work that nobody waits for
    ),
}
"""Rule name to the modules that may break it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One house rule: its name, why we have it, and what breaks it."""

    name: str
    why: str
    breaches: Callable[[Module], Iterator[Use]]

    def broken_by(self, module: Module) -> list[str]:
        """A line for each breach, or nothing when the module keeps the rule or is excepted from it."""
        if module.is_in(*EXCEPTIONS.get(self.name, ())):
            return []
        return [f"{module.name}:{use.line}: {use.name}" for use in self.breaches(module)]


def _reads(*forbidden: str) -> Callable[[Module], Iterator[Use]]:
    """A check that a module neither imports nor names any of *forbidden*, or something inside one."""

    def breaches(module: Module) -> Iterator[Use]:
        seen: set[Use] = set()
        for use in (*imports(module), *uses(module)):
            if use not in seen and any(is_inside(use.name, name) for name in forbidden):
                seen.add(use)
                yield use

    return breaches


def _floats(module: Module) -> Iterator[Use]:
    if not module.is_in(*NEAR_MONEY):
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield Use(f"the literal {node.value}", node.lineno)
        elif isinstance(node, ast.Name) and node.id == "float":
            yield Use("float", node.lineno)
        elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            yield Use("a division with /", node.lineno)


def _long_parts(module: Module) -> Iterator[Use]:
    lines = len(module.text.splitlines())
    if lines > MOST_LINES_OF_A_MODULE:
        yield Use(f"the module has {lines} lines", 1)
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > MOST_LINES_OF_A_FUNCTION:
                yield Use(f"{node.name} has {lines} lines", node.lineno)


def _catches_all(module: Module) -> Iterator[Use]:
    """Handlers of everything that do not pass it on: one that cleans up and ends with ``raise`` hides nothing."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ExceptHandler):
            last = node.body[-1]
            passes_on = isinstance(last, ast.Raise) and last.exc is None
            if _names_everything(node.type) and not passes_on:
                yield Use("except of everything", node.lineno)
        elif (
            isinstance(node, ast.Call)
            and ast.unparse(node.func).endswith("suppress")
            and any(_names_everything(argument) for argument in node.args)
        ):
            yield Use("suppress of everything", node.lineno)


def _names_everything(kind: ast.expr | None) -> bool:
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any(one is None or ast.unparse(one) in ("Exception", "BaseException") for one in kinds)


def _missing_docstring(module: Module) -> Iterator[Use]:
    if ast.get_docstring(module.tree) is None:
        yield Use("no docstring", 1)


def _unfinished(module: Module) -> Iterator[Use]:
    for number, line in enumerate(module.text.splitlines(), start=1):
        for mark in ("TO" + "DO", "FIX" + "ME", "NotImplemented" + "Error"):
            if mark in line:
                yield Use(mark, number)


RULES: Final = (
    Rule(
        "arrows",
        "Rules of money must not depend on how Fils is reached, stored or connected: see MAY_IMPORT in arrows.py.",
        broken_arrows,
    ),
    Rule(
        "no floats", "A binary fraction cannot hold 0.1, so money is integer minor units end to end.", _floats
    ),
    Rule(
        "clock",
        "Time comes from the Clock port, so that tests can move it and every decision names its moment.",
        _reads(
            "datetime.datetime.now",
            "datetime.datetime.utcnow",
            "datetime.datetime.today",
            "datetime.date.today",
            "time.time",
            "time.time_ns",
        ),
    ),
    Rule(
        "randomness",
        "Ids and secrets come from the IdSource port: the system's randomness in life, a seed only in tests.",
        _reads("random", "secrets", "uuid.uuid1", "uuid.uuid4", "os.urandom", "os.getrandom"),
    ),
    Rule(
        "environment",
        "Settings are read once, in fils.config, so that one place says what can be set.",
        _reads("os.environ", "os.environb", "os.getenv", "os.putenv"),
    ),
    Rule(
        "size",
        "What does not fit a screen is not read as a whole: 70 lines a function, 500 a module at most.",
        _long_parts,
    ),
    Rule(
        "catch all",
        "Catching everything hides our own bugs; only the outermost edge may, where it is reported.",
        _catches_all,
    ),
    Rule(
        "docstring",
        "A reader must learn from the first line what belongs into a module and what does not.",
        _missing_docstring,
    ),
    Rule("finished", "What is left for later belongs into an issue, not into the code.", _unfinished),
)
