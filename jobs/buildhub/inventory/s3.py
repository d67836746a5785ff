"""Inventories in S3, in buckets that everyone may read."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from buildhub.aio.http_errors import BROKEN, describe_error
from buildhub.aio.retries import Busy, retry
from buildhub.aio.retry_policy import RetryPolicy
from buildhub.archive.fetch import bounded, write_chunks
from buildhub.errors import ConfigError, Unavailable

REGION = "us-east-1"

_CHUNK_BYTES = 2**18
_ABSENT = frozenset({"NoSuchKey", "404"})


class S3Store:
    """A bucket, or what lies below a prefix of it; see :class:`buildhub.inventory.stores.Store`."""

    def __init__(
        self,
        client: Any,
        bucket: str,
        prefix: str,
        *,
        retry_policy: RetryPolicy,
        largest_object_bytes: int,
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix
        self._retry_policy = retry_policy
        self._largest_object_bytes = largest_object_bytes

    def name(self, key: str) -> str:
        """Return the address of *key*."""
        return f"s3://{self._bucket}/{self._prefix}{key}"

    async def list_folders(self, key: str) -> list[str]:
        """Return the common prefixes below *key*, from all pages of the listing."""
        parent = self._prefix + key
        found: list[str] = []
        paginator = self._client.get_paginator("list_objects_v2")
        with self._translating_errors(key):
            async for page in paginator.paginate(Bucket=self._bucket, Prefix=parent, Delimiter="/"):
                found += [each["Prefix"] for each in page.get("CommonPrefixes", ())]
        return [prefix.removeprefix(parent).rstrip("/") for prefix in found]

    async def list_files(self, key: str) -> list[str]:
        """Return the names of the objects in *key*, from all pages of the listing."""
        parent = self._prefix + key
        found: list[str] = []
        paginator = self._client.get_paginator("list_objects_v2")
        with self._translating_errors(key):
            async for page in paginator.paginate(Bucket=self._bucket, Prefix=parent, Delimiter="/"):
                found += [each["Key"] for each in page.get("Contents", ())]
        return [name.removeprefix(parent) for name in found]

    async def fetch_object(self, key: str) -> bytes | None:
        """Return the bytes of an object."""

        async def attempt() -> bytes | None:
            async with self._opened(key, self._largest_object_bytes) as chunks:
                return None if chunks is None else b"".join([chunk async for chunk in chunks])

        return await retry(self._retry_policy, attempt)

    async def fetch_file(self, key: str, scratch: Path, *, largest_bytes: int) -> Path | None:
        """Download the object."""

        async def attempt() -> Path | None:
            async with self._opened(key, largest_bytes) as chunks:
                if chunks is None:
                    return None
                await write_chunks(chunks, scratch)
                return scratch

        return await retry(self._retry_policy, attempt)

    @asynccontextmanager
    async def _opened(
        self, key: str, largest_bytes: int
    ) -> AsyncIterator[AsyncIterator[bytes] | None]:
        """Yield the object's bytes, or None where the key does not exist."""
        with self._translating_errors(key):
            body = await self._get_object(key)
            if body is None:
                yield None
                return
            async with body:
                yield bounded(body.iter_chunks(_CHUNK_BYTES), largest_bytes, self.name(key))

    async def _get_object(self, key: str) -> Any:
        from botocore.exceptions import ClientError

        try:
            response = await self._client.get_object(Bucket=self._bucket, Key=self._prefix + key)
        except ClientError as exc:
            if exc.response.get("Error", {}).get("Code") in _ABSENT:
                return None
            raise
        return response["Body"]

    @contextmanager
    def _translating_errors(self, key: str) -> Iterator[None]:
        """Turn the client's exceptions into ours. What botocore retries, it has retried."""
        from botocore.exceptions import BotoCoreError, ClientError, IncompleteReadError

        try:
            yield
        except (*BROKEN, IncompleteReadError) as exc:
            raise Busy(f"{self.name(key)}: {describe_error(exc)}") from exc
        except (BotoCoreError, ClientError, aiohttp.ClientError) as exc:
            raise Unavailable(f"{self.name(key)}: {describe_error(exc)}") from exc


@asynccontextmanager
async def open_s3_store(
    root: str,
    *,
    endpoint_url: str | None,
    retry_policy: RetryPolicy,
    largest_object_bytes: int,
) -> AsyncIterator[S3Store]:
    """Open ``s3://bucket/prefix``, without credentials.

    Raises:
        ConfigError: the client for S3 is not installed.
    """
    try:
        from aiobotocore.config import AioConfig
        from aiobotocore.session import get_session
        from botocore import UNSIGNED
    except ImportError as exc:
        raise ConfigError(f"{root}: reading S3 needs `pip install buildhub[aws]`") from exc
    parts = urlsplit(root)
    prefix = parts.path.strip("/")
    config = AioConfig(
        signature_version=UNSIGNED,
        retries={"mode": "standard", "total_max_attempts": retry_policy.retry_count + 1},
        # A look-alike at an address of its own knows no bucket.host.
        s3={"addressing_style": "path"} if endpoint_url else None,
    )
    async with get_session().create_client(
        "s3", region_name=REGION, config=config, endpoint_url=endpoint_url
    ) as client:
        yield S3Store(
            client,
            parts.netloc,
            f"{prefix}/" if prefix else "",
            retry_policy=retry_policy,
            largest_object_bytes=largest_object_bytes,
        )
