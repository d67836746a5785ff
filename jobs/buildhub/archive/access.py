"""The archive as a job uses it: its files, and what is known of builds."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass

from buildhub.archive.cache import Cache
from buildhub.archive.fetch import Fetcher, open_fetcher
from buildhub.archive.metadata import MetadataFinder
from buildhub.settings import Settings


@dataclass(frozen=True, slots=True)
class Archive:
    """What asks the archive, and remembers."""

    fetcher: Fetcher
    cache: Cache
    finder: MetadataFinder


@asynccontextmanager
async def open_archive(settings: Settings) -> AsyncIterator[Archive]:
    """Open the archive and the cache for as long as the context lasts.

    Raises:
        ConfigError: the cache's folder cannot be written.
    """
    with closing(Cache(settings.cache_path)) as cache:
        async with open_fetcher(
            parallel=settings.parallel_request_count,
            retries=settings.retry_count,
            timeout_seconds=settings.timeout_seconds,
        ) as fetcher:
            yield Archive(fetcher, cache, MetadataFinder(fetcher, cache, settings.archive_url))
