"""From an operator's request to a use case and back: the one table of what commands can ask, by subject."""

from __future__ import annotations

import logging
from typing import Final

from fils.application.ports import Ports
from fils.domain.errors import DomainError, InvariantViolated, StorageError
from fils.operations.answering.accounts import answer_about_accounts
from fils.operations.answering.keys import answer_about_keys
from fils.operations.answering.master_key import answer_about_master_key
from fils.operations.answering.payments import answer_about_payments
from fils.operations.answering.terminals import answer_about_terminals
from fils.operations.messages import Answer, Refused, Request
from fils.operations.messages.accounts import AccountRequest
from fils.operations.messages.keys import KeyRequest
from fils.operations.messages.master_key import MasterKeyRequest
from fils.operations.messages.terminals import TerminalRequest

_LOG: Final = logging.getLogger("fils")


async def answer(ports: Ports, request: Request) -> Answer:
    """Do what *request* asks. What a rule, the database or a mistake of ours refuses is an answer too."""
    try:
        return await _answer(ports, request)
    except DomainError as error:
        return Refused(error.codes[0], str(error))
    except StorageError:
        return Refused(
            "storage_unavailable",
            "the database did not do it, or its answer was lost; look again before you repeat it",
        )
    except InvariantViolated as error:
        _LOG.exception("a command met what cannot be")
        return Refused("unexpected", str(error))


async def _answer(ports: Ports, request: Request) -> Answer:
    if isinstance(request, MasterKeyRequest):
        return await answer_about_master_key(ports, request)
    if isinstance(request, AccountRequest):
        return await answer_about_accounts(ports, request)
    if isinstance(request, KeyRequest):
        return await answer_about_keys(ports, request)
    if isinstance(request, TerminalRequest):
        return await answer_about_terminals(ports, request)
    return await answer_about_payments(ports, request)
