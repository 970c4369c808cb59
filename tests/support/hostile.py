"""
What attacks: texts, return urls, hosts, header fields and request lines.

One list, so that what is tried over HTTP is tried in a browser too. Nothing in it may move a browser, run, reach a
header, or change a link.
"""

from __future__ import annotations

from typing import Final

EVIL: Final = "evil.example"
"""In everything that names another host, so that a test can look for it in an answer."""

TEXTS: Final = (
    "<script>document.title='owned'</script>",
    "\"><img src=x onerror=document.title='owned'>",
    "'><svg/onload=document.title='owned'>",
    "</title><script>document.title='owned'</script>",
    "<a href=javascript:alert(1)>owned</a><base href=https://evil.example/>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
    "<form action=https://evil.example/><input autofocus onfocus=alert(1)>",
    "{{7*7}}{% raw %}${7*7}<!--",
    "javascript:document.title='owned'",
    "\u202e\u2066owned\u2069\u200f\u061c",
    "owned\u2028\u2029\ufeff\u200b\U000e0041",
)
"""For references, descriptions and whatever else a shop or a bank writes that people see."""

CONTROL_TEXTS: Final = (
    "a\r\nSet-Cookie: owned=1",
    "a\nLocation: https://evil.example/",
    "\x1b]0;owned\x07\x1b[2J",
    "a\x00b",
    "\x7f\x85\x9b31m",
)
"""Texts with control characters: a terminal or a header would obey them."""

RETURN_URLS: Final = (
    *("javascript:alert(1)", "data:text/html,<script>alert(1)</script>", "vbscript:x", "file:///etc/passwd"),
    *("JaVaScRiPt:alert(1)", "blob:https://a.example/x", "view-source:https://a.example", "about:blank"),
    *("//evil.example", "///evil.example", "/path", "evil.example", "", "/\\evil.example", "?a=b", "#a"),
    *("https:evil.example", "https:/evil.example", "https:///evil.example", "https://", "https://?x"),
    *("http://evil.example/", "ftp://shop.example/", "ws://shop.example/", "httpss://shop.example/"),
    *("https://shop.example@evil.example/", "https://user:pw@shop.example/", "https://@evil.example/"),
    *("https://shop.example:443@evil.example", "https://shop.example%40evil.example/"),
    *(
        "https://shop.example\\@evil.example/",
        "https:\\\\evil.example",
        "https://shop.example\\.evil.example",
    ),
    *("https://shop.example/\\evil.example", "https://shop.example/\r\nSet-Cookie: a=b"),
    *(
        "https://shop.example/%0d%0a\r\n",
        "https://shop.example/\t",
        " https://a.example",
        "https://a.example ",
    ),
    *("https://shop.example/\u202egpj.exe", "https://sh\u043ep.example/", "https://\u2066shop.example"),
    *("https://shop.example\u3002evil.example/", "https://shop.example\uff0fevil.example/"),
    *("https://shop.example/\u0000", "https://shop.example/\x7f", "https://shop.example/\x85"),
    *("https://shop.example:0/", "https://shop.example:65536/", "https://shop.example:/x:y@z\\"),
    *("https://shop.example:99999999999/", "https://[::1", "https://[evil]/", "https://[::1]evil.example/"),
    *("http://localhost.evil.example/", "http://localhost@evil.example/", "http://127.0.0.1.evil.example/"),
    *("http://evil.example#@localhost/", "http://evil.example?localhost", "http://2130706433/"),
    *(
        "https://shop.example /",
        "https://shop.example;evil",
        "https://-shop.example",
        "https://.shop.example",
    ),
    *("https://shop.example<script>/", "https://shop.example'/", 'https://shop.example"onclick=alert(1)/'),
    "https://shop.example/" + "a" * 255,
    "https://" + "a" * 60_000 + ".example/",
)
"""What no shop may give as ``success_url`` or ``failure_url``."""

GOOD_RETURN_URLS: Final = (
    "https://shop.invalid/;url=https://evil.example",
    "https://shop.invalid/?next=//evil.example&cko-payment-id=pay_forged#@evil.example/",
    "https://shop.invalid/%0d%0aLocation:%20https://evil.example/",
    "https://shop.invalid/%5c%5cevil.example/..%2f..%2f?%63ko-session-id=sid_forged",
    "https://shop.invalid/'\"><script>document.title='owned'</script>",
    "HTTPS://SHOP.invalid:443//evil.example/@evil.example",
)
"""What a shop may give, and that leads to shop.invalid whatever it looks like."""

HOSTS: Final = (
    *(
        "evil.example",
        "evil.example:4140",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "EVIL.EXAMPLE",
    ),
    *("localhost@evil.example", "evil.example:80@evil.example", "localhost:4140@evil.example"),
    *(
        "localhost, evil.example",
        "evil.example#localhost",
        "evil.example?localhost",
        "evil.example/localhost",
    ),
    *("localhost\\.evil.example", "[", "[::1", "[evil.example]", "evil.example.", "evil.example\t"),
    "a" * 300 + ".evil.example",
)
"""Host fields of a name that is not ours, also as dressed-up addresses."""

FORWARDED_FIELDS: Final = (
    *("X-Forwarded-Host: evil.example", "X-Forwarded-Proto: javascript", "X-Forwarded-Port: 1"),
    *("X-Forwarded-Prefix: //evil.example", "X-Forwarded-Server: evil.example", "X-Host: evil.example"),
    *("X-Original-URL: /shop", "X-Rewrite-URL: /shop", "X-HTTP-Method-Override: DELETE"),
    *("Forwarded: host=evil.example;proto=https;for=198.51.100.7", "X-Forwarded-For: 198.51.100.7"),
    *("Origin-Host: evil.example", "Via: 1.1 evil.example", "X-Real-IP: 198.51.100.7", "Front-End-Https: on"),
    *("Base-Url: https://evil.example", "Referer: https://evil.example/", "True-Client-IP: 198.51.100.7"),
)
"""Fields by which other software lets a client choose links, paths, methods or its own address."""

REQUEST_TARGETS: Final = (
    *("http://evil.example/", "https://evil.example/shop", "http://localhost@evil.example/"),
    *("//evil.example/", "//evil.example/%2e%2e", "/\\evil.example", "/%5cevil.example", "/.//evil.example"),
    *(
        "/https://evil.example/",
        "/knet-external//evil.example",
        "/shop//evil.example/",
        "/%2f%2fevil.example",
    ),
    *(
        "/shop/%0d%0aLocation:%20https://evil.example/",
        "/%00evil.example",
        "/shop?x=%0d%0aSet-Cookie:evil.example",
    ),
    "/" + "evil.example/" * 4_000,
)
"""Targets that make careless software redirect to another host or break its headers."""
