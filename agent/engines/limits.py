"""How often an engine's servers may be asked by a machine that nobody watches. Pure.

M-Lab's rule for unattended clients (ndt7 specification v0.11, "Requirements for non-interactive clients"):
after each test, wait for a time drawn from an exponential distribution whose mean is six hours, and not
less than 36 minutes nor more than 15 hours. That is four tests a day, at moments that no one can foresee.
"""

from __future__ import annotations

DAILY_LIMIT = {"ndt7": 4}
"""Automated tests in 24 hours, by engine. An engine that isn't here has no limit of its own."""

LEAST_WAIT_S = 2_160.0
"""Seconds between two automated tests of such an engine. The cadence is memoryless by itself; M-Lab's ceiling
of 15 hours is for machines whose mean is six, and a site that tests more rarely burdens nobody."""
