"""The tutorial is run as it stands: its commands in one shell, its payment by a customer without JavaScript."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.customer import SUCCESS_URL, Customer
from tests.support.documentation import commands, read_page, run
from tests.support.process import FilsProcess

DOCUMENTED_URL = "http://127.0.0.1:4140"
PAY_HERE = "<!-- pay -->"


def test_the_tutorial_takes_a_payment(fils_process: FilsProcess, tmp_path: Path) -> None:
    text = read_page("tutorial/first-payment.md").replace(DOCUMENTED_URL, fils_process.base_url)
    before, after = ("\n".join(commands(part)) for part in text.split(PAY_HERE))

    shown = run(before, tmp_path)
    assert '"knet":{"status":"ready","flags":[]}' in shown.replace(" ", "")
    link = shown.strip().splitlines()[-1]
    assert Customer().pay(link).startswith(SUCCESS_URL)
    preparation = before.partition("curl")[0]
    again = "PAYMENT=$(field id < payment.json)\n"
    outcome = run(preparation + again + after, tmp_path).split()

    assert outcome[0] == "Captured"
    assert re.fullmatch(r"[0-9]{18}", outcome[1])
