"""Every address of the API with every kind of key: generated from the table of routes, so that a new one is covered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

import pytest
from starlette.routing import Route

from fils.api.endpoint import ApiSettings, Endpoint
from fils.api.routes import api_routes
from fils.application.authentication import KEY_PURPOSE
from fils.application.ports import Batch
from fils.domain.identifiers import SECRET_KEY as SECRET_KEY_ID
from fils.domain.identifiers import SecretKeyId
from tests.support.api_client import ApiClient, authorized, documented_request
from tests.support.application_ports import (
    ACCOUNT,
    BASE_URL,
    OTHER_ACCOUNT,
    OTHER_SECRET_KEY,
    SECRET_KEY,
    ScriptedBank,
    SettableClock,
    WatchedStore,
    make_ports,
    seed,
)

OPEN_TO_ALL: Final = frozenset({"/health", "/ready"})
"""What needs no key. Whoever adds one here has thought about what it tells to strangers."""

SETTINGS: Final = ApiSettings(base_url=BASE_URL, prefixed_hosts=frozenset({"fils.test"}))
REVOKED_KEY: Final = "sk_sbox_" + "r" * 27
ROTATED_KEY: Final = "sk_sbox_" + "t" * 27
WRONG_KEY: Final = "sk_sbox_" + "w" * 27

Headers = Sequence[tuple[bytes, bytes]]


def shown(value: str) -> tuple[bytes, bytes]:
    return b"authorization", value.encode()


def host(name: str) -> tuple[bytes, bytes]:
    return b"host", name.encode()


STRANGERS: Final[Mapping[str, Headers]] = {
    "no key": [],
    "wrong": [authorized(WRONG_KEY)],
    "revoked": [authorized(REVOKED_KEY)],
    "ended by a rotation": [authorized(ROTATED_KEY)],
    "public": [authorized("pk_sbox_" + "a" * 27)],
    "production key": [authorized("sk_" + "a" * 27)],
    "of the previous platform": [shown("sk_test_6c824505-e595-49d6-8a77-87e8da610b75")],
    "malformed header": [shown("Bearer")],
    "malformed key": [authorized(SECRET_KEY + "a")],
    "without a scheme": [shown(SECRET_KEY)],
    "another scheme": [shown(f"Basic {SECRET_KEY}")],
    "two headers": [authorized(), authorized()],
    "good and wrong": [authorized(), authorized(WRONG_KEY)],
    "another account's prefix": [authorized(), host("uuooqrzs.fils.test")],
    "nobody's prefix": [authorized(), host("aaaaaaaa.fils.test")],
    "good prefix, wrong key": [authorized(WRONG_KEY), host("vkuhvk4v.fils.test")],
}
"""What is not the key of the account, by the way in which it is not."""


@dataclass
class Installation:
    """An account with one of everything, and the names of that."""

    api: ApiClient
    store: WatchedStore
    names: Mapping[str, str]

    @classmethod
    async def open(cls) -> Installation:
        store, clock = WatchedStore(), SettableClock()
        ports = make_ports(store=store, clock=clock, bank=ScriptedBank())
        await seed(ports)
        good = (await ports.store.secret_keys(ACCOUNT.id))[0]
        ended = {REVOKED_KEY: clock.now() - timedelta(days=1), ROTATED_KEY: clock.now()}
        keys = (
            replace(
                good,
                id=SecretKeyId(ports.ids.identifier(SECRET_KEY_ID)),
                key_hash=ports.vault.hash(KEY_PURPOSE, key),
                ends_at=at,
            )
            for key, at in ended.items()
        )
        await ports.store.commit(Batch(inserts=tuple(keys)))
        api = ApiClient(ports, SETTINGS)
        setup_id = (await api.create()).document["id"]
        payment = await api.call("POST", f"/payments/setups/{setup_id}/confirm/knet")
        customer = await api.call("POST", "/customers", {"email": "nour@example.com"})
        names = {
            "setup_id": setup_id,
            "payment_id": payment.document["id"],
            "method": "knet",
            "customer_id": customer.document["id"],
        }
        store.committed.clear()
        return cls(api, store, names)

    async def status(self, method: str, template: str, headers: Headers) -> tuple[int, bool]:
        """The answer's status and whether it is empty. No body is there: reading one would fail."""
        path = template.format_map(self.names)
        answer = await self.api.exchange(method, path, headers, [])
        assert answer is not None
        return answer.status, answer.is_empty


def addresses() -> list[tuple[str, str]]:
    """Method and template of everything the API answers, and of what asks for a key."""
    routes = api_routes(make_ports(), SETTINGS)
    found = []
    for route in routes:
        assert isinstance(route, Route)
        assert isinstance(route.app, Endpoint)
        found += [(method, route.path_format) for method in route.app.methods]
    return [(method, path) for method, path in found if path not in OPEN_TO_ALL]


ADDRESSES: Final = addresses()


@pytest.fixture
async def installation() -> Installation:
    return await Installation.open()


def test_the_table_of_routes_was_read() -> None:
    assert ("POST", "/payments/setups") in ADDRESSES
    assert ("GET", "/payments/{payment_id}/actions") in ADDRESSES


@pytest.mark.parametrize(("method", "template"), ADDRESSES)
async def test_whoever_is_not_known_gets_401_before_anything_else_is_looked_at(
    installation: Installation, method: str, template: str
) -> None:
    for why, headers in STRANGERS.items():
        assert await installation.status(method, template, headers) == (401, True), why
    nothing = template.format_map(dict.fromkeys(installation.names, "x"))
    assert await installation.status(method, nothing, []) == (401, True)
    assert installation.store.committed == []


@pytest.mark.parametrize(("method", "template"), [place for place in ADDRESSES if "{" in place[1]])
async def test_what_belongs_to_another_account_is_404(
    installation: Installation, method: str, template: str
) -> None:
    path = template.format_map(installation.names)
    answer = await installation.api.call(method, path, b"{}", key=OTHER_SECRET_KEY)
    assert (answer.status, answer.is_empty) == (404, True)
    assert installation.store.committed == []


@pytest.mark.parametrize(("method", "template"), [place for place in ADDRESSES if "{" in place[1]])
async def test_the_own_key_opens_it_in_both_spellings_of_the_base(method: str, template: str) -> None:
    for name in ("fils.test", "vkuhvk4v.fils.test", "VKUHVK4V.fils.test:443"):
        installation = await Installation.open()
        path = template.format_map(installation.names)
        answer = await installation.api.call(method, path, b"{}", headers=[host(name)])
        assert answer.status not in {401, 404}, name


@pytest.mark.parametrize("base", ["example.com", "payments.example.com"])
async def test_a_name_of_our_own_is_no_prefix_of_another(installation: Installation, base: str) -> None:
    """Whichever of the two is the base url: the other is a further name."""
    names = frozenset({"example.com", "payments.example.com"})
    settings = ApiSettings(base_url=f"https://{base}", prefixed_hosts=names)
    api = ApiClient(installation.api.ports, settings)
    expected = {
        "example.com": 200,
        "payments.example.com": 200,
        "PAYMENTS.example.com:443": 200,
        "vkuhvk4v.example.com": 200,
        "vkuhvk4v.payments.example.com": 200,
        "payment2.example.com": 401,
        "payment2.payments.example.com": 401,
    }
    found = {
        name: (await api.call("GET", "/payments?reference=x", headers=[host(name)])).status
        for name in expected
    }
    assert found == expected


async def test_links_never_follow_the_host_of_a_request(installation: Installation) -> None:
    path = f"/payments/{installation.names['payment_id']}"
    for name in ("vkuhvk4v.fils.test", "10.0.0.1", "evil.example"):
        links = (await installation.api.call("GET", path, headers=[host(name)])).document["_links"]
        assert {link["href"].partition("/payments")[0] for link in links.values()} >= {BASE_URL}
        assert name not in str(links)


async def test_links_of_the_api_carry_the_prefix_where_that_is_chosen(installation: Installation) -> None:
    api = ApiClient(installation.api.ports, replace(SETTINGS, has_prefix_links=True))
    setup_id = (await api.create(documented_request())).document["id"]
    confirmed = (await api.call("POST", f"/payments/setups/{setup_id}/confirm/knet")).document
    payment = (await api.call("GET", f"/payments/{confirmed['id']}")).document
    for links in (confirmed["_links"], payment["_links"]):
        assert links["self"]["href"] == f"http://vkuhvk4v.fils.test/payments/{confirmed['id']}"
        assert links["redirect"]["href"].startswith(f"{BASE_URL}/knet-external/")
    assert payment["_links"]["actions"]["href"].startswith("http://vkuhvk4v.fils.test/")


async def test_a_key_ends_at_the_very_moment(installation: Installation) -> None:
    ports = installation.api.ports
    good = (await ports.store.secret_keys(OTHER_ACCOUNT.id))[0]
    now = ports.clock.now()
    path = "/payments?reference=x"
    await ports.store.commit(Batch(updates=(replace(good, ends_at=now + timedelta(microseconds=1)),)))
    assert (await installation.api.call("GET", path, key=OTHER_SECRET_KEY)).status == 200
    ended = replace(good, ends_at=now, version=good.version + 1)
    await ports.store.commit(Batch(updates=(ended,)))
    assert (await installation.api.call("GET", path, key=OTHER_SECRET_KEY)).status == 401
