"""Acts of people, and which of them are done to the whole installation."""

from __future__ import annotations

from fils.domain.audit import AuditedAct


def test_only_the_replacing_of_the_master_key_is_done_to_the_whole_installation() -> None:
    assert [act for act in AuditedAct if act.is_of_installation] == [AuditedAct.MASTER_KEY_REPLACED]
