"""The alert rules of the documentation: they are read as rules, and ask for metrics that there are."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from fils.telemetry.metrics_table import METRICS, Kind

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"
_NAME = re.compile(r"\bfils_\w+")
_WITH_LABELS = re.compile(r"\b(fils_\w+)\{(\w+)")


class Alert(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    alert: str
    expr: str
    hold: str = msgspec.field(name="for")
    labels: dict[str, str]
    annotations: dict[str, str]


class Group(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    rules: list[Alert]


class RuleFile(msgspec.Struct, forbid_unknown_fields=True):
    groups: list[Group]


def alerts() -> list[Alert]:
    text = (HOW_TO / "fils-alerts.yaml").read_text(encoding="utf-8")
    return [rule for group in msgspec.yaml.decode(text, type=RuleFile).groups for rule in group.rules]


def test_every_alert_asks_for_metrics_that_there_are() -> None:
    histograms = [metric.name for metric in METRICS if metric.kind is Kind.HISTOGRAM]
    shown = {metric.name for metric in METRICS} | {f"{name}_bucket" for name in histograms}
    labels = {(metric.name, label) for metric in METRICS for label in metric.labels}
    for alert in alerts():
        assert _NAME.findall(alert.expr), alert.alert
        assert set(_NAME.findall(alert.expr)) <= shown, alert.alert
        assert set(_WITH_LABELS.findall(alert.expr)) <= labels, alert.alert
        assert re.fullmatch(r"\d+m", alert.hold), alert.alert
        assert alert.expr.count("(") == alert.expr.count(")"), alert.alert


def test_the_how_to_says_what_to_do_about_every_alert() -> None:
    page = (HOW_TO / "watch-a-running-fils.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| (Fils\w+) \|", page, re.MULTILINE)
    assert told == [alert.alert for alert in alerts()]
