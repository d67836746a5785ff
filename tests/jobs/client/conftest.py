"""Both drivers of the client behind one face."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from buildhub import AsyncBuildHub, BuildHub
from buildhub.aio.retry_policy import RetryPolicy

from tests.jobs.conftest import QUICK
from tests.jobs.served_catalogue import Place


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
