"""
The file that tells a simulator of its own which terminals its bank has, and how the bank behaves.

``terminals.toml`` beside this module is both the example that people copy and what is taken without a file. A refusal
names the file, the terminal and the field, and repeats no value: the file holds passwords and keys.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from fils.bootstrap.process import FONTS
from fils.bootstrap.toml_table import Table
from fils.config import read_base_url
from fils.domain.errors import ConfigurationError
from fils.knet.simulator import SimulatorSettings, SimulatorTerminal
from fils.knet.simulator.faults import Faults, FaultsInvalid, read_faults
from fils.knet.simulator.settings import LOOPBACK
from fils.knet.wire import TerminalKey

EXAMPLE: Final = Path(__file__).with_name("terminals.toml")
"""The example with all its comments, and the terminals of a simulator that was given no file."""

_BANK_FIELDS: Final = (
    *("strict_characters", "allowed_hosts", "approving_expiry", "page_limit_seconds"),
    *("notification_timeout_seconds", "reversal_delay_max_seconds", "capture_delay_max_seconds"),
    *("seed", "terminals"),
)
_TERMINAL_FIELDS: Final = (
    *("tranportal_id", "password", "key", "mode", "merchant_name", "error_origins", "active", "refunds"),
    *("inquiry_says_success", "error_by_post", "error_at_response_url", "faults"),
)
_ANY_KEY: Final = TerminalKey("0" * 16)
_USUAL_TERMINAL: Final = SimulatorTerminal("", "", _ANY_KEY, error_origins=frozenset({LOOPBACK}))
_USUAL_BANK: Final = SimulatorSettings(books=Path(), terminals=())
"""What holds where the file says nothing."""

_TRANPORTAL_ID: Final = re.compile(r"[A-Za-z0-9]{1,255}")
_PASSWORD: Final = re.compile(r"[!-~]{1,15}")
_MERCHANT_NAME_MAX: Final = 100
_EXPIRY: Final = re.compile(r"(0[1-9]|1[0-2])/(20[0-9]{2})")
_WAIT_MAX_SECONDS: Final = 86_400
_SEED_MAX: Final = 2**63 - 1


def read_terminals_file(path: Path, *, books: Path, base_path: str) -> SimulatorSettings:
    """
    Read a file of terminals.

    Args:
        path: The TOML file.
        books: Where the bank's books are, as ``SimulatorSettings`` has it.
        base_path: Where the bank is mounted, as ``SimulatorSettings`` has it.

    Raises:
        ConfigurationError: If it cannot be read, or says something that the simulator cannot do.
    """
    bank = Table(str(path), _load(path), known=_BANK_FIELDS)
    terminals = tuple(
        _read_terminal(f"{path}, terminal {number}", values)
        for number, values in enumerate(bank.tables("terminals"), start=1)
    )
    _refuse_unusable_set(bank, terminals)
    return SimulatorSettings(
        books=books,
        terminals=terminals,
        base_path=base_path,
        fonts=FONTS,
        strict_characters=bank.flag("strict_characters", _USUAL_BANK.strict_characters),
        allowed_hosts=frozenset(_read_host(bank, host) for host in bank.texts("allowed_hosts")),
        approving_expiry=_read_expiry(bank),
        page_limit=_read_wait(bank, "page_limit", _USUAL_BANK.page_limit, least=1),
        notification_timeout=_read_wait(
            bank, "notification_timeout", _USUAL_BANK.notification_timeout, least=1
        ),
        reversal_delay_max=_read_wait(bank, "reversal_delay_max", _USUAL_BANK.reversal_delay_max),
        capture_delay_max=_read_wait(bank, "capture_delay_max", _USUAL_BANK.capture_delay_max),
        seed=bank.number("seed", _USUAL_BANK.seed, least=0, most=_SEED_MAX),
    )


def example_credentials() -> Mapping[str, tuple[str, str]]:
    """Password and key of each terminal of the example, by its tranportal id. Everybody knows them."""
    terminals = _load(EXAMPLE)["terminals"]
    return {terminal["tranportal_id"]: (terminal["password"], terminal["key"]) for terminal in terminals}


def others_may_read(path: Path) -> bool:
    """Whether the file is open to other users of this machine."""
    return path.stat().st_mode & 0o077 != 0


def _load(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"the terminals file {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"the terminals file {path} is no text in UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        # Its words tell the line and column, and at most one character of what stands there.
        raise ConfigurationError(f"the terminals file {path} is no TOML: {error}") from error


def _read_terminal(place: str, values: Mapping[str, object]) -> SimulatorTerminal:
    table = Table(place, values, known=_TERMINAL_FIELDS)
    usual = _USUAL_TERMINAL
    return SimulatorTerminal(
        tranportal_id=_matching(table, "tranportal_id", _TRANPORTAL_ID, "write letters and digits"),
        password=_matching(table, "password", _PASSWORD, "write 1 to 15 visible ASCII characters"),
        key=_read_key(table),
        error_origins=frozenset(
            _read_origin(table, text) for text in table.texts("error_origins", tuple(usual.error_origins))
        ),
        merchant_name=_read_merchant_name(table),
        mode=table.word("mode", usual.mode),
        active=table.flag("active", usual.active),
        refunds=table.flag("refunds", usual.refunds),
        inquiry_says_success=table.flag("inquiry_says_success", usual.inquiry_says_success),
        error_by_post=table.flag("error_by_post", usual.error_by_post),
        error_at_response_url=table.flag("error_at_response_url", usual.error_at_response_url),
        faults=_read_faults(table),
    )


def _refuse_unusable_set(bank: Table, terminals: tuple[SimulatorTerminal, ...]) -> None:
    if not terminals:
        raise bank.refusal("terminals", "there is none; write at least one under a line with [[terminals]]")
    seen: set[str] = set()
    for number, terminal in enumerate(terminals, start=1):
        if terminal.tranportal_id in seen:
            raise ConfigurationError(
                f"{bank.place}, terminal {number}, tranportal_id: another terminal has it; each needs its own"
            )
        seen.add(terminal.tranportal_id)


def _matching(table: Table, name: str, form: re.Pattern[str], advice: str) -> str:
    text = table.text(name)
    if not form.fullmatch(text):
        raise table.refusal(name, advice)
    return text


def _read_key(table: Table) -> TerminalKey:
    try:
        return TerminalKey(table.text("key"))
    except ValueError as error:
        raise table.refusal(
            "key", "write the 16 visible ASCII characters of the terminal resource key"
        ) from error


def _read_merchant_name(table: Table) -> str:
    name = table.text("merchant_name", _USUAL_TERMINAL.merchant_name)
    if not (name.strip() and name.isprintable() and len(name) <= _MERCHANT_NAME_MAX):
        raise table.refusal("merchant_name", f"write 1 to {_MERCHANT_NAME_MAX} printable characters")
    return name


def _read_origin(table: Table, text: str) -> str:
    return text if text == LOOPBACK else read_base_url(text, source=f"{table.place}, error_origins")


def _read_host(bank: Table, text: str) -> str:
    host = text.lower()
    try:
        is_host = read_base_url(f"http://{host}", source="") == f"http://{host}"
    except ConfigurationError:
        is_host = False
    if not is_host:
        raise bank.refusal("allowed_hosts", 'write host names or addresses alone, such as "shop.test"')
    return host


def _read_expiry(bank: Table) -> tuple[int, int]:
    year, month = _USUAL_BANK.approving_expiry
    found = _EXPIRY.fullmatch(bank.text("approving_expiry", f"{month:02d}/{year}"))
    if found is None:
        raise bank.refusal("approving_expiry", 'write month and year, such as "09/2030"')
    return int(found[2]), int(found[1])


def _read_wait(bank: Table, name: str, usual: timedelta, *, least: int = 0) -> timedelta:
    usual_seconds = int(usual.total_seconds())
    seconds = bank.number(f"{name}_seconds", usual_seconds, least=least, most=_WAIT_MAX_SECONDS)
    return timedelta(seconds=seconds)


def _read_faults(table: Table) -> Faults:
    values = table.table("faults")
    try:
        return read_faults(values)
    except FaultsInvalid as error:
        raise table.refusal("faults", str(error)) from error
