from __future__ import annotations

import pytest

from fils.knet.wire import MessageUnreadable
from fils.knet.wire.fragment import MAX_FRAGMENT_LENGTH, read_fragment, write_fragment


def test_tags_are_written_side_by_side_and_escaped() -> None:
    assert write_fragment([("a", "x & <y>"), ("b", "")]) == "<a>x &amp; &lt;y&gt;</a><b></b>"


@pytest.mark.parametrize(
    "xml",
    [
        "<a>1</a><B>x &amp; y</B>",
        "<B>x &amp; y</B><a>1</a>",
        "<request><a>1</a><B>x &#38; y</B></request>",
        "<hash><request><A>1</A><b>x <![CDATA[&]]> y</b></request></hash>",
        '<?xml version="1.0" encoding="UTF-8"?>\n<request>\n  <a> 1 </a>\n  <b>x &amp; y</b>\n</request>\n',
        "<!-- c --><a id='7'>1</a><b>x &amp; y</b>",
    ],
    ids=["bare", "other order", "root", "two roots", "declared and indented", "comment and attribute"],
)
def test_a_fragment_is_read_with_and_without_roots(xml: str) -> None:
    assert read_fragment(xml) == {"a": "1", "b": "x & y"}
    assert read_fragment(xml.encode()) == {"a": "1", "b": "x & y"}


def test_empty_tags_are_kept() -> None:
    assert read_fragment("<a></a><b/>") == {"a": "", "b": ""}


def test_nothing_is_a_fragment_without_tags() -> None:
    assert read_fragment("") == {}


BOMB = '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><r><a>&b;</a></r>'


NO_FLAT_LISTS = {
    "document type": BOMB,
    "declared document type": '<?xml version="1.0"?>' + BOMB,
    "external document type": '</fragment><!DOCTYPE r SYSTEM "file:///etc/hostname"><fragment>',
    "document type behind our root": "</fragment>" + BOMB + "<fragment>",
    "entity": "<a>&b;</a>",
    "late declaration": '<a>1</a><?xml version="1.0"?>',
    "twice": "<a>1</a><a>2</a>",
    "twice by case": "<a>1</a><A>2</A>",
    "never closed": "<a>1",
    "words": "1",
    "words between": "<a>1</a>2<b/>",
    "words after": "<r><a>1</a>2</r>",
    "words before": "<r>2<a>1</a></r>",
    "deep": "<w><x><y><a>1</a></y></x></w>",
    "very deep": "<a>" * 10_000,
    "null byte": "<a>\0</a>",
    "surrogate": "\ud800",
    "long": "<a>" + "x" * MAX_FRAGMENT_LENGTH + "</a>",
}


@pytest.mark.parametrize("xml", NO_FLAT_LISTS.values(), ids=NO_FLAT_LISTS.keys())
def test_what_is_no_flat_list_of_tags_is_refused(xml: str) -> None:
    with pytest.raises(MessageUnreadable):
        read_fragment(xml)


def test_bytes_that_are_not_utf8_are_refused() -> None:
    with pytest.raises(MessageUnreadable):
        read_fragment(b"<a>\xff</a>")
