"""A served catalogue, and both drivers of the client behind one face."""

import asyncio
import inspect
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
import webtest
from buildhub import AsyncBuildHub, BuildHub
from buildhub.aio.retry_policy import RetryPolicy

from tests.conftest import serving
from tests.jobs.conftest import QUICK
from tests.server.catalog.apps import catalogue_app
from tests.server.catalog.builds import make_build, make_builds

LOCALES = ("de", "en-US", "fr")
RECORDS = [
    *make_builds("53.0b9", "linux-x86_64", LOCALES, channel="beta", build_id="20170403075439"),
    *make_builds("53.0b9", "win64", LOCALES[:2], channel="beta", build_id="20170403075439"),
    *make_builds("53.0b10", "win64", LOCALES, channel="beta", build_id="20170407083344"),
    make_build(
        "53.0b9rc1",
        "win64",
        "fr",
        channel="beta",
        build_id="20170401000000",
        target__candidate=1,
    ),
    make_build("55.0a1", "win64", "en-US", channel="nightly", build_id="20170503030212"),
    make_build("55.0a1", "win64", "en-US", channel="nightly", build_id="20170504030207"),
    make_build("56.0a1", "win64", "en-US", channel="nightly", build_id="20170619030424"),
    make_build(
        "52.0",
        "win64",
        "fr",
        product="thunderbird",
        build_id="20170403075439",
        source__revision="b" * 40,
    ),
    make_build("3.0", "win32", "fr", build_id="20080101000000", source__revision=None),
]


class Client:
    """A client of either kind, whose methods return what theirs do; iterators become lists."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._runner = asyncio.Runner()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._client, name)

        def call(*arguments: Any, **options: Any) -> Any:
            result = method(*arguments, **options)
            if inspect.isasyncgen(result):
                return self._runner.run(_collect(result))
            if inspect.isgenerator(result):
                return list(result)
            return self._runner.run(_wait(result)) if inspect.isawaitable(result) else result

        return call

    def end(self) -> None:
        """Close the client and its loop."""
        self.close()
        self._runner.close()


async def _wait(result: Any) -> Any:
    return await result


async def _collect(iterator: Any) -> list[Any]:
    return [each async for each in iterator]


@dataclass(frozen=True)
class Place:
    """A served collection."""

    url: str
    bucket: str
    collection: str


@pytest.fixture(scope="session")
def catalogue(
    make_app: Callable[..., webtest.TestApp], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    """A catalogue with `RECORDS`, which nobody changes, over HTTP."""
    folder = tmp_path_factory.mktemp("client")
    with catalogue_app(make_app, folder, RECORDS) as app, serving(app.app) as url:
        yield Place(url, *app.app.registry.buildhub_catalog_collection)


@pytest.fixture(params=[BuildHub, AsyncBuildHub], ids=["blocking", "asynchronous"])
def connect(request: pytest.FixtureRequest) -> Iterator[Callable[..., Client]]:
    """Return a function that opens a client of either kind, with quick retries."""
    with ExitStack() as stack:

        def make(place: Place, **options: Any) -> Client:
            defaults = {"bucket": place.bucket, "collection": place.collection}
            defaults["retry_policy"] = RetryPolicy(2, QUICK)
            client = Client(request.param(place.url, **defaults | options))
            stack.callback(client.end)
            return client

        yield make


@pytest.fixture
def hub(connect: Callable[..., Client], catalogue: Place) -> Client:
    """An anonymous client of the catalogue with `RECORDS`."""
    return connect(catalogue)
