"""What a test needs from its environment."""

import os

import pytest


def require(condition: object, reason: str) -> None:
    """Skip the test if *condition* is false; fail it if ``REQUIRE_ALL`` is set."""
    if condition:
        return
    if os.environ.get("REQUIRE_ALL"):
        pytest.fail(f"REQUIRE_ALL is set, and {reason}")
    pytest.skip(reason)
