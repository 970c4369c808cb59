"""Commands about an installation on PostgreSQL: what one changes holds on every node, without a restart."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import asyncpg

from tests.support.customer import Customer, Shop, link_of
from tests.support.operator import Operator, bank_with_a_terminal, until_refused, until_taken
from tests.support.production import ProductionProcess


async def tables_of(url: str) -> list[str]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " UNION SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        )
        return [row[0] for row in rows]
    finally:
        await connection.close()


def test_a_database_that_was_named_by_mistake_is_left_as_it_is(tmp_path: Path, postgresql_url: str) -> None:
    operator = Operator(tmp_path, ProductionProcess(tmp_path, database=postgresql_url).settings)
    advice = "holds nothing of Fils; name the right one (--database, FILS_DATABASE_URL), or begin a new installation"
    for words in (("accounts", "list"), ("terminals", "list"), ("payments", "attention"), ("serve",)):
        line = operator.told(*words, code=2)
        assert advice in line
        assert line.endswith("there with `fils accounts create NAME`\n")
    assert asyncio.run(tables_of(postgresql_url)) == []
    label = f"postgresql://{postgresql_url.rpartition('@')[2].partition('?')[0]}"
    assert operator.run("accounts", "create", "Bakery").stderr == f"made the new database {label}\n"
    assert operator.run("accounts", "create", "Cafe").stderr == ""
    assert "Bakery" in operator.run("accounts", "list").stdout


def test_terminals_and_keys_hold_on_both_nodes(tmp_path: Path, postgresql_url: str) -> None:
    (tmp_path / "bank").mkdir()
    with (
        bank_with_a_terminal(tmp_path / "bank") as bank_url,
        ProductionProcess(tmp_path, database=postgresql_url).begin() as one,
        ProductionProcess(tmp_path, database=postgresql_url) as two,
    ):
        operator = Operator(tmp_path, one.settings)
        operator.add_terminal("Main", bank_url)
        [channel] = json.loads(operator.run("channels", "create", "Web", "--json").stdout)["channels"]
        key = operator.run("keys", "create", "--name", "Web", "--quiet").stdout.rstrip("\n")
        for node in (one, two):
            shop = Shop(node.base_url, key)
            confirmed = until_taken(shop, channel["id"])
            assert Customer().pay(link_of(confirmed)).startswith("https://example.com/payments/success")
            assert shop.payment(confirmed["id"])["status"] == "Captured"
        # A payment that waits is followed by nodes whose terminal is off by now: its link starts nothing.
        waiting = Shop(one.base_url, key).confirmed(processing_channel_id=channel["id"])
        operator.run("terminals", "disable", "Main")
        for node in (one, two):
            until_refused(Shop(node.base_url, key), channel["id"])
        customer = Customer()
        customer.open(link_of(waiting))
        assert "/kpg/" not in customer.url
        operator.run("keys", "revoke", "Web")
        for node in (one, two):
            assert Shop(node.base_url, key).get("/payments/pay_unknown").status == 401
        assert not list(tmp_path.glob("*.door"))
