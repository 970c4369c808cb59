"""Fils and its bank as processes of their own, with a gate on each way between their servers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from proofs.support.parties import Party
from tests.support.bank_messages import track_id_of_message
from tests.support.gate import Gate
from tests.support.ports import free_port

_REVERSAL_DELAY_MAX_S: Final = 1

WAITS: Final[Mapping[str, str]] = {
    "FILS_LINK_LIFETIME": "20",
    "FILS_PAYMENT_LIFETIME": "20",
    "FILS_PAGE_LIMIT": "2",
    "FILS_HOST_MARGIN": "2",
    "FILS_REVERSAL_WINDOW": "7",
}
"""An attempt is closed 24 seconds after its start. The reversal window is longer than the bank ever takes here: its
message is held back for a moment, it may be killed and started, and gives the money back after a second."""


@dataclass(frozen=True, slots=True)
class GatedStage:
    """A Fils and its bank, both running."""

    fils: Party
    bank: Party
    news: Gate
    """What the bank's server tells Fils passes here; its subject is the track id."""
    inquiries: Gate
    """What Fils asks the bank passes here, and browsers on their way to the bank; the same subject."""
    base_url: str
    database: Path
    bank_books: Path

    @property
    def gates(self) -> tuple[Gate, Gate]:
        """Both."""
        return self.news, self.inquiries


@contextmanager
def gated_stage(folder: Path) -> Iterator[GatedStage]:
    """Start both parties in *folder*; whatever runs of them is killed when the block ends."""
    fils_port, bank_port = free_port(), free_port()
    news, inquiries = Gate(fils_port, track_id_of_message), Gate(bank_port, track_id_of_message)
    base_url, bank_url = f"http://127.0.0.1:{fils_port}", f"{inquiries.base_url}/kpg"
    database, books = folder / "fils.sqlite3", folder / "bank.sqlite3"
    bank_command = ["benchmarks.support.bank", "--port", str(bank_port), "--fils-url", base_url]
    bank_command += ["--books", str(books), "--reversal-delay-max", str(_REVERSAL_DELAY_MAX_S)]
    fils_command = ["tests.support.gated_fils", "--port", str(fils_port), "--database", str(database)]
    fils_command += ["--bank-url", bank_url, "--inbound-url", news.base_url]
    bank = Party(
        "bank",
        bank_command,
        folder=folder,
        alive_url=f"http://127.0.0.1:{bank_port}/kpg/assets/simulator.css",
    )
    fils = Party("fils", fils_command, folder=folder, alive_url=f"{base_url}/health", settings=WAITS)
    with ExitStack() as stack:
        for gate in (news, inquiries):
            stack.enter_context(gate.open())
        for party in (bank, fils):
            stack.callback(party.kill)
            party.start()
        for party in (bank, fils):
            party.wait_until_ready()
        yield GatedStage(fils, bank, news, inquiries, base_url, database, books)


def restart(parties: Sequence[Party]) -> None:
    """Start *parties*, which were killed, and wait until they answer."""
    for party in parties:
        party.start()
    for party in parties:
        party.wait_until_ready()
