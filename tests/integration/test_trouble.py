"""What the real process does when its database is locked or it is told to stop in the middle."""

from __future__ import annotations

import http.client
import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.support.customer import DOCUMENTED_REQUEST, SUCCESS_URL, Customer, Shop, call, link_of
from tests.support.process import FilsProcess


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Hold the database's write lock, as a backup tool or a stuck process would."""
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def stored_counts(database: Path) -> tuple[int, ...]:
    """How many payment setups, payments and events there are."""
    counts = """
        SELECT (SELECT count(*) FROM payment_setups), (SELECT count(*) FROM payments), (SELECT count(*) FROM events)
    """
    with closing(sqlite3.connect(database)) as reader:
        return tuple(reader.execute(counts).fetchone())


def test_a_locked_database_is_503_and_nothing_is_half_written(fils_process: FilsProcess) -> None:
    shop = Shop(fils_process.base_url)
    database = fils_process.folder / "fils-data" / "fils.sqlite3"
    setup = shop.post("/payments/setups", DOCUMENTED_REQUEST).json()

    with locked(database):
        created = shop.post("/payments/setups", DOCUMENTED_REQUEST)
        confirmed = shop.post(f"/payments/setups/{setup['id']}/confirm/knet")
        read = shop.get(f"/payments/setups/{setup['id']}")

    assert (created.status, created.text) == (503, "")
    assert (confirmed.status, confirmed.text) == (503, "")
    assert read.status == 200
    assert stored_counts(database) == (1, 0, 0)
    later = shop.post(f"/payments/setups/{setup['id']}/confirm/knet")
    assert later.status == 202
    assert stored_counts(database) == (1, 1, 1)


def test_a_customer_meets_a_page_that_says_so_when_the_database_is_locked(fils_process: FilsProcess) -> None:
    confirmed = Shop(fils_process.base_url).confirmed()

    with locked(fils_process.folder / "fils-data" / "fils.sqlite3"):
        page = call("GET", link_of(confirmed))

    assert page.status == 503
    assert "text/html" in page.headers["Content-Type"]
    assert page.headers["Retry-After"]
    assert Customer().pay(link_of(confirmed)).startswith(SUCCESS_URL)


def test_a_notification_that_cannot_be_stored_is_not_acknowledged_and_knet_reverses(
    fils_process: FilsProcess,
) -> None:
    shop = Shop(fils_process.base_url)
    confirmed = shop.confirmed()
    customer = Customer()
    customer.open(link_of(confirmed))
    customer.fill_in_card()

    with locked(fils_process.folder / "fils-data" / "fils.sqlite3"):
        customer.confirm()

    assert "IPAY0100249" in customer.page
    assert shop.payment(confirmed["id"])["status"] == "Pending"
    assert shop.payment(confirmed["id"])["approved"] is False


def test_a_database_that_is_gone_is_503_until_it_is_back(fils_process: FilsProcess) -> None:
    shop = Shop(fils_process.base_url)
    database = fils_process.folder / "fils-data" / "fils.sqlite3"
    kept = database.with_name("kept")
    database.rename(kept)

    created = shop.post("/payments/setups", DOCUMENTED_REQUEST)
    # What the parts said while they were well counts for a second.
    deadline = time.monotonic() + 10
    while (health := shop.get("/health")).status == 200 and time.monotonic() < deadline:
        time.sleep(0.1)

    assert (created.status, created.text) == (503, "")
    assert health.status == 503
    assert json.loads(health.text)["parts"]["database"] == "failing"
    assert shop.get("/ready").status == 503
    kept.rename(database)
    assert shop.post("/payments/setups", DOCUMENTED_REQUEST).status == 200
    assert stored_counts(database) == (1, 0, 0)


def test_sigterm_finishes_what_is_in_flight(fils_process: FilsProcess) -> None:
    body = json.dumps(DOCUMENTED_REQUEST).encode()
    connection = http.client.HTTPConnection("127.0.0.1", fils_process.port, timeout=20)
    connection.putrequest("POST", "/payments/setups")
    connection.putheader("Authorization", "Bearer sk_sbox_filssandboxkeyforlocaltests")
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body[:100])
    # The server reads the head and waits for the rest; only then is it told to stop.
    assert Shop(fils_process.base_url).get("/payments/setups/set_x").status == 404
    exit_codes: list[int] = []
    stopping = threading.Thread(target=lambda: exit_codes.append(fils_process.terminate()))
    stopping.start()
    stopping.join(0.5)

    connection.send(body[100:])
    answer = connection.getresponse()

    setup = json.loads(answer.read())
    connection.close()
    stopping.join(20)
    assert (answer.status, exit_codes) == (200, [0])
    fils_process.start()
    assert Shop(fils_process.base_url).get(f"/payments/setups/{setup['id']}").status == 200
