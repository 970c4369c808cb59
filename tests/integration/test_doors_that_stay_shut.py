"""What no other test shows of ``docs/explanation/doors-that-stay-shut.md``, against the real process."""

from __future__ import annotations

import json
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path

import pytest

from tests.support.customer import DOCUMENTED_REQUEST, Answer, Customer, Shop, call, link_of
from tests.support.process import FilsProcess

TERMINAL = "trm_filstestkuwaitknetsandbox2"


@pytest.mark.parametrize(
    ("listed", "taken"),
    [
        ("", ["localhost:3000", "host.docker.internal:3000"]),
        ("web, shop.test", ["localhost:3000", "host.docker.internal:3000", "web:3000", "shop.test"]),
    ],
)
def test_a_sandbox_lists_the_shops_without_a_certificate(
    tmp_path: Path, listed: str, taken: list[str]
) -> None:
    hosts = ["localhost:3000", "host.docker.internal:3000", "web:3000", "shop.test"]
    hosts += ["web.evil.example", "evil.example", "web@evil.example", "notweb", "a.shop.test"]
    with FilsProcess(tmp_path, environment={"FILS_PLAIN_HTTP_HOSTS": listed}) as process:
        shop, answers = Shop(process.base_url), {}
        for host in hosts:
            urls = {"success_url": f"http://{host}/paid", "failure_url": f"http://{host}/failed"}
            answers[host] = shop.post("/payments/setups", {**DOCUMENTED_REQUEST, "settings": urls}).status
    assert {host for host, status in answers.items() if status == 200} == set(taken)
    assert set(answers.values()) == {200, 422}


def test_the_browser_is_sent_by_what_was_confirmed_and_not_by_a_later_update(tmp_path: Path) -> None:
    elsewhere = {"success_url": "https://a.example/paid", "failure_url": "https://a.example/failed"}
    with FilsProcess(tmp_path) as process:
        shop, customer = Shop(process.base_url), Customer()
        setup_id = shop.post("/payments/setups", DOCUMENTED_REQUEST).json()["id"]
        link = link_of(shop.post(f"/payments/setups/{setup_id}/confirm/knet").json())
        customer.open(link)
        customer.cancel()
        updated = call(
            "PUT",
            f"{process.base_url}/payments/setups/{setup_id}",
            body=b'{"settings": %s}' % str(elsewhere).replace("'", '"').encode(),
            headers={"Authorization": f"Bearer {shop.key}", "Content-Type": "application/json"},
        )
        assert updated.status == 200, updated.text
        assert "a.example" in updated.text
        way_back = call("GET", link.removesuffix("/pay") + "/shop").location
    assert way_back.startswith("https://example.com/payments/failure?")


def test_no_address_that_is_asked_for_is_written_down(tmp_path: Path) -> None:
    with FilsProcess(tmp_path) as process:
        link = link_of(Shop(process.base_url).confirmed())
        token = link.split("/")[-2]
        for path in (f"/knet-external/redirect/{token}", "/knet-external/return/planted-secret", "/planted"):
            call("GET", f"{process.base_url}{path}?planted=query")
        call("GET", link)
        process.terminate()
        printed = process.output
    assert token not in printed
    assert "planted" not in printed


def refuse(base_url: str, source: str | None) -> tuple[Answer, float]:
    """A notification that is refused, and how long that took, in seconds."""
    headers = {"Content-Type": "text/plain"} | ({"X-Forwarded-For": source} if source else {})
    began = time.monotonic()
    answer = call("POST", f"{base_url}/knet/notifications/{TERMINAL}", body=b"ab", headers=headers)
    return answer, time.monotonic() - began


@pytest.mark.parametrize(("trusted", "waits_alone"), [("127.0.0.1", True), ("10.0.0.1", False)])
def test_whose_refusals_wait_is_told_by_listed_proxies_alone(
    tmp_path: Path, trusted: str, waits_alone: bool
) -> None:
    """Behind a listed proxy each client waits in its own line; what anybody else claims changes nothing."""
    environment = {"FILS_TRUSTED_PROXIES": trusted, "FILS_LOG_FORMAT": "json", "FILS_LOG_LEVEL": "info"}
    with (
        FilsProcess(tmp_path, environment=environment) as process,
        ThreadPoolExecutor(24) as clients,
    ):
        crowd = [clients.submit(refuse, process.base_url, "203.0.113.9") for _ in range(24)]
        wait(crowd, return_when=FIRST_COMPLETED)
        other, waited_s = refuse(process.base_url, "198.51.100.7")
        answers = [client.result() for client in crowd]
        process.terminate()
        told = [json.loads(line) for line in process.output.splitlines() if '"event":"request"' in line]
    of_notifications = {line["source"] for line in told if line["route"].startswith("/knet/notifications")}
    assert of_notifications == ({"203.0.113.9", "198.51.100.7"} if waits_alone else {"127.0.0.1"})
    assert {answer.status for answer, _ in answers} | {other.status} == {400}
    longest_s = max(taken for _, taken in answers)
    assert longest_s > 0.6
    assert (waited_s < longest_s / 2) is waits_alone
