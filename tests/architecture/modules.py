"""The program's own source as the architecture tests see it: modules, what they import, and what their names mean."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
SOURCE: Final = ROOT / "src"


@dataclass(frozen=True, slots=True)
class Module:
    """One Python file, parsed. ``name`` is what an import statement calls it."""

    name: str
    text: str
    tree: ast.Module

    @classmethod
    def parse(cls, name: str, text: str) -> Module:
        """Make a module from its text; the tests of the rules feed invented ones."""
        return cls(name, text, ast.parse(text))

    def is_in(self, *packages: str) -> bool:
        """Whether this module is one of *packages* or inside one."""
        return any(is_inside(self.name, package) for package in packages)


@dataclass(frozen=True, slots=True)
class Use:
    """Something a module names, by its full dotted name, and where."""

    name: str
    line: int


def is_inside(name: str, package: str) -> bool:
    """Whether a dotted *name* is *package* itself or something in it."""
    return name == package or name.startswith(f"{package}.")


@cache
def program_modules() -> tuple[Module, ...]:
    """Every module under ``src``."""
    return tuple(_read(path, SOURCE) for path in sorted(SOURCE.rglob("*.py")))


@cache
def test_modules() -> tuple[Module, ...]:
    """Every module under ``tests``."""
    return tuple(_read(path, ROOT) for path in sorted((ROOT / "tests").rglob("*.py")))


# pytest would take it for a test where it is imported by name.
test_modules.__test__ = False  # type: ignore[attr-defined]


def _read(path: Path, base: Path) -> Module:
    parts = path.relative_to(base).with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    return Module.parse(name, path.read_text(encoding="utf-8"))


def imports(module: Module) -> Iterator[Use]:
    """Everything the module imports, also inside functions and for type checking: ``from a import b`` is ``a.b``."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from (Use(alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield from (Use(f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def uses(module: Module) -> Iterator[Use]:
    """
    Every name and attribute chain the module reads, with import aliases undone.

    After ``from datetime import datetime as dt`` the expression ``dt.now`` is ``datetime.datetime.now``.
    """
    aliases = _aliases(module)
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute | ast.Name):
            dotted = _dotted(node)
            if dotted is not None:
                head, dot, rest = dotted.partition(".")
                yield Use(aliases.get(head, head) + dot + rest, node.lineno)


def _aliases(module: Module) -> dict[str, str]:
    aliases: dict[str, str] = {}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            aliases.update({alias.asname: alias.name for alias in node.names if alias.asname is not None})
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            aliases.update(
                {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
            )
    return aliases


def _dotted(node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        head = _dotted(node.value)
        return None if head is None else f"{head}.{node.attr}"
    return None
