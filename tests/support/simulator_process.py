"""``fils simulator`` as a real process."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.command_line import read_banner, start_fils

_BASE_URL: Final = re.compile(r"Payment page +(http://\S+)/kpg/PaymentHTTP\.htm")


@dataclass(frozen=True)
class RunningSimulator:
    """A simulator that listens."""

    process: subprocess.Popen[str]
    banner: str
    """All that it wrote before it waited for Ctrl-C."""

    @property
    def base_url(self) -> str:
        """The address that it printed, without the path."""
        found = _BASE_URL.search(self.banner)
        assert found is not None, self.banner
        return found[1]


@contextmanager
def running_simulator(folder: Path, *arguments: str) -> Iterator[RunningSimulator]:
    """``fils simulator`` with *arguments* on a free port; it is killed when the block ends."""
    process = start_fils("simulator", "--port", "0", *arguments, folder=folder)
    with process:
        banner = read_banner(process)
        try:
            yield RunningSimulator(process, banner)
        finally:
            process.kill()
