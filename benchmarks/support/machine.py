"""What the system says about a process: its processor time and its memory (Linux, ``proc(5)``)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")
_CORES: Final = 2


def use_two_cores() -> None:
    """Keep this process, and all that it starts, on two cores: the machine that the goals are written for."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:_CORES])


def cpu_seconds(pid: int) -> float:
    """Processor time of a process with all of its threads since its start, user and system, in steps of 10 ms."""
    fields = (
        Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    )
    user_ticks, system_ticks = int(fields[11]), int(fields[12])
    return (user_ticks + system_ticks) / _TICKS_PER_S


def resident_megabytes(pid: int) -> float:
    """Memory that a process has in RAM, in units of 1,000,000 bytes."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1_000_000
    raise ProcessLookupError(f"process {pid} has ended")
