"""Metrics of a real process: after real payments, as Prometheus would scrape them."""

from __future__ import annotations

import math
import os
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from fils.telemetry.metrics_table import METRICS, Kind
from tests.support.customer import DECLINING, Customer, Shop, call, link_of
from tests.support.metrics import faults, read_metrics, value_of
from tests.support.ports import free_port
from tests.support.process import FilsProcess


class Watched:
    """A process with metrics, and what it has been through."""

    def __init__(self, process: FilsProcess, port: int) -> None:
        self.process = process
        self.shop = Shop(process.base_url)
        self.url = f"http://127.0.0.1:{port}/metrics"

    def value(self, name: str, **labels: str) -> float | None:
        return value_of(read_metrics(self.url), name, **labels)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    port = free_port()
    environment = {"FILS_METRICS_LISTEN": f"127.0.0.1:{port}"}
    with FilsProcess(tmp_path_factory.mktemp("watched"), environment=environment) as process:
        yield Watched(process, port)


def test_what_happened_is_counted_and_what_stands_is_shown(watched: Watched) -> None:
    for expiry in (("9", "2030"), DECLINING):
        back = Customer().pay_and_leave(link_of(watched.shop.confirmed()), expiry)
        assert call("GET", back).status == 303
    assert call("GET", link_of(watched.shop.confirmed())).status == 302
    notifications = f"{watched.process.base_url}/knet/notifications/trm_filstestkuwaitknetsandbox2"
    assert call("POST", notifications, body=b"ab" * 64).status == 400

    expected = {
        ("fils_payment_events_total", "event", "payment_pending"): 3,
        ("fils_payment_events_total", "event", "payment_captured"): 1,
        ("fils_payment_events_total", "event", "payment_canceled"): 1,
        ("fils_payment_attempts_started_total", "", ""): 3,
        ("fils_inquiries_total", "result", "captured"): 1,
        ("fils_evidence_taken_total", "kind", "notification"): 2,
        ("fils_messages_refused_total", "reason", "not_ours"): 1,
        ("fils_attention_open", "", ""): 0,
        ("fils_part_ok", "part", "settling"): 1,
        ("fils_build_info", "database", "sqlite"): 1,
    }
    families = read_metrics(watched.url)
    found = {
        (name, label, value): value_of(families, name, **({label: value} if label else {}))
        for name, label, value in expected
    }
    assert found == expected
    pay_link = "/knet-external/redirect/{token}/pay"
    assert value_of(families, "fils_http_requests_total", route=pay_link, status="302") == 3
    commits = value_of(families, "fils_commit_duration_seconds_count")
    assert commits is not None
    assert commits >= 12
    assert 0 < (value_of(families, "fils_undecided_payment_oldest_seconds") or 0) < 60


def test_names_units_and_labels_are_as_prometheus_wants_them(watched: Watched) -> None:
    call("GET", f"{watched.process.base_url}/payments/pay_4gubyq2w335upc54dx7a4257lq/actions")
    call("GET", f"{watched.process.base_url}/knet-external/redirect/tok_{'b' * 26}")
    call("GET", f"{watched.process.base_url}/tok_{'b' * 26}")
    families = read_metrics(watched.url)
    assert list(faults(families)) == []
    shown = {name for name in families if name.startswith("fils_")}
    assert shown == {metric.name.removesuffix("_total") for metric in METRICS}
    assert all((metric.kind is Kind.COUNTER) == metric.name.endswith("_total") for metric in METRICS)


def test_the_page_stands_on_its_own_listener_alone(watched: Watched) -> None:
    assert call("GET", f"{watched.process.base_url}/metrics").status == 404
    for path in ("/", "/health", "/payments", "/metrics/"):
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(watched.url.replace("/metrics", path), timeout=5)
        with caught.value as answer:
            assert answer.code == 404


def test_a_database_that_does_not_answer_leaves_no_old_figure(watched: Watched) -> None:
    database = watched.process.folder / "fils-data" / "fils.sqlite3"
    kept = database.with_name("kept")
    database.rename(kept)
    try:
        deadline = time.monotonic() + 15
        while not math.isnan(watched.value("fils_attention_open") or 0) and time.monotonic() < deadline:
            time.sleep(0.2)
        assert math.isnan(watched.value("fils_attention_open") or 0)
        assert watched.value("fils_part_ok", part="database") == 0
    finally:
        kept.rename(database)


def test_a_taken_port_stops_the_start_with_a_line(watched: Watched, tmp_path: Path) -> None:
    taken = watched.url.removeprefix("http://").removesuffix("/metrics")
    with pytest.raises(RuntimeError, match="choose another with FILS_METRICS_LISTEN") as caught:
        FilsProcess(tmp_path, environment={"FILS_METRICS_LISTEN": taken}).start()
    assert "Traceback" not in str(caught.value)


def test_a_process_that_is_told_to_stop_says_so_and_goes_on_for_a_while(tmp_path: Path) -> None:
    with FilsProcess(tmp_path, environment={"FILS_STOP_DELAY": "2"}) as process:
        shop = Shop(process.base_url)
        assert shop.get("/ready").status == 200
        os.kill(process.pid, signal.SIGTERM)
        deadline = time.monotonic() + 1.5
        while (answer := shop.get("/ready")).status == 200 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert (answer.status, answer.json()) == (503, {"status": "stopping"})
        assert shop.confirmed()["status"] == "Pending"
        # A second signal ends it at once.
        assert process.terminate() == 0
        assert "Fils has stopped" in process.output
