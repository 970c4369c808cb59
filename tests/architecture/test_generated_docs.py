"""The reference says what the code says."""

from __future__ import annotations

from fils.config import SETTINGS
from scripts.generate_docs import PAGES, outdated_pages


def test_generated_pages_are_up_to_date() -> None:
    assert outdated_pages() == [], "run: python scripts/generate_docs.py"


def test_every_setting_is_described() -> None:
    page = PAGES["docs/reference/settings.md"]()
    for setting in SETTINGS:
        assert f"`{setting.variable}`" in page
        assert setting.reason in page


def test_every_command_is_described() -> None:
    page = PAGES["docs/reference/commands.md"]()
    for command in ("fils serve", "fils pay", "fils version"):
        assert f"\n## {command}\n" in page
    assert "--database" in page
