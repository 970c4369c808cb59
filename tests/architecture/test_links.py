"""Every link between our own pages leads somewhere, to the file and to the heading it names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.architecture.modules import ROOT
from tests.architecture.test_tracked_files import tracked

_FENCE = re.compile(r"^(?P<fence>```+|~~~+).*?^(?P=fence)\s*?$", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)")
_INLINE = re.compile(r"\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
_REFERENCE = re.compile(r"^ {0,3}\[[^\]]+\]:\s+(\S+)", re.MULTILINE)
_HTML = re.compile(r"<(?:a|img|source)\b[^>]*?\b(?:href|src)=\"([^\"]+)\"")
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)


def links(text: str) -> Iterator[str]:
    """Targets of the links and pictures of a page; what stands in code is no link."""
    prose = _CODE.sub("", _FENCE.sub("", text))
    for pattern in (_INLINE, _REFERENCE, _HTML):
        yield from pattern.findall(prose)


def anchors(text: str) -> set[str]:
    """The names under which a page's headings can be linked to, as the usual hosts of code make them."""
    found: list[str] = []
    for heading in _HEADING.findall(_FENCE.sub("", text)):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        found.append(f"{slug}-{earlier}" if (earlier := _count(slug, found)) else slug)
    return set(found)


def _count(slug: str, slugs: list[str]) -> int:
    return sum(re.fullmatch(rf"{re.escape(slug)}(-[0-9]+)?", one) is not None for one in slugs)


@cache
def _anchors_of(path: Path) -> set[str]:
    return anchors(path.read_text(encoding="utf-8"))


def fault(page: Path, target: str) -> str | None:
    """What is wrong with a link from *page*, or None."""
    if _ELSEWHERE.match(target):
        return None
    name, _, anchor = unquote(target).partition("#")
    path = (page.parent / name).resolve() if name else page
    if name.startswith("/") or not path.is_relative_to(ROOT) or not path.exists():
        return f"{target}: no such file"
    if anchor and (path.suffix != ".md" or anchor not in _anchors_of(path)):
        return f"{target}: no such heading"
    return None


def test_every_link_leads_somewhere() -> None:
    pages = tracked("*.md")
    assert ROOT / "README.md" in pages
    broken = [
        f"{page.relative_to(ROOT)}: {problem}"
        for page in pages
        for target in links(page.read_text(encoding="utf-8"))
        if (problem := fault(page, target))
    ]
    assert not broken, "\n".join(["Whoever follows these is lost:", *broken])


def test_every_page_can_be_reached_from_the_index() -> None:
    docs = ROOT / "docs"
    reached: set[Path] = set()
    waiting = [docs / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached:
            continue
        reached.add(page)
        for target in links(page.read_text(encoding="utf-8")):
            path = (page.parent / unquote(target).partition("#")[0]).resolve()
            if path.suffix == ".md" and path.exists() and path.is_relative_to(docs):
                waiting.append(path)
    lost = sorted(str(page.relative_to(ROOT)) for page in set(tracked("docs/*.md")) - reached)
    assert not lost, f"Nobody finds a page that no other page names: {lost}"


def test_the_index_names_every_decision_by_its_title() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = tracked("docs/decisions/*.md")
    assert pages
    lines = [f"* [{_title(page)}](decisions/{page.name})" for page in sorted(pages)]
    assert [line for line in lines if line not in index.splitlines()] == []


def _title(page: Path) -> str:
    return page.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("docs/README.md", None),
        ("docs", None),
        ("#limits-today", None),
        ("docs/reference/api.md#confirm", None),
        ("https://example.com/nowhere", None),
        ("docs/nothing.md", "docs/nothing.md: no such file"),
        ("/docs/README.md", "/docs/README.md: no such file"),
        ("../elsewhere.md", "../elsewhere.md: no such file"),
        ("docs/reference/api.md#nothing", "docs/reference/api.md#nothing: no such heading"),
    ],
)
def test_a_link_is_judged(target: str, expected: str | None) -> None:
    assert fault(ROOT / "README.md", target) == expected


def test_links_are_found_and_code_is_none() -> None:
    text = (
        '[a](one.md) ![b](two.png "two") `[c](no.md)` <img src="three.png">\n'
        "```text\n[d](no.md)\n```\n[e]: four.md\n"
    )
    assert list(links(text)) == ["one.md", "two.png", "four.md", "three.png"]


def test_headings_are_named_as_they_are_linked_to() -> None:
    text = (
        "# Ask how it *ended*, now\n## `fils pay`\n## The [API](api.md)\n## Forms\n## Forms\n```\n# no\n```\n"
    )
    assert anchors(text) == {"ask-how-it-ended-now", "fils-pay", "the-api", "forms", "forms-1"}
