"""
What the official SDKs are expected to tell their callers, case by case, and the stage on which they are asked.

A case says what it does once, for every SDK, and gives a short word of what came of it; the word that is right stands
beside it. No word holds an id, a time or an address, so the table made of them is the same at every run.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from fils.bootstrap.sandbox_setup import SANDBOX_ACCOUNT
from fils.config import SANDBOX_KEY
from fils.domain.account_prefix import account_prefix
from tests.support.customer import DECLINING, DOCUMENTED_REQUEST, Customer, call, link_of
from tests.support.official_sdks import Caller, NodeSdk, PythonSdk, Sdk, Told, names_below_localhost
from tests.support.process import FilsProcess

UNKNOWN_KEY: Final = "sk_sbox_" + "a" * 27
_FULL_QUEUE: Final = 13
"""So many requests with one idempotency key are more than may wait."""


@dataclass
class Stage:
    """Two Fils that differ in how they answer a confirm, asked by one SDK."""

    sdk: Sdk
    process: FilsProcess
    answering_setups: FilsProcess
    caller: Caller = field(init=False)

    def __post_init__(self) -> None:
        self.caller = Caller(self.process.base_url)

    def ask(self, action: str, *arguments: object, caller: Caller | None = None) -> Told:
        """One call of the SDK."""
        return self.sdk.call(caller or self.caller, action, *arguments)

    def created(self, **changes: object) -> Any:
        """A setup of the documented example with *changes*."""
        told = self.ask("create", {**DOCUMENTED_REQUEST, **changes})
        assert not told.error, told
        return told.document

    def confirmed(self, **changes: object) -> Any:
        """A payment of such a setup."""
        told = self.ask("confirm", self.created(**changes)["id"], "knet")
        assert not told.error, told
        return told.document

    def word_of(self, told: Told, read: Callable[[Any], object] = lambda _: "") -> str:
        """The short word of *told*: what *read* finds in the document, or the error."""
        if not told.error:
            status = f"{told.status}" if told.status else "2xx"
            return " ".join(f"{status} {read(told.document)}".split())
        assert told.status is not None
        assert told.error == self.sdk.error_of(told.status)
        return " ".join([str(told.status), *told.codes])

    @property
    def database(self) -> Path:
        """The file of the first Fils."""
        return self.process.folder / "fils-data" / "fils.sqlite3"


@dataclass(frozen=True)
class Case:
    """One thing a caller does with an SDK."""

    section: str
    title: str
    expected: str
    """The word that is right; Node's SDK does not tell its caller the status of a success."""
    run: Callable[[Stage], str]
    faults: Mapping[str, str]
    """What an SDK gets, by its name, where a fault of its own keeps the right word from it."""


CASES: Final[list[Case]] = []


def case(
    section: str, title: str, expected: str, *, faults: Mapping[str, str] | None = None
) -> Callable[[Callable[[Stage], str]], Callable[[Stage], str]]:
    """Put a function into the table."""

    def put(run: Callable[[Stage], str]) -> Callable[[Stage], str]:
        CASES.append(Case(section, title, expected, run, faults or {}))
        return run

    return put


def _readiness(setup: Any) -> str:
    knet = setup["payment_methods"]["knet"]
    return " ".join([knet["status"], *knet["flags"]])


def _status(payment: Any) -> str:
    return f"{payment['status']} {payment.get('response_code', '')}"


@case("Payment setups", "create the documented example", "200 ready knet Regular")
def _(stage: Stage) -> str:
    told = stage.ask("create", DOCUMENTED_REQUEST)
    return stage.word_of(
        told, lambda it: f"{_readiness(it)} {','.join(it['available_payment_methods'])} {it['payment_type']}"
    )


@case(
    "Payment setups",
    "create one without language and urls",
    "200 action_required language_required success_url_required failure_url_required",
)
def _(stage: Stage) -> str:
    request = {name: DOCUMENTED_REQUEST[name] for name in ("amount", "currency", "processing_channel_id")}
    return stage.word_of(stage.ask("create", request), _readiness)


@case("Payment setups", "create one with customer, order and metadata: all told again", "200 all")
def _(stage: Stage) -> str:
    more = {
        "customer": {"name": "Noura", "email": {"address": "noura@example.com", "verified": True}},
        "order": {"items": [{"name": "Coffee", "quantity": 2, "unit_price": 500}]},
        "metadata": {"shelf": "4b"},
    }
    told = stage.ask("create", {**DOCUMENTED_REQUEST, **more})
    return stage.word_of(
        told, lambda it: "all" if all(it[name] == value for name, value in more.items()) else it
    )


@case("Payment setups", "create one without an amount", "422 amount_required")
def _(stage: Stage) -> str:
    return stage.word_of(
        stage.ask("create", {name: value for name, value in DOCUMENTED_REQUEST.items() if name != "amount"})
    )


@case("Payment setups", "read one", "200 the same")
def _(stage: Stage) -> str:
    created = stage.created()
    return stage.word_of(stage.ask("read", created["id"]), lambda it: "the same" if it == created else it)


@case("Payment setups", "read one that does not exist", "404")
def _(stage: Stage) -> str:
    return stage.word_of(stage.ask("read", "set_" + "a" * 26))


@case("Payment setups", "update amount and language", "200 2500 ready reference kept")
def _(stage: Stage) -> str:
    change = {"amount": 2500, "currency": "KWD", "payment_methods": {"knet": {"language": "ar"}}}
    told = stage.ask("update", stage.created()["id"], change)
    kept = DOCUMENTED_REQUEST["reference"]
    return stage.word_of(
        told,
        lambda it: f"{it['amount']} {_readiness(it)} {'reference kept' if it['reference'] == kept else it}",
    )


@case("Payment setups", "update one whose payment is pending", "422 payment_setup_already_confirmed")
def _(stage: Stage) -> str:
    setup = stage.created()
    stage.ask("confirm", setup["id"], "knet")
    return stage.word_of(stage.ask("update", setup["id"], {"amount": 2500, "currency": "KWD"}))


@case("Payment setups", "confirm with knet", "202 Pending redirect")
def _(stage: Stage) -> str:
    told = stage.ask("confirm", stage.created()["id"], "knet")
    return stage.word_of(told, lambda it: f"{it['status']} {','.join(set(it['_links']) - {'self'})}")


@case("Payment setups", "confirm with knet, `FILS_CONFIRM_ANSWER=setup`", "200 ready Pending redirect")
def _(stage: Stage) -> str:
    caller = Caller(stage.answering_setups.base_url)
    setup = stage.ask("create", DOCUMENTED_REQUEST, caller=caller).document
    told = stage.ask("confirm", setup["id"], "knet", caller=caller)
    return stage.word_of(
        told,
        lambda it: " ".join(
            [
                _readiness(it),
                it["latest_payment"]["status"],
                *(set(it["latest_payment"]["_links"]) - {"self"}),
            ]
        ),
    )


@case("Payment setups", "confirm one that is not ready", "422 language_required")
def _(stage: Stage) -> str:
    setup = stage.created(payment_methods={})
    return stage.word_of(stage.ask("confirm", setup["id"], "knet"))


@case("Payment setups", "confirm with klarna", "422 payment_method_not_supported")
def _(stage: Stage) -> str:
    return stage.word_of(stage.ask("confirm", stage.created()["id"], "klarna"))


@case("Payment setups", "confirm with a method nobody knows", "422 payment_method_invalid")
def _(stage: Stage) -> str:
    return stage.word_of(stage.ask("confirm", stage.created()["id"], "opt_gold"))


@case("Payment setups", "confirm a second time", "422 payment_setup_already_confirmed")
def _(stage: Stage) -> str:
    setup = stage.created()
    stage.ask("confirm", setup["id"], "knet")
    return stage.word_of(stage.ask("confirm", setup["id"], "knet"))


@case("Payment setups", "confirm again after the customer cancelled", "202 Pending")
def _(stage: Stage) -> str:
    setup = stage.created()
    customer = Customer()
    customer.open(link_of(stage.ask("confirm", setup["id"], "knet").document))
    customer.cancel()
    return stage.word_of(stage.ask("confirm", setup["id"], "knet"), lambda it: it["status"])


@case("Payments", "read a pending one", "200 Pending")
def _(stage: Stage) -> str:
    return stage.word_of(stage.ask("read payment", stage.confirmed()["id"]), _status)


@case("Payments", "read a paid one by its id", "200 Captured 10000")
def _(stage: Stage) -> str:
    payment = stage.confirmed()
    Customer().pay(link_of(payment))
    return stage.word_of(stage.ask("read payment", payment["id"]), _status)


@case("Payments", "read a paid one by the session id of the return", "200 Captured 10000 Capture")
def _(stage: Stage) -> str:
    end = Customer().pay(link_of(stage.confirmed()))
    [session_id] = parse_qs(urlsplit(end).query)["cko-session-id"]
    told = stage.ask("read payment", session_id)
    return stage.word_of(told, lambda it: f"{_status(it)} {it['actions'][0]['type']}")


@case("Payments", "read one that the bank declined", "200 Canceled 20005")
def _(stage: Stage) -> str:
    payment = stage.confirmed()
    Customer().pay(link_of(payment), DECLINING)
    return stage.word_of(stage.ask("read payment", payment["id"]), _status)


@case("Payments", "read a payment that does not exist", "404")
def _(stage: Stage) -> str:
    return stage.word_of(stage.ask("read payment", "pay_" + "a" * 26))


@case("Payments", "list the actions of a pending one", "200 0 actions")
def _(stage: Stage) -> str:
    told = stage.ask("list actions", stage.confirmed()["id"])
    return stage.word_of(told, lambda it: f"{len(it)} actions")


@case("Payments", "list the actions of a paid one", "200 Capture 1000")
def _(stage: Stage) -> str:
    payment = stage.confirmed()
    Customer().pay(link_of(payment))
    told = stage.ask("list actions", payment["id"])
    return stage.word_of(told, lambda it: " ".join(f"{one['type']} {one['amount']}" for one in it))


@case("Payments", "list by reference, the second page of two", "200 3 in all, 1 told, the oldest")
def _(stage: Stage) -> str:
    reference = f"conformance-{uuid.uuid4()}"
    first, *_ = [stage.confirmed(reference=reference)["id"] for _ in range(3)]
    told = stage.ask("list payments", {"reference": reference, "limit": 2, "skip": 2})
    return stage.word_of(
        told,
        lambda it: (
            f"{it['total_count']} in all, {len(it['data'])} told, "
            f"{'the oldest' if it['data'][0]['id'] == first else it}"
        ),
    )


@case("Payments", "list with a limit of 0", "422 paging_limit_invalid")
def _(stage: Stage) -> str:
    return stage.word_of(stage.ask("list payments", {"reference": "x", "limit": 0}))


@case("Payments", "refund, which Fils does not offer yet", "404")
def _(stage: Stage) -> str:
    return stage.word_of(stage.ask("refund", stage.confirmed()["id"]))


@case("Customers", "create one", "201 cus_")
def _(stage: Stage) -> str:
    return stage.word_of(stage.ask("create customer", _customer()), lambda it: it["id"][:4])


@case("Customers", "create one whose address is taken", "422 customer_already_exists")
def _(stage: Stage) -> str:
    told = _customer()
    stage.ask("create customer", told)
    return stage.word_of(stage.ask("create customer", told))


@case("Customers", "read one by id and by address", "200 Noura, the same")
def _(stage: Stage) -> str:
    told = _customer()
    by_id = stage.ask("read customer", stage.ask("create customer", told).document["id"]).document
    by_address = stage.ask("read customer", told["email"])
    return stage.word_of(by_address, lambda it: f"{it['name']}, {'the same' if it == by_id else it}")


# By fetch the SDK sends the method as it spells it, in lower case, and `patch` is no method of HTTP.
@case("Customers", "update one", "204", faults={"Node, fetch": "400"})
def _(stage: Stage) -> str:
    customer_id = stage.ask("create customer", _customer()).document["id"]
    told = stage.ask("update customer", customer_id, {"name": "Sara"})
    name = stage.ask("read customer", customer_id).document["name"]
    assert name == ("Noura" if told.error else "Sara")
    return stage.word_of(told)


@case("Customers", "delete one", "204")
def _(stage: Stage) -> str:
    customer_id = stage.ask("create customer", _customer()).document["id"]
    told = stage.ask("delete customer", customer_id)
    assert stage.ask("read customer", customer_id).status == 404
    return stage.word_of(told)


@case("Customers", "name one in a setup: the payment is theirs", "202 theirs")
def _(stage: Stage) -> str:
    customer_id = stage.ask("create customer", _customer()).document["id"]
    told = stage.ask("confirm", stage.created(customer={"id": customer_id})["id"], "knet")
    return stage.word_of(told, lambda it: "theirs" if it["customer"]["id"] == customer_id else it)


def _customer() -> dict[str, str]:
    return {"email": f"{uuid.uuid4()}@example.com", "name": "Noura"}


@case("Idempotency", "create twice with one key", "200 one setup")
def _(stage: Stage) -> str:
    caller = Caller(stage.process.base_url, idempotency_key=str(uuid.uuid4()))
    first = stage.ask("create", DOCUMENTED_REQUEST, caller=caller)
    second = stage.ask("create", DOCUMENTED_REQUEST, caller=caller)
    return stage.word_of(second, lambda it: "one setup" if it == first.document else it)


@case("Idempotency", "confirm twice with one key", "202 one payment")
def _(stage: Stage) -> str:
    caller = Caller(stage.process.base_url, idempotency_key=str(uuid.uuid4()))
    setup = stage.created()
    first = stage.ask("confirm", setup["id"], "knet", caller=caller)
    second = stage.ask("confirm", setup["id"], "knet", caller=caller)
    return stage.word_of(second, lambda it: "one payment" if it == first.document else it)


@case("Idempotency", "use a key again for another body", "422 idempotency_key_reused")
def _(stage: Stage) -> str:
    caller = Caller(stage.process.base_url, idempotency_key=str(uuid.uuid4()))
    stage.ask("create", DOCUMENTED_REQUEST, caller=caller)
    return stage.word_of(stage.ask("create", {**DOCUMENTED_REQUEST, "amount": 2000}, caller=caller))


@case("Idempotency", "come while too many with the same key wait", "429 duplicate_request")
def _(stage: Stage) -> str:
    caller = Caller(stage.process.base_url, idempotency_key=str(uuid.uuid4()))
    with _full_queue(stage, caller.idempotency_key):
        return stage.word_of(stage.ask("create", DOCUMENTED_REQUEST, caller=caller))


@case("Addresses", "the account's prefix before the host", "200 ready")
def _(stage: Stage) -> str:
    host = stage.process.base_url.replace("127.0.0.1", "localhost")
    caller = Caller(host, subdomain=account_prefix(SANDBOX_ACCOUNT.id))
    return stage.word_of(stage.ask("create", DOCUMENTED_REQUEST, caller=caller), _readiness)


@case("Addresses", "another prefix before the host", "401")
def _(stage: Stage) -> str:
    host = stage.process.base_url.replace("127.0.0.1", "localhost")
    return stage.word_of(stage.ask("create", DOCUMENTED_REQUEST, caller=Caller(host, subdomain="otheracc")))


@case("Errors", "a key that nobody knows", "401")
def _(stage: Stage) -> str:
    caller = Caller(stage.process.base_url, key=UNKNOWN_KEY)
    return stage.word_of(stage.ask("create", DOCUMENTED_REQUEST, caller=caller))


@case("Errors", "several things wrong at once", "422 amount_invalid reference_invalid")
def _(stage: Stage) -> str:
    told = stage.ask("create", {**DOCUMENTED_REQUEST, "amount": 0, "reference": "x" * 81})
    return stage.word_of(Told(told.document, told.error, told.status, tuple(sorted(told.codes))))


@case("Errors", "a body of more than 64 KiB", "413")
def _(stage: Stage) -> str:
    return stage.word_of(stage.ask("create", {**DOCUMENTED_REQUEST, "description": "x" * 70_000}))


@case("Errors", "the database is away", "503")
def _(stage: Stage) -> str:
    away = stage.database.with_name("away")
    stage.database.rename(away)
    try:
        return stage.word_of(stage.ask("create", DOCUMENTED_REQUEST))
    finally:
        away.rename(stage.database)


@contextmanager
def _locked(database: Path) -> Iterator[None]:
    """Hold the database's write lock, so that nothing is committed meanwhile."""
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def _full_queue(stage: Stage, key: str) -> Iterator[None]:
    """Let so many requests with *key* wait that no further one may."""
    headers = {"Authorization": f"Bearer {SANDBOX_KEY}", "Cko-Idempotency-Key": key}
    body = json.dumps(DOCUMENTED_REQUEST).encode()
    refused = threading.Event()

    def ask() -> None:
        answer = call("POST", f"{stage.process.base_url}/payments/setups", body=body, headers=headers)
        if answer.status == 429:
            refused.set()

    threads = [threading.Thread(target=ask) for _ in range(_FULL_QUEUE)]
    with _locked(stage.database):
        for thread in threads:
            thread.start()
        assert refused.wait(5)
        yield
    for thread in threads:
        thread.join()


@contextmanager
def stages(folder: Path) -> Iterator[list[Stage]]:
    """A stage for each SDK, on the same two Fils in *folder*."""
    with ExitStack() as stack:
        folders = [folder / "payments", folder / "setups"]
        for one in folders:
            one.mkdir()
        process = stack.enter_context(FilsProcess(folders[0]))
        answering_setups = stack.enter_context(
            FilsProcess(folders[1], environment={"FILS_CONFIRM_ANSWER": "setup"})
        )
        stack.enter_context(names_below_localhost())
        sdks: list[Sdk] = [PythonSdk()]
        sdks += [stack.enter_context(NodeSdk(client)) for client in ("fetch", "axios")]
        yield [Stage(sdk, process, answering_setups) for sdk in sdks]


def run_cases(folder: Path) -> Mapping[str, Mapping[str, str]]:
    """What every SDK told in every case: by the case's title and the SDK's name."""
    with stages(folder) as all_stages:
        return {one.title: {stage.sdk.name: one.run(stage) for stage in all_stages} for one in CASES}


def is_expected(one: Case, sdk: str, word: str) -> bool:
    """Whether *word* is the right one, as far as the SDK tells it, or the one that a known fault of it leads to."""
    if sdk in one.faults:
        return word == one.faults[sdk]
    return word in (one.expected, f"2xx{one.expected[3:]}" if one.expected.startswith("2") else None)
