"""Free ports of this machine's loopback."""

from __future__ import annotations

import socket


def free_port() -> int:
    """Ask the system for a TCP port that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
