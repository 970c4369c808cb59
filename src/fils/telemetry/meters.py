"""Where measurements go: nowhere, or into the metrics of Prometheus' client library."""

from __future__ import annotations

from typing import Any, Protocol

from fils.telemetry.metrics_table import METRICS, Kind, Metric


class Meters(Protocol):
    """Takes measurements. Labels are in the order of the metric's."""

    def add(self, metric: Metric, *labels: str, count: int = 1) -> None:
        """Let a counter grow."""

    def observe(self, metric: Metric, value: float, *labels: str) -> None:
        """Put one more *value* into a histogram."""


class NoMeters:
    """Takes measurements nowhere: nobody has asked for metrics."""

    def add(self, metric: Metric, *labels: str, count: int = 1) -> None:
        """Nothing."""

    def observe(self, metric: Metric, value: float, *labels: str) -> None:
        """Nothing."""


class PrometheusMeters:
    """
    Keeps measurements as Prometheus wants them.

    The library is imported here: it takes a while, and a sandbox is started without it.
    """

    def __init__(self) -> None:
        import prometheus_client as prometheus

        # When each series began doubles the page and is read by hardly anything.
        prometheus.disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = prometheus.CollectorRegistry()
        prometheus.ProcessCollector(registry=self._registry)
        self._write = prometheus.generate_latest
        self.content_type: str = prometheus.exposition.CONTENT_TYPE_PLAIN_0_0_4
        kinds: dict[Kind, Any] = {Kind.COUNTER: prometheus.Counter, Kind.GAUGE: prometheus.Gauge}
        self._metrics: dict[str, Any] = {
            metric.name: prometheus.Histogram(
                metric.name, metric.meaning, metric.labels, registry=self._registry, buckets=metric.buckets
            )
            if metric.kind is Kind.HISTOGRAM
            else kinds[metric.kind](metric.name, metric.meaning, metric.labels, registry=self._registry)
            for metric in METRICS
        }

    def add(self, metric: Metric, *labels: str, count: int = 1) -> None:
        """Let a counter grow."""
        self._child(metric, labels).inc(count)

    def observe(self, metric: Metric, value: float, *labels: str) -> None:
        """Put one more *value* into a histogram."""
        self._child(metric, labels).observe(value)

    def show(self, metric: Metric, value: float, *labels: str) -> None:
        """Say how things are, in a gauge."""
        self._child(metric, labels).set(value)

    def text(self) -> bytes:
        """All of it, in the text format of Prometheus."""
        return self._write(self._registry)

    def _child(self, metric: Metric, labels: tuple[str, ...]) -> Any:
        family = self._metrics[metric.name]
        return family.labels(*labels) if labels else family
