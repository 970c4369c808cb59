"""What every sandbox has: its account, the terminals of its simulator, and the shops it sends browsers to in clear."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from fils.bootstrap.process import host_of
from fils.config import SANDBOX_BROWSER_CHANNEL, SANDBOX_CHANNEL, Settings
from fils.domain.account import Account
from fils.domain.identifiers import AccountId, ProcessingChannelId, TerminalId
from fils.knet.wire import NotificationMode

SANDBOX_ACCOUNT: Final = Account(
    id=AccountId("cli_filstestkuwaitknetsandbox2"),
    name="Sandbox shop",
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxTerminal:
    """One terminal of the sandbox, as Fils and its simulator both know it, and the channel that uses it."""

    terminal_id: TerminalId
    channel_id: ProcessingChannelId
    channel_name: str
    tranportal_id: str
    password: str = field(repr=False)
    key: str = field(repr=False)
    mode: NotificationMode


SANDBOX_TERMINALS: Final = (
    SandboxTerminal(
        terminal_id=TerminalId("trm_filstestkuwaitknetsandbox2"),
        channel_id=ProcessingChannelId(SANDBOX_CHANNEL),
        channel_name="KNET through the simulator",
        tranportal_id="888801",
        password="simpass01",
        key="SIMKEY0123456789",
        mode=NotificationMode.SERVER_TO_SERVER,
    ),
    SandboxTerminal(
        terminal_id=TerminalId("trm_filstestbrowserformknetbox"),
        channel_id=ProcessingChannelId(SANDBOX_BROWSER_CHANNEL),
        channel_name="KNET through the simulator, told by the customer's browser",
        tranportal_id="888802",
        password="simpass02",
        key="SIMKEY0223456789",
        mode=NotificationMode.BROWSER,
    ),
)
SANDBOX_TERMINAL_IDS: Final = tuple(terminal.terminal_id for terminal in SANDBOX_TERMINALS)


def plain_http_hosts(settings: Settings, public_url: str) -> frozenset[str]:
    """Shops under development have no certificate, so a sandbox sends browsers to these without one."""
    usual = {"localhost", "127.0.0.1", "::1", "host.docker.internal", host_of(public_url)}
    return settings.plain_http_hosts | usual
