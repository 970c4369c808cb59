"""Whatever is done to keys in whatever order: a revoked key never opens again, and each opens what it was made for."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from fils.application.accounts import AccountTerms, create_account
from fils.application.authentication import KEY_PURPOSE
from fils.application.keys import create_key, revoke_key, rotate_key
from fils.domain.errors import CommandRefused
from fils.identifiers_source import new_secret_key
from tests.support.application_ports import CHANNEL, SettableClock, make_ports

T = TypeVar("T")
OVERLAPS = st.integers(0, 48).map(lambda hours: timedelta(hours=hours))


class Keys(RuleBasedStateMachine):
    """An operator with one account, and a model of when each key ends."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.clock = SettableClock()
        self.ports = replace(make_ports(clock=self.clock), sandbox_terminals=(CHANNEL.terminal_id,))
        self.do(create_account(self.ports, AccountTerms(name="Bakery"), by="noura"))
        self.ids: list[str] = []
        self.keys: dict[str, str] = {}
        self.ends: dict[str, datetime | None] = {}

    def do(self, act: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(act)

    def teardown(self) -> None:
        self.loop.close()

    def note(self, key_id: str, key: str) -> None:
        self.ids.append(key_id)
        self.keys[key_id], self.ends[key_id] = key, None

    def is_good(self, key_id: str) -> bool:
        ends_at = self.ends[key_id]
        return ends_at is None or self.clock.time < ends_at

    @rule()
    def create(self) -> None:
        key = new_secret_key(sandbox=True)
        name = f"Shop {len(self.ids)}"
        self.note(self.do(create_key(self.ports, name, key, account=None, channel=None, by="noura")).id, key)

    @rule(choice=st.integers(0, 50), overlap=OVERLAPS)
    def rotate(self, choice: int, overlap: timedelta) -> None:
        if not self.ids:
            return
        old = self.ids[choice % len(self.ids)]
        key = new_secret_key(sandbox=True)
        try:
            new, _ = self.do(rotate_key(self.ports, old, key, overlap=overlap, by="noura"))
        except CommandRefused:
            assert self.ends[old] is not None
            return
        assert self.ends[old] is None
        self.ends[old] = self.clock.time + overlap
        self.note(new.id, key)

    @rule(choice=st.integers(0, 50))
    def revoke(self, choice: int) -> None:
        if not self.ids:
            return
        key_id = self.ids[choice % len(self.ids)]
        try:
            self.do(revoke_key(self.ports, key_id, by="noura"))
        except CommandRefused:
            assert not self.is_good(key_id)
            return
        assert self.is_good(key_id)
        self.ends[key_id] = self.clock.time

    @rule(hours=st.integers(1, 30))
    def wait(self, hours: int) -> None:
        self.clock.move(timedelta(hours=hours))

    @invariant()
    def each_key_opens_as_long_as_it_is_good(self) -> None:
        for key_id, key in self.keys.items():
            found = self.do(self.ports.store.secret_key(self.ports.vault.hash(KEY_PURPOSE, key)))
            assert found is not None
            assert found.is_good(now=self.clock.time) is self.is_good(key_id)


TestKeys = Keys.TestCase
TestKeys.settings = settings(max_examples=25, stateful_step_count=20)
