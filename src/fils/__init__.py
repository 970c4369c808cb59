"""Fils: a KNET payment gateway that its owner runs."""

__version__ = "0.1.0"
"""The same as in ``pyproject.toml``; a constant, because reading a package's metadata costs time at every start."""
