"""Pub/Sub for the tests of a process, and a subscription for each."""

from collections.abc import Iterator

import pytest

from tests.requirements import require
from tests.stand_ins.go_programs import GoMissing, build_sources
from tests.stand_ins.pubsub import MODULE, TestSubscription, pubsub_server


@pytest.fixture(scope="session")
def pubsub() -> Iterator[str]:
    """Host and port of a server."""
    try:
        build_sources(MODULE)
    except GoMissing as exc:
        require(False, str(exc))
    with pubsub_server() as host:
        yield host


@pytest.fixture
def subscription(pubsub: str) -> TestSubscription:
    """A topic with a subscription, and one for dead letters."""
    return TestSubscription(pubsub)
