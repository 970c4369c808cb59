"""What the server tells the application about a request beside its head."""

from __future__ import annotations

from typing import Final

REQUEST_IS_WHOLE: Final = "fils.request_is_whole"
"""Stands in the scope of a request once all of its body is here, which is mostly so before anybody asks for it."""
