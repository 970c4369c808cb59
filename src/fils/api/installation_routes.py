"""What the API tells about the installation itself, to whoever asks: nothing that is secret."""

from __future__ import annotations

from typing import Final

from fils import __version__
from fils.api.endpoint import Call, Reply
from fils.application.health import OK

READY: Final = "ready"
NOT_READY: Final = "not_ready"
STOPPING: Final = "stopping"
FAILING: Final = "failing"


async def report_health(call: Call) -> Reply:
    """``GET /health``: how each part of this process is; 503 if one does not work."""
    parts = await call.ports.health.ask()
    works = all(word == OK for word in parts.values())
    document = {"status": OK if works else FAILING, "version": __version__, "parts": parts}
    return Reply(200 if works else 503, document)


async def report_readiness(call: Call) -> Reply:
    """``GET /ready``: whether this process should be given requests; 503 as soon as it was told to stop."""
    health = call.ports.health
    if health.is_stopping:
        return Reply(503, {"status": STOPPING})
    # Another part that takes its time keeps no load balancer waiting.
    is_ready = await health.ask_part("database") == OK
    return Reply(200 if is_ready else 503, {"status": READY if is_ready else NOT_READY})
