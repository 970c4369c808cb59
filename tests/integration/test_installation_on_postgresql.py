"""Commands about an installation on PostgreSQL: what one changes holds on every node, without a restart."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.customer import Customer, Shop, link_of
from tests.support.operator import Operator, bank_with_a_terminal, until_refused, until_taken
from tests.support.production import ProductionProcess


def test_terminals_and_keys_hold_on_both_nodes(tmp_path: Path, postgresql_url: str) -> None:
    (tmp_path / "bank").mkdir()
    with (
        bank_with_a_terminal(tmp_path / "bank") as bank_url,
        ProductionProcess(tmp_path, database=postgresql_url) as one,
        ProductionProcess(tmp_path, database=postgresql_url) as two,
    ):
        operator = Operator(tmp_path, one.settings)
        operator.run("accounts", "create", "Bakery")
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
