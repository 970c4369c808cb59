"""What the API tells about the installation itself."""

from __future__ import annotations

from fils import __version__
from fils.api.endpoint import Call, Reply


async def report_health(call: Call) -> Reply:
    """``GET /health``: whether requests can be served, which is to say whether the store answers."""
    await call.ports.store.check()
    return Reply(200, {"status": "ok", "version": __version__})
