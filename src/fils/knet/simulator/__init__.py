"""
A simulated KNET: the bank's side of the protocol as an application with its own books.

It plays KNET's hosted card page, its notification and its inquiry, so that Fils' production path can be walked
without a bank. It takes only test cards and knows nothing of Fils but the wire.
"""

from __future__ import annotations

from fils.knet.simulator.app import Simulator, create_simulator
from fils.knet.simulator.settings import DEFAULT_REVERSAL_DELAY_MAX, SimulatorSettings, SimulatorTerminal

__all__ = [
    "DEFAULT_REVERSAL_DELAY_MAX",
    "Simulator",
    "SimulatorSettings",
    "SimulatorTerminal",
    "create_simulator",
]
