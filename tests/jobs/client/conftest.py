"""Both drivers of the client behind one face."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import webtest
from buildhub import AsyncBuildHub, BuildHub
from buildhub.aio.retry_policy import RetryPolicy
from buildhub.client import asynchronous, blocking
from buildhub.client.errors import BuildhubError

from tests.jobs.conftest import QUICK
from tests.jobs.served_catalogue import Place

AUTH = ("publisher", "secret")
ACCOUNT = ":".join(AUTH)


class Client:
    """A client of either kind, whose methods return what theirs do; iterators become lists."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._runner = asyncio.Runner()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._client, name)

        def call(*arguments: Any, **options: Any) -> Any:
            result = method(*arguments, **options)
            if isinstance(result, AsyncIterator):
                return self._runner.run(_collect(result))
            if isinstance(result, Iterator):
                return list(result)
            return self._runner.run(_wait(result)) if inspect.isawaitable(result) else result

        return call

    def table(self, form: str, *arguments: Any, **options: Any) -> Any:
        """Return builds as a table: ``to_arrow``, ``to_pandas`` or ``to_polars``."""
        result = getattr(self._client.builds(*arguments, **options), form)()
        return self._runner.run(_wait(result)) if inspect.isawaitable(result) else result

    def met(self, verb: str, *arguments: Any, **options: Any) -> tuple[list[Any], Exception | None]:
        """Return what an iterator gave, and the error that ended it, if one did."""
        found: list[Any] = []

        async def collect(iterator: Any) -> None:
            async for each in iterator:
                found.append(each)

        try:
            iterator = getattr(self._client, verb)(*arguments, **options)
            if isinstance(iterator, AsyncIterator):
                self._runner.run(collect(iterator))
            else:
                found.extend(iterator)
        except BuildhubError as exc:
            return found, exc
        return found, None

    def end(self) -> None:
        """Close the client and its loop."""
        self.close()
        self._runner.close()


async def _wait(result: Any) -> Any:
    return await result


async def _collect(iterator: Any) -> list[Any]:
    return [each async for each in iterator]


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


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of three records, so that a few records are many pages."""
    for driver in (blocking, asynchronous):
        monkeypatch.setattr(driver, "RECORDS_PER_REQUEST", 3)


@pytest.fixture
def place(app: webtest.TestApp, collection_path: str, live_server: str) -> Place:
    """An empty collection of the served app."""
    *_, bucket, _, collection = collection_path.split("/")
    return Place(live_server, bucket, collection)


def records_url(place: Place) -> str:
    """Return the address of the records of a collection."""
    return f"{place.url}/buckets/{place.bucket}/collections/{place.collection}/records"
