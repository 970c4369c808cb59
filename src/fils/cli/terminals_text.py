"""What ``fils terminals`` says: text made from the answers, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from fils.cli.screen import plain
from fils.cli.tables import by_account, facts, table, time_text
from fils.domain.errors import ConfigurationError
from fils.knet.guide import ENGLISH, guidance

if TYPE_CHECKING:
    from fils.operations.messages.terminals import (
        TerminalChecked,
        TerminalEntry,
        TerminalList,
        TerminalPreview,
    )

_BANKS: Final[Mapping[str | None, str]] = {
    "test": "KNET's test system",
    "production": "KNET's live system: money moves",
}
_CODES: Final[Mapping[str, str]] = {
    "IPAY0100015": "the Tranportal password is wrong; compare it with the bank's letter, and `fils terminals rotate` "
    "takes the right one",
    "IPAY0100215": "the Tranportal id is not known there; compare it with the bank's letter, and whether that is for "
    "test or for live",
}
"""The two that a mistyped letter of the bank gives, more exactly than the guide of all codes has them."""


def list_text(found: TerminalList) -> str:
    """Every terminal, account by account."""
    if not found.terminals:
        return "There is no terminal yet. Add the one of the bank's letter: fils terminals add NAME"
    parts = []
    for heading, group in by_account(found.terminals):
        rows = (
            (item.id, item.bank or "other", item.mode, "off" if item.disabled_at else "on", item.name)
            for item in group
        )
        parts.append(f"{heading}\n{table(('ID', 'BANK', 'MODE', 'STATE', 'NAME'), rows)}")
    return "\n\n".join(parts)


def preview_text(preview: TerminalPreview) -> str:
    """What is about to be stored, for the person who is asked for the rest."""
    return f"Terminal {plain(preview.name)} of {plain(preview.account_name)} at {_bank_text(preview)}"


def terminal_text(terminal: TerminalEntry, *, addresses: tuple[str, str]) -> str:
    """
    One terminal, without its secrets.

    Args:
        terminal: As answered.
        addresses: The response url and the error url that the bank is to be told.
    """
    newest = terminal.credentials[-1]
    state = f"off since {time_text(terminal.disabled_at)}" if terminal.disabled_at else "on"
    shown = facts(
        {
            "Terminal": f"{terminal.name}, {state}",
            "Id": terminal.id,
            "Account": f"{terminal.account_name} ({terminal.account_id})",
            "Bank": _bank_text(terminal),
            "Mode": _mode_text(terminal.mode),
            "Tranportal id": newest.tranportal_id,
            "Credentials": f"version {newest.version}, for new payments from "
            f"{newest.usable_from:%Y-%m-%d %H:%M:%S} UTC",
        }
    )
    response_url, error_url = addresses
    return f"{shown}\n\nTell the bank:\n{facts({'Response url': response_url, 'Error url': error_url})}"


def checked_text(checked: TerminalChecked) -> str:
    """What came of a test that succeeded."""
    return (
        f"{plain(checked.terminal.name)} works: {checked.terminal.bank_url} took its Tranportal id and password "
        f"(version {checked.credentials_version}).\n"
        "An inquiry does not use the resource key, so that shows only with a first payment."
    )


def trouble_text(checked: TerminalChecked) -> str:
    """What came of a test that did not, and what to do, in one line."""
    url, detail = checked.terminal.bank_url, plain(checked.detail)
    match checked.verdict:
        case "refused":
            return f"the bank refused: {_code_text(checked.code or '')}"
        case "strange":
            return (
                f"the bank took the credentials and then said {detail!r} about a payment that does not exist; "
                f"see that {url} is KNET's address, and ask the bank"
            )
        case "unreachable":
            return (
                f"{url} cannot be reached; see that this machine may connect to it on port 443 (firewall, DNS, "
                "proxy), and that the bank lets this address in"
            )
        case "certificate":
            return (
                f"the certificate of {url} is none that this machine trusts; install the certificate authority that "
                "KNET's is signed by, and see that nothing stands in between"
            )
        case "no_answer":
            return f"{url} was reached and gave no answer that can be read ({detail}); see that it is KNET's address"
        case _:
            raise ConfigurationError("Fils answered something else; use the command of its version")


def _bank_text(terminal: TerminalEntry | TerminalPreview) -> str:
    bank = _BANKS.get(terminal.bank)
    return terminal.bank_url + (f" ({bank})" if bank else "")


def _code_text(code: str) -> str:
    if code in _CODES:
        return f"{_CODES[code]} ({code})"
    found = guidance(code)
    if found is None:
        return f"{code}, which KNET's manual does not have; tell the bank this code and the time"
    return f"{found.meaning} ({code}). {ENGLISH[found.remedy].title}; `fils codes {code}` tells more"


def _mode_text(mode: str) -> str:
    return {
        "N": "N: KNET's server tells ours",
        "L": "L: the customer's browser carries the news",
    }.get(mode, mode)
