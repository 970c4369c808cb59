"""What ``fils payments evidence`` shows: text made from the answer, no I/O."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fils.cli.screen import plain

if TYPE_CHECKING:
    from fils.operations.messages.payments import EvidenceEntry, EvidenceList


def evidence_text(found: EvidenceList) -> str:
    """Everything that was said about a payment, a line for each, with raw messages below where they were opened."""
    count = len(found.evidence)
    pieces = "1 piece" if count == 1 else f"{count} pieces"
    lines = [f"Payment {found.payment_id} is {plain(found.status)}, with {pieces} of evidence."]
    for entry in found.evidence:
        lines += ["", *_entry_lines(entry)]
    if found.raw_readings:
        lines += ["", "The raw messages were read by"]
        lines += [
            f"  {plain(reading.by)}, {reading.at:%Y-%m-%d %H:%M:%S} UTC: {plain(reading.why)}"
            for reading in found.raw_readings
        ]
    return "\n".join(lines)


def _entry_lines(entry: EvidenceEntry) -> Iterator[str]:
    kind = entry.kind.replace("_", " ")
    yield f"{entry.received_at:%Y-%m-%d %H:%M:%S} UTC  {kind}, {entry.attempt_id}"
    if entry.person is not None:
        found = "captured" if entry.person.is_captured else "not captured"
        yield plain(f"  {entry.person.by} found {found}, citing “{entry.person.why}”")
    if entry.result is not None:
        error = f" {entry.error}" if entry.error else ""
        yield plain(f"  KNET said {entry.result}{error}, which means {entry.outcome}")
    if entry.raw is not None:
        yield plain(f"  {entry.raw}")
