"""Metrics as Prometheus reads them, and the rules that its own linter (``promtool check metrics``) holds them to."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Iterator, Mapping

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

_NAME = re.compile(r"(fils|process)_[a-z][a-z0-9_]*")
_UNIT_MISSPELT = re.compile(r"_(ms|millis\w*|micros\w*|us|minutes|kb|mb|kilobytes)(_|$)")
_UNBOUNDED = re.compile(r"_[a-z2-7]{26}|[0-9a-f]{8}-|https?:|\d{4,}")


def read_metrics(url: str) -> Mapping[str, Metric]:
    """Every family of a page of metrics, by its name (without ``_total``)."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        return {family.name: family for family in text_string_to_metric_families(answer.read().decode())}


def value_of(families: Mapping[str, Metric], name: str, **labels: str) -> float | None:
    """The value of one sample, or None if there is none."""
    for family in families.values():
        for sample in family.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                return sample.value
    return None


def faults(families: Mapping[str, Metric]) -> Iterator[str]:
    """What a linter would say about names and units, and labels that could have any number of values."""
    for family in families.values():
        if not _NAME.fullmatch(family.name):
            yield f"{family.name}: the name"
        if not family.documentation:
            yield f"{family.name}: no help"
        if _UNIT_MISSPELT.search(family.name):
            yield f"{family.name}: a unit that is no base unit"
        if family.type == "counter" and not all(item.name.endswith("_total") for item in family.samples):
            yield f"{family.name}: a counter without _total"
        if family.type != "counter" and family.name.endswith(("_total", "_count", "_sum", "_bucket")):
            yield f"{family.name}: an ending that is reserved"
        for sample in family.samples:
            for label, value in sample.labels.items():
                if label not in ("version", "le") and _UNBOUNDED.search(value):
                    yield f"{sample.name}: {label}={value} is one of very many"
