"""An account that may write the builds, and not their coverage."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest
import requests
from buildhub.errors import Refused
from buildhub.publish.server import open_server
from buildhub.settings import Settings

from tests.jobs.conftest import AUTH


@pytest.mark.parametrize(
    ("is_coverage", "named"),
    [
        pytest.param(True, "/collections/releases-coverage", id="coverage"),
        pytest.param(False, "/collections/releases", id="builds"),
    ],
)
def test_the_collection_that_may_not_be_written_is_named(
    is_coverage: bool, named: str, make_settings: Callable[..., Settings], live_server: str
) -> None:
    owner = make_settings(SERVER_URL=live_server)

    async def write(settings: Settings) -> None:
        async with open_server(settings) as server:
            if settings.auth == AUTH:
                await server.create_missing()
            elif is_coverage:
                await server.replace_coverage_if_unchanged({"id": "a"}, None)
            else:
                await server.replace_if_unchanged({"id": "a"}, None)

    asyncio.run(write(owner))
    bucket = f"{live_server}/buckets/{owner.bucket_id}"
    assert requests.get(f"{bucket}/collections/releases", timeout=10).ok
    with pytest.raises(Refused) as caught:
        asyncio.run(write(replace(owner, auth="colleague:secret")))
    assert f"{named} (" in str(caught.value)
