"""
What Fils tells whoever runs it: lines of a log, and metrics.

``lines`` has every structured line and ``metrics_table`` every metric; ``discretion`` decides what words may be told.
The metrics' library is imported only where metrics are asked for.
"""

from __future__ import annotations

from fils.telemetry.logs import report_loop_trouble, start_logging

__all__ = ["report_loop_trouble", "start_logging"]
