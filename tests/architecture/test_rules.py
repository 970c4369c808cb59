"""Every module keeps every rule, and every rule catches what it is there for."""

from __future__ import annotations

import pytest

from tests.architecture.modules import Module, program_modules
from tests.architecture.rules import EXCEPTIONS, RULES, Rule

BY_NAME = {rule.name: rule for rule in RULES}

_LONG_FUNCTION = "def long() -> None:\n" + "    pass\n" * 70

CAUGHT = [
    ("arrows", "fils.domain.payment", "import msgspec"),
    ("arrows", "fils.domain.payment", "from fils.application.ports import Store"),
    ("arrows", "fils.application.payments", "from fils.storage.sqlite import SqliteStore"),
    ("arrows", "fils.application.payments", "def late() -> None:\n    import aiohttp"),
    ("arrows", "fils.api.routes", "from fils.storage import sqlite"),
    ("arrows", "fils.api.routes", "from fils.pages.texts import WAITING"),
    ("arrows", "fils.storage.sqlite", "from fils.api.schemas import Setup"),
    ("arrows", "fils.storage.sqlite", "from fils.knet.connector import KnetConnector"),
    ("arrows", "fils.knet.connector", "from fils.storage.sqlite import SqliteStore"),
    ("arrows", "fils.knet.wire.messages", "from fils.domain.payment import Payment"),
    ("arrows", "fils.knet.simulator.app", "from fils.application.ports import Clock"),
    ("arrows", "fils.knet.simulator.app", "import fils.knet.mapping"),
    ("arrows", "fils.demo_shop.shop", "from fils.domain.money import Money"),
    ("arrows", "fils.worker.settling", "from fils.bootstrap import build"),
    ("arrows", "fils.bootstrap", "from fils.cli import main"),
    ("arrows", "fils.utils", "import json"),
    ("arrows", "fils.knet.utils", "import json"),
    ("no floats", "fils.domain.money", "RATE = 0.5"),
    ("no floats", "fils.api.schemas", "def read(amount: float) -> None: ..."),
    ("no floats", "fils.knet.wire.fields", "dinars = amount / 1000"),
    ("no floats", "fils.application.payments", "amount /= 2"),
    ("clock", "fils.application.payments", "from datetime import UTC, datetime\nnow = datetime.now(UTC)"),
    ("clock", "fils.api.routes", "import datetime as dt\nnow = dt.datetime.utcnow()"),
    ("clock", "fils.worker.settling", "from time import time"),
    ("randomness", "fils.domain.identifiers", "import secrets"),
    ("randomness", "fils.api.routes", "from uuid import uuid4 as fresh"),
    ("randomness", "fils.storage.sqlite", "import os\nkey = os.urandom(16)"),
    ("environment", "fils.bootstrap", "import os\nport = os.environ['PORT']"),
    ("environment", "fils.cli.serve", "from os import getenv"),
    ("size", "fils.api.routes", _LONG_FUNCTION),
    ("size", "fils.api.routes", "\n" * 501),
    ("catch all", "fils.application.payments", "try:\n    act()\nexcept Exception:\n    pass"),
    ("catch all", "fils.application.payments", "try:\n    act()\nexcept:\n    pass"),
    (
        "catch all",
        "fils.api.routes",
        "try:\n    act()\nexcept (ValueError, BaseException) as error:\n    note(error)",
    ),
    ("catch all", "fils.api.routes", "import contextlib\nwith contextlib.suppress(Exception):\n    act()"),
    ("docstring", "fils.api.routes", "import json"),
    ("finished", "fils.api.routes", "# TO" + "DO: later"),
]

LET_THROUGH = [
    ("arrows", "fils.domain.payment", "from datetime import datetime\nfrom fils.domain.money import Money"),
    ("arrows", "fils.application.payments", "from fils.domain import payment"),
    ("arrows", "fils.knet.endpoints", "from fils.application.notifications import store_notification"),
    ("arrows", "fils.knet.wire.messages", "from fils.domain.money import KWD, Money"),
    ("arrows", "fils.bootstrap", "from fils.knet.simulator.app import simulator"),
    ("arrows", "fils.cli.serve", "from fils.bootstrap import build"),
    ("no floats", "fils.pages.texts", "opacity = 0.5"),
    ("no floats", "fils.domain.money", "dinars, fils = divmod(amount, 1000)\nhalf = amount // 2"),
    ("clock", "fils.clock", "from datetime import UTC, datetime\nnow = datetime.now(UTC)"),
    ("clock", "fils.api.routes", "import time\nbegan = time.perf_counter()"),
    ("randomness", "fils.identifiers_source", "import secrets"),
    ("environment", "fils.config", "import os\nport = os.environ.get('PORT')"),
    ("catch all", "fils.storage.sqlite", "try:\n    act()\nexcept BaseException:\n    undo()\n    raise"),
    ("docstring", "fils.api.routes", '"""What belongs here."""'),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_module_keeps_the_rule(rule: Rule) -> None:
    broken = [line for module in program_modules() for line in rule.broken_by(module)]
    assert not broken, "\n".join([rule.why, *broken])


@pytest.mark.parametrize(("name", "module", "text"), CAUGHT)
def test_a_rule_catches_what_breaks_it(name: str, module: str, text: str) -> None:
    assert BY_NAME[name].broken_by(Module.parse(module, text))


@pytest.mark.parametrize(("name", "module", "text"), LET_THROUGH)
def test_a_rule_lets_through_what_keeps_it(name: str, module: str, text: str) -> None:
    assert BY_NAME[name].broken_by(Module.parse(module, text)) == []


def test_every_rule_has_a_text_that_it_catches() -> None:
    assert {name for name, _, _ in CAUGHT} == set(BY_NAME)


def test_every_exception_belongs_to_a_rule() -> None:
    assert set(EXCEPTIONS) <= set(BY_NAME)


def test_there_are_modules_to_check() -> None:
    assert any(module.name == "fils.domain.money" for module in program_modules())
