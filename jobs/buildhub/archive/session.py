"""The archive as a job uses it: its files, and what is known of builds."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass

from buildhub.archive.cache import WRITES_PER_COMMIT, ResponseCache
from buildhub.archive.fetch import Fetcher, open_fetcher
from buildhub.archive.metadata_finder import MetadataFinder
from buildhub.settings import Settings


@dataclass(frozen=True, slots=True)
class Archive:
    """Clients for the archive at *root*, and the cache of its responses."""

    root: str
    fetcher: Fetcher
    cache: ResponseCache
    finder: MetadataFinder


@asynccontextmanager
async def open_archive(
    settings: Settings, *, writes_per_commit: int = WRITES_PER_COMMIT
) -> AsyncIterator[Archive]:
    """Open the archive and the cache for as long as the context lasts.

    Args:
        settings: archive, cache and so on.
        writes_per_commit: of the cache; see :class:`ResponseCache`.

    Raises:
        ConfigError: the cache's folder cannot be written.
    """
    with closing(ResponseCache(settings.cache_path, writes_per_commit=writes_per_commit)) as cache:
        async with open_fetcher(
            parallel=settings.parallel_request_count,
            retry_policy=settings.retry_policy,
            timeout_seconds=settings.timeout_seconds,
            account=settings.archive_account,
            account_root=settings.archive_url,
        ) as fetcher:
            finder = MetadataFinder(fetcher, cache, settings.archive_url)
            yield Archive(settings.archive_url, fetcher, cache, finder)
