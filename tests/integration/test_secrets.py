"""
Whole runs with every library told to say all it can: no secret in what is printed, logged or stored.

The process runs with ``PYTHONASYNCIODEBUG`` and with a log of every library at its lowest level, which an operator
who looks for a fault may switch on too.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

import fils
from fils.config import SANDBOX_KEY
from tests.support.customer import CARD, DECLINING, DOCUMENTED_REQUEST, PIN, Customer, Shop, call, link_of
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


@contextmanager
def talkative(folder: Path) -> Iterator[FilsProcess]:
    (folder / "sitecustomize.py").write_text(SAY_EVERYTHING)
    environment = {
        "PYTHONPATH": f"{folder}:{Path(fils.__file__).parents[1]}",
        "PYTHONASYNCIODEBUG": "1",
        "FILS_SANDBOX_KEY": OWN_KEY,
        "FILS_REVERSAL_WINDOW": "2",
    }
    with FilsProcess(folder, environment=environment) as process:
        yield process


class Run:
    """What a run has used that nobody may find afterwards, by what it is."""

    def __init__(self, process: FilsProcess) -> None:
        self.process = process
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

    def leaks(self) -> list[str]:
        """Which secret is found where."""
        found = []
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
                if any(value in text or value.lower() in folded for value in values)
            ]
        return found


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    with talkative(tmp_path_factory.mktemp("talkative")) as process:
        yield Run(process)


def test_whole_payments_leave_no_secret(run: Run) -> None:
    run.pay()
    run.pay(DECLINING)
    customer = run.open(run.shop.confirmed())
    customer.cancel()
    libraries = (run.process.folder / "libraries.log").read_text()
    assert "the libraries speak" in libraries
    assert len(run.secrets) == 9
    assert run.leaks() == []


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


def test_a_bug_leaves_no_secret(tmp_path: Path) -> None:
    """Tables that vanish are nobody's plan: every edge meets an error that it has no answer for."""
    with talkative(tmp_path) as process:
        run = Run(process)
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
        assert run.leaks() == []


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Hold the database's write lock, as a backup tool or a stuck process would."""
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
