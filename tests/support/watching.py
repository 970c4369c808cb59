"""What a test hears of the log and of the measurements."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field

from fils.telemetry.lines import LineRecord
from fils.telemetry.metrics_table import Metric


class KeptLines(logging.Handler):
    """Keeps the structured lines it is handed."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[LineRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        if isinstance(record, LineRecord):
            self.lines.append(record)


@dataclass
class CountedMeters:
    """Counts measurements by the metric's name and its labels."""

    counts: Counter[tuple[str, ...]] = field(default_factory=Counter)
    values: dict[str, list[float]] = field(default_factory=dict)

    def add(self, metric: Metric, *labels: str, count: int = 1) -> None:
        assert len(labels) == len(metric.labels)
        self.counts[(metric.name, *labels)] += count

    def observe(self, metric: Metric, value: float, *labels: str) -> None:
        assert len(labels) == len(metric.labels)
        self.values.setdefault(metric.name, []).append(value)
