"""What a verification is told as: a short report for people, one object for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from fils.cli.screen import plain

if TYPE_CHECKING:
    from fils.bootstrap.keeping import Findings


def findings_text(findings: Findings, *, name: str) -> str:
    """How many of what were looked at, and a line for each violation."""
    counts = ", ".join(f"{count} {kind}" for kind, count in findings.counts.items() if count)
    head = f"Looked at {plain(name)}: {counts or 'nothing is stored'}."
    if findings.is_sound:
        return f"{head}\nEvery law holds."
    lines = [f"{item.law}: {plain(item.subject)} {plain(item.what)}" for item in findings.violations]
    untold = findings.violation_count - len(findings.violations)
    rest = [f"... and {untold} more"] if untold else []
    return "\n".join([head, f"{findings.violation_count} violations:", *lines, *rest])


def findings_json(findings: Findings, *, name: str) -> str:
    """The same as one JSON object."""
    return json.dumps(
        {
            "database": name,
            "is_sound": findings.is_sound,
            "counts": findings.counts,
            "violation_count": findings.violation_count,
            "violations": [
                {"law": item.law, "subject": item.subject, "what": item.what} for item in findings.violations
            ],
        },
        ensure_ascii=False,
    )
