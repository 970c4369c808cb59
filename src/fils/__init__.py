"""Fils: a KNET payment gateway that its owner runs."""
