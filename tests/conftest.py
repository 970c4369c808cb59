"""What every test shares: the fixtures of ``tests/support`` and one way of running Hypothesis."""

from __future__ import annotations

import signal

from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.support.browser", "tests.support.postgresql", "tests.support.process"]

# A slow, shared machine is no failure of a property, so there is no deadline for one example.
settings.register_profile("fils", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("fils")

# A shell that runs the tests in the background has them ignore Ctrl-C, and so would the programs that they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
