"""
Whole runs with everything told to say all it can: no secret in what is printed, logged, measured or stored.

The process runs with our own log at its lowest level, with ``PYTHONASYNCIODEBUG``, with a log of every library at its
lowest level, which an operator who looks for a fault may switch on too, and with metrics. Each secret is looked for as
it is, in hex, in base64 at every alignment, and with percent signs.
"""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, quote, urlsplit

import asyncpg
import pytest

import fils
from fils.config import SANDBOX_KEY
from tests.support.customer import CARD, DECLINING, DOCUMENTED_REQUEST, PIN, Customer, Shop, call, link_of
from tests.support.ports import free_port
from tests.support.process import FilsProcess
from tests.support.raw_http import exchange, request_head

OWN_KEY = "sk_sbox_" + "q7" * 13 + "*"
PASSWORD, TERMINAL_KEY = "simpass01", "SIMKEY0123456789"
NOTIFICATIONS = "/knet/notifications/trm_filstestkuwaitknetsandbox2"

SAY_EVERYTHING = """
import logging
handler = logging.FileHandler("libraries.log")
handler.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))
for name in ("asyncio", "aiohttp", "aiohttp.client", "aiohttp.access", "uvicorn", "uvicorn.error", "uvicorn.asgi",
             "uvicorn.access", "asyncpg", "fils", "concurrent.futures"):
    logging.getLogger(name).setLevel(1)
    logging.getLogger(name).addHandler(handler)
logging.getLogger("asyncio").debug("the libraries speak")
"""
"""Runs in the process before anything else does (``sitecustomize``)."""


ENCODED_FROM: Final = 8
"""Shorter secrets are looked for as they are alone: their encodings stand everywhere by chance."""


@contextmanager
def talkative(folder: Path, *, database: str | None = None) -> Iterator[tuple[FilsProcess, str]]:
    """A process that says all it can, and the address of its metrics."""
    (folder / "sitecustomize.py").write_text(SAY_EVERYTHING)
    metrics = f"127.0.0.1:{free_port()}"
    environment = {
        "FILS_LOG_LEVEL": "debug",
        "FILS_LOG_FORMAT": "json",
        "FILS_METRICS_LISTEN": metrics,
        "FILS_MODE": "sandbox",
        "PYTHONPATH": f"{folder}:{Path(fils.__file__).parents[1]}",
        "PYTHONASYNCIODEBUG": "1",
        "FILS_SANDBOX_KEY": OWN_KEY,
        "FILS_REVERSAL_WINDOW": "2",
    }
    with FilsProcess(folder, database=database, environment=environment) as process:
        yield process, f"http://{metrics}/metrics"


def forms(secret: str) -> Iterator[str]:
    """*secret* as it is, and as it is found after the encodings that programs use."""
    yield secret
    if len(secret) < ENCODED_FROM:
        return
    octets = secret.encode()
    yield octets.hex()
    yield quote(secret, safe="")
    for ahead in range(3):
        # What stands before and after it changes the first and the last characters.
        encoded = b64encode(b"\0" * ahead + octets).decode().rstrip("=")
        yield encoded[(ahead * 8 + 5) // 6 : -2]


def is_in(secret: str, text: str, folded: str, *, encoded: bool) -> bool:
    """Whether *secret* stands in *text*, if asked in any form; *folded* is the text in lower case."""
    if secret in text or secret.lower() in folded:
        return True
    return encoded and any(form in text for form in forms(secret))


class Run:
    """What a run has used that nobody may find afterwards, by what it is."""

    def __init__(self, process: FilsProcess, metrics_url: str) -> None:
        self.process = process
        self.metrics_url = metrics_url
        self.shop = Shop(process.base_url, OWN_KEY)
        self.secrets: dict[str, list[str]] = {
            "card number": ["".join(CARD), CARD[1]],
            "PIN": [f"cardPin={PIN}", f"'{PIN}'", f'"{PIN}"'],
            "tranportal password": [PASSWORD],
            "terminal key": [TERMINAL_KEY],
            "master key": [(process.folder / "fils-data" / "master.key").read_text().strip()],
        }
        self.secrets["master key"].append(bytes.fromhex(self.secrets["master key"][0]).decode("latin-1"))

    def note(self, kind: str, secret: str) -> None:
        """Look for *secret* later."""
        self.secrets.setdefault(kind, []).append(secret)

    def open(self, confirmed: dict[str, object]) -> Customer:
        """A customer on the card page; what the way there carried is noted."""
        link = link_of(confirmed)
        self.note("link token", link.split("/")[-2])
        start = call("GET", link)
        self.note("trandata", parse_qs(urlsplit(start.location).query)["trandata"][0])
        customer = Customer()
        customer.open(start.location)
        self.note("page token", re.findall(r'name="token" value="(\w+)"', customer.page)[0])
        return customer

    def pay(self, expiry: tuple[str, str] = ("9", "2030")) -> dict[str, object]:
        """A whole payment."""
        confirmed = self.shop.confirmed()
        customer = self.open(confirmed)
        customer.fill_in_card(expiry)
        back = customer.confirm_and_leave()
        self.note("return secret", back.rsplit("/", 1)[1])
        assert call("GET", back).status == 303
        return confirmed

    def notification(self, body: str) -> None:
        """Something in the bank's name."""
        self.note("trandata", body)
        call("POST", self.process.base_url + NOTIFICATIONS, body=body.encode())

    def leaks(self, *, encoded: bool = False) -> list[str]:
        """Which secret is found where; as it is, or also *encoded*, which takes a while."""
        found = []
        measured = self.process.folder / "metrics.txt"
        with suppress(OSError):
            measured.write_text(call("GET", self.metrics_url).text)
        for path in self.process.folder.rglob("*"):
            if not path.is_file() or path.name in ("master.key", "sitecustomize.py") or path.suffix == ".pyc":
                continue
            text = path.read_bytes().decode("latin-1")
            if path.name == "fils-output.log":
                # The banner is for the person who started Fils.
                text = text.partition("Stop with Ctrl-C.")[2]
            folded = text.lower()
            secrets = self.secrets | {"secret key": [OWN_KEY, SANDBOX_KEY]}
            found += [
                f"{kind} in {path.name}"
                for kind, values in secrets.items()
                if any(is_in(value, text, folded, encoded=encoded) for value in values)
            ]
        return found


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    with talkative(tmp_path_factory.mktemp("talkative")) as (process, metrics_url):
        yield Run(process, metrics_url)


def test_whole_payments_leave_no_secret(run: Run) -> None:
    run.pay()
    run.pay(DECLINING)
    customer = run.open(run.shop.confirmed())
    customer.cancel()
    libraries = (run.process.folder / "libraries.log").read_text()
    assert "the libraries speak" in libraries
    assert len(run.secrets) == 9
    assert run.leaks() == []


def test_the_search_sees_what_it_looks_for(run: Run) -> None:
    hidden = run.process.folder / "hidden.txt"
    hidden.write_text(f"before {OWN_KEY} after")
    assert run.leaks() == ["secret key in hidden.txt"]
    hidden.unlink()
    around = [b64encode(f"{ahead}{OWN_KEY} and more".encode()).decode() for ahead in ("", "a", "ab")]
    for text in (OWN_KEY.upper(), *forms(OWN_KEY), *around):
        assert is_in(OWN_KEY, f"before {text} after", f"before {text} after".lower(), encoded=True)


def request_lines(process: FilsProcess) -> list[dict[str, Any]]:
    """What the log has told of requests so far."""
    told = (json.loads(line) for line in process.output.splitlines() if line.startswith("{"))
    return [line for line in told if line["event"] == "request"]


def test_a_request_is_one_line_with_its_ids_and_without_its_address(run: Run) -> None:
    confirmed = run.shop.confirmed()
    answer = run.shop.get(f"/payments/{confirmed['id']}")
    token = link_of(confirmed).split("/")[-2]
    run.note("link token", token)
    call("GET", link_of(confirmed))
    # The log has a thread of its own, so a line may follow its answer.
    lines = request_lines(run.process)
    while lines[-1]["route"] != "/knet-external/redirect/{token}/pay":
        time.sleep(0.01)
        lines = request_lines(run.process)
    [told] = [line for line in lines if line.get("request_id") == answer.headers["Cko-Request-Id"]]
    assert told["route"] == "/payments/{payment_id}"
    assert (told["status"], told["payment_id"]) == (200, confirmed["id"])
    assert told["account_id"].startswith("cli_")
    assert run.leaks() == []


def test_answers_that_are_kept_leave_no_secret(run: Run) -> None:
    """The kept answer of a confirm holds the link that lets a browser pay."""
    setup = run.shop.post("/payments/setups", DOCUMENTED_REQUEST).json()
    url = f"{run.process.base_url}/payments/setups/{setup['id']}/confirm/knet"
    headers = {"Authorization": f"Bearer {OWN_KEY}", "Cko-Idempotency-Key": "order-5023"}
    first, second = (call("POST", url, body=b"{}", headers=headers) for _ in range(2))
    assert (first.status, first.text) == (202, second.text)
    run.note("link token", link_of(first.json()).split("/")[-2])
    other = call("POST", url, body=b'{"other": 1}', headers=headers)
    assert other.status == 422
    assert run.leaks() == []


def test_what_is_written_in_wrong_places_is_not_told(run: Run) -> None:
    """Keys and cards in bodies that cannot be read, in addresses, in headers and in texts that are refused."""
    other_key, card = "sk_sbox_" + "w5" * 13 + "a", "4000111122223333"
    run.note("another's key", other_key)
    run.note("another's card", card)
    base, headers = run.process.base_url, {"Authorization": f"Bearer {OWN_KEY}"}
    for body in (f'{{"amount": "{card}", "key": {other_key}', f'["{other_key}"]', f'{{"reference": {card}}}'):
        assert call("POST", f"{base}/payments/setups", body=body.encode(), headers=headers).status in (
            400,
            422,
        )
    for path in (
        f"/{other_key}",
        f"/payments/{other_key}",
        f"/payments/setups/{card}",
        f"/payments?reference={card}",
    ):
        assert call("GET", base + path, headers=headers).status < 500
    for authorization in (f"Bearer {other_key}", other_key, f"Basic {other_key}", f"Bearer {card}"):
        assert call("GET", f"{base}/payments/pay_x", headers={"Authorization": authorization}).status == 401
    long_key = {**headers, "Cko-Idempotency-Key": f"{other_key} {card}" * 20}
    assert (
        run.shop.post("/payments/setups", {**DOCUMENTED_REQUEST, "amount": 0, "reference": card}).status
        == 422
    )
    assert call("POST", f"{base}/payments/setups", body=b"{}", headers=long_key).status == 422
    run.notification(f"paymentid={card}&trandata={other_key}&amt=1")
    assert run.leaks() == []


def test_what_a_shop_writes_as_its_reference_is_stored_and_told_nowhere_else(run: Run) -> None:
    """A reference is the shop's own text, which nobody can tell from a number of an order; see decision 0028."""
    reference = "5555444433332222"
    confirmed = run.shop.confirmed(reference=reference)
    run.open(confirmed).cancel()
    run.note("reference", reference)
    assert {leak for leak in run.leaks() if "sqlite3" not in leak} == set()
    del run.secrets["reference"]


def test_refusals_leave_no_secret(run: Run) -> None:
    shop, port = run.shop, run.process.port
    assert shop.post("/payments/setups", {"reference": "\n" + CARD[1], "amount": "".join(CARD)}).status == 422
    assert Shop(run.process.base_url, "sk_sbox_" + "a" * 27).post("/payments/setups", {}).status == 401
    exchange(port, request_head("GET /payments HTTP/1.1", f"Authorization: Bearer {OWN_KEY}\0"))
    exchange(port, request_head("GET / HTTP/1.1", f"Authorization: Bearer {OWN_KEY}", host="evil.example"))
    exchange(port, f"GET /{OWN_KEY}\x01 HTTP/1.1\r\n\r\n".encode())
    run.notification("ab" * 64)
    run.notification("cd" * 64 + "zz")
    run.notification(f"trandata={'ef' * 64}&paymentid=1")
    for path in ("/knet-external/redirect/{}/pay", "/knet-external/redirect/{}", "/knet-external/return/{}"):
        run.note("made-up token", "tok_" + "b" * 26)
        assert call("GET", run.process.base_url + path.format("tok_" + "b" * 26)).status == 404
    customer = run.open(shop.confirmed())
    customer.page = customer.page.replace('name="token" value="', 'name="token" value="x')
    customer.fill_in_card()
    assert "IPAY0100038" in customer.page
    assert run.leaks() == []


def test_trouble_leaves_no_secret(run: Run) -> None:
    """The database locked at every step, so that each edge tells of an error of its own."""
    confirmed = run.shop.confirmed()
    customer = run.open(confirmed)
    customer.fill_in_card()
    folder = run.process.folder / "fils-data"
    with locked(folder / "fils.sqlite3"):
        assert run.shop.post("/payments/setups", DOCUMENTED_REQUEST).status == 503
        assert call("GET", link_of(confirmed)).status == 503
        customer.confirm()
        assert "IPAY0100249" in customer.page
    customer = run.open(run.shop.confirmed())
    with locked(folder / "simulator.sqlite3"):
        customer.fill_in_card()
        assert "Traceback" not in customer.page
    assert "StorageUnavailable" in run.process.output
    assert run.leaks() == []


def test_nothing_of_all_that_is_there_in_another_form(run: Run) -> None:
    """Everything that the tests above have used, in every encoding."""
    assert run.leaks(encoded=True) == []


def test_a_bug_leaves_no_secret(tmp_path: Path) -> None:
    """Tables that vanish are nobody's plan: every edge meets an error that it has no answer for."""
    with talkative(tmp_path) as (process, metrics_url):
        run = Run(process, metrics_url)
        customer = run.open(run.shop.confirmed())
        confirmed = run.pay()
        for name, tables in (
            ("fils.sqlite3", ("payment_attempts", "evidence", "payment_setups")),
            ("simulator.sqlite3", ("orders",)),
        ):
            with closing(sqlite3.connect(tmp_path / "fils-data" / name)) as books:
                for table in tables:
                    books.execute(f"DROP TABLE {table}")
        assert run.shop.post("/payments/setups", DOCUMENTED_REQUEST).status >= 500
        assert call("GET", link_of(confirmed)).status >= 500
        call("GET", f"{process.base_url}/knet-external/return/{run.secrets['return secret'][0]}")
        customer.fill_in_card()
        process.terminate()
        assert run.leaks(encoded=True) == []


async def test_payments_on_postgresql_leave_no_secret(tmp_path: Path, postgresql_url: str) -> None:
    """Its tables are written to a file, each row as text, and searched like all others."""
    with talkative(tmp_path, database=postgresql_url) as (process, metrics_url):
        run = Run(process, metrics_url)
        await asyncio.to_thread(run.pay)
        await asyncio.to_thread(run.pay, DECLINING)
        connection = await asyncpg.connect(postgresql_url)
        tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        rows = [
            row["text"]
            for table in tables
            for row in await connection.fetch(
                f'SELECT kept::TEXT AS text FROM "{table["tablename"]}" AS kept'  # noqa: S608 - tables of our own
            )
        ]
        await connection.close()
        assert len(rows) > 20
        (tmp_path / "tables.txt").write_text("\n".join(rows))
        assert run.leaks(encoded=True) == []


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Hold the database's write lock, as a backup tool or a stuck process would."""
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
