"""
How an update joins what was told before: object by object, key by key (RFC 7396, JSON Merge Patch).

Checkout.com documents neither merging nor replacing; its own examples send parts, which only merging takes.
"""

from __future__ import annotations

from collections.abc import Mapping


def merged(document: Mapping[str, object], change: Mapping[str, object]) -> dict[str, object]:
    """
    What *document* becomes by *change*.

    A key that the change does not have keeps its value, None takes the key away, objects are merged, and everything
    else, lists too, takes the place of what was there. The result holds no None, except inside lists. Merging the same
    change again changes nothing.
    """
    result = dict(document)
    for key, value in change.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, Mapping):
            before = result.get(key)
            result[key] = merged(before if isinstance(before, Mapping) else {}, value)
        else:
            result[key] = value
    return result
