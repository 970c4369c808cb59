"""Who may import whom. One table; a package that is not in it may not exist."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Final

from tests.architecture.modules import Module, Use, imports, is_inside

_RULES_OF_PAYMENTS: Final = ("fils.domain", "fils.application")
_WORDS_OF_THE_BANK: Final = ("fils.knet.wire", "fils.knet.mapping", "fils.knet.terminals")

MAY_IMPORT: Final[Mapping[str, tuple[str, ...]]] = {
    # The innermost: what payments are, then what a caller can ask for.
    "fils.domain": (),
    "fils.application": ("fils.domain",),
    # The bank. The wire and the simulator stand on their own, so that each could be used, or be wrong, alone.
    "fils.knet.wire": ("fils.domain.money",),
    "fils.knet.simulator": ("fils.domain.money", "fils.knet.wire"),
    "fils.knet.mapping": ("fils.domain", "fils.knet.wire"),
    # What codes mean to people; it decides nothing, so that a command may print it.
    "fils.knet.guide": ("fils.domain", "fils.knet.wire"),
    "fils.knet.terminals": (*_RULES_OF_PAYMENTS, "fils.knet.wire"),
    "fils.knet.stored_terminals": (*_RULES_OF_PAYMENTS, *_WORDS_OF_THE_BANK),
    "fils.knet.connector": (*_RULES_OF_PAYMENTS, *_WORDS_OF_THE_BANK),
    "fils.knet.refusals": (),
    "fils.knet.endpoints": (*_RULES_OF_PAYMENTS, *_WORDS_OF_THE_BANK, "fils.knet.refusals"),
    "fils.knet": (),
    # Adapters implement the ports of the application.
    "fils.storage": _RULES_OF_PAYMENTS,
    "fils.vault": _RULES_OF_PAYMENTS,
    "fils.clock": _RULES_OF_PAYMENTS,
    "fils.locks": _RULES_OF_PAYMENTS,
    "fils.identifiers_source": _RULES_OF_PAYMENTS,
    # Edges call use cases, and know neither an adapter nor one another.
    "fils.api": (*_RULES_OF_PAYMENTS, "fils.__version__", "fils.http.arrival"),
    "fils.pages": _RULES_OF_PAYMENTS,
    "fils.worker": _RULES_OF_PAYMENTS,
    "fils.operations": _RULES_OF_PAYMENTS,
    # Any shop: it speaks HTTP to the API and shares nothing with it.
    "fils.demo_shop": (),
    # What starts it all. Only the command line calls the composition root.
    "fils.config": _RULES_OF_PAYMENTS,
    "fils.http": ("fils.domain",),
    "fils.telemetry": _RULES_OF_PAYMENTS,
    "fils.bootstrap": (
        *_RULES_OF_PAYMENTS,
        *("fils.knet", "fils.storage", "fils.vault", "fils.clock", "fils.locks", "fils.identifiers_source"),
        *(
            "fils.api",
            "fils.pages",
            "fils.worker",
            "fils.operations",
            "fils.demo_shop",
            "fils.config",
            "fils.http",
            "fils.telemetry",
        ),
    ),
    "fils.cli": (
        *("fils.bootstrap", "fils.config", "fils.domain", "fils.telemetry"),
        "fils.operations.messages",  # what a command asks and is answered
        "fils.knet.guide",  # what codes mean
    ),
    "fils.__main__": ("fils.cli",),
    "fils": (),
}
"""Package to the packages of ours it may import besides itself. The longest name that fits a module counts."""

ONLY_THEMSELVES: Final = ("fils", "fils.knet")
"""Rows that speak about the package's own ``__init__`` and not about what is inside it."""

STANDARD_LIBRARY_ONLY: Final = ("fils.domain", "fils.application")
"""What holds the rules needs no library: nothing from outside decides what happened to money."""


_OF_THE_PACKAGE: Final = ("fils", "fils.__version__")
"""Harmless to all: the package itself holds nothing but its version and its folder."""


def row_of(module: Module) -> str | None:
    """The row of the table that speaks about *module*: the longest that fits it."""
    fitting = [
        row for row in MAY_IMPORT if module.name == row or (module.is_in(row) and row not in ONLY_THEMSELVES)
    ]
    return max(fitting, key=len, default=None)


def broken_arrows(module: Module) -> Iterator[Use]:
    """Imports that the table does not allow."""
    row = row_of(module)
    if row is None:
        yield Use(f"{module.name} stands in no row of MAY_IMPORT", 1)
        return
    allowed = (row, *MAY_IMPORT[row])
    for use in imports(module):
        if use.name in _OF_THE_PACKAGE:
            is_broken = False
        elif is_inside(use.name, "fils"):
            is_broken = not any(is_inside(use.name, package) for package in allowed)
        else:
            is_foreign = use.name.partition(".")[0] not in sys.stdlib_module_names
            is_broken = is_foreign and module.is_in(*STANDARD_LIBRARY_ONLY)
        if is_broken:
            yield use
