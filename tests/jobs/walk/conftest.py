"""Settings of walks."""

from collections.abc import Callable

import pytest
from buildhub.settings import Settings

from tests.stand_ins.programs import free_port


@pytest.fixture
def settings(make_settings: Callable[..., Settings], live_server: str) -> Settings:
    """Settings for one product, on a port where one archive can follow another."""
    return make_settings(
        SERVER_URL=live_server,
        ARCHIVE_URL=f"http://127.0.0.1:{free_port()}",
        PRODUCTS="devedition",
        TIMEOUT_SECONDS="2",
        NB_RETRY_REQUEST="2",
    )
