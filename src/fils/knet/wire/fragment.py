"""
The XML of tranPipe: a flat list of tags, with or without a root, read without a document type or entities.

Which tags there are and what they mean is the business of ``inquiry``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from xml.parsers.expat import ExpatError, ParserCreate
from xml.sax.saxutils import escape

from fils.knet.wire.errors import MessageUnreadable

MAX_FRAGMENT_LENGTH: Final = 32_768
"""Most bytes or characters read: an Apple Pay purchase is the largest message and holds a few thousand."""

_MAX_DEPTH: Final = 4
"""Our synthetic root, ``<hash>``, ``<request>``, a field: the deepest nesting a live client sends."""

_DECLARATION: Final = re.compile(r"\A\s*<\?xml\s[^<>]*\?>")


def write_fragment(pairs: Iterable[tuple[str, str]]) -> str:
    """Write one tag per pair, side by side without a root and a declaration, as KNET does; ``& < >`` are escaped."""
    return "".join([f"<{name}>{escape(value)}</{name}>" for name, value in pairs])


def read_fragment(xml: str | bytes) -> dict[str, str]:
    """
    Read the innermost tags of *xml* into a dictionary by lower-case name, blanks around values removed.

    The text is wrapped in a root of ours first. That lets KNET's root-less form be read, and it makes a document
    type, and with it every entity of somebody's own, a syntax error.

    Raises:
        MessageUnreadable: If it is no XML, too long, nested too deep, has a tag twice or text between tags.
    """
    if len(xml) > MAX_FRAGMENT_LENGTH:
        raise MessageUnreadable
    collector = _Collector()
    parser = ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = collector.start
    parser.EndElementHandler = collector.end
    parser.CharacterDataHandler = collector.add_text
    try:
        text = xml.decode("utf-8") if isinstance(xml, bytes) else xml
        parser.Parse(f"<fragment>{_DECLARATION.sub('', text, count=1)}</fragment>", True)
    except (ExpatError, UnicodeError):
        raise MessageUnreadable from None
    return collector.values


class _Collector:
    """Gathers the tags that hold no others; refuses what a list of fields cannot be."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self._depth = 0
        self._text = ""
        self._is_innermost = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._refuse_text()
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise MessageUnreadable
        self._is_innermost = True

    def add_text(self, text: str) -> None:
        self._text += text

    def end(self, name: str) -> None:
        self._depth -= 1
        if not self._is_innermost or self._depth == 0:
            self._refuse_text()
            return
        if name.lower() in self.values:
            raise MessageUnreadable
        self.values[name.lower()] = self._text.strip()
        self._text = ""
        self._is_innermost = False

    def _refuse_text(self) -> None:
        if self._text.strip():
            raise MessageUnreadable
        self._text = ""
