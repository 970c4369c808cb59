"""A command's side of the operator's door."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Final

from fils.domain.errors import ConfigurationError, FilsError
from fils.operations.messages import (
    ANSWER_OCTETS_MAX,
    Answer,
    MessageUnreadable,
    Request,
    Unanswered,
    read_answer,
    write_message,
)
from fils.operations.socket_path import reachable

ANSWER_TIMEOUT_S: Final = 30
"""How long an answer is waited for; longer than the running Fils takes for anything it is asked."""


class DoorClosed(FilsError):
    """Nobody answers there: no Fils has this database, or it has no door."""


def ask(path: Path, request: Request) -> Answer:
    """
    Ask the Fils whose door is at *path*.

    Raises:
        DoorClosed: Nothing was asked.
        ConfigurationError: Another user's Fils is there.
        Unanswered: It may have been done, or not.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(ANSWER_TIMEOUT_S)
        try:
            with reachable(path) as address:
                connection.connect(address)
        except PermissionError as error:
            raise ConfigurationError(
                f"the Fils behind {path} belongs to another user; run the command as the user that runs it"
            ) from error
        except OSError as error:
            raise DoorClosed(f"nobody answers at {path}") from error
        try:
            connection.sendall(write_message(request))
            with connection.makefile("rb") as answers:
                return read_answer(answers.readline(ANSWER_OCTETS_MAX))
        except (OSError, MessageUnreadable) as error:
            raise Unanswered("Fils was asked and did not answer") from error
