"""Inventories in S3, in buckets that everyone may read."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from buildhub.aio.retries import BROKEN, Busy, describe_error, retrying
from buildhub.archive.fetch import LARGEST_BODY_BYTES, bounded, write_chunks
from buildhub.errors import ConfigError, Unavailable

REGION = "us-east-1"

_CHUNK_BYTES = 2**18
_ABSENT = frozenset({"NoSuchKey", "404"})


class S3Store:
    """A bucket, or what lies below a prefix of it; see :class:`buildhub.inventory.stores.Store`."""

    def __init__(self, client: Any, bucket: str, prefix: str, *, retries: int) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix
        self._retries = retries

    def name(self, key: str) -> str:
        """Return the address of *key*."""
        return f"s3://{self._bucket}/{self._prefix}{key}"

    async def folders(self, key: str) -> list[str]:
        """Return the common prefixes below *key*, from all pages of the listing."""
        parent = self._prefix + key
        found: list[str] = []
        paginator = self._client.get_paginator("list_objects_v2")
        with self._translating(key):
            async for page in paginator.paginate(Bucket=self._bucket, Prefix=parent, Delimiter="/"):
                found += [each["Prefix"] for each in page.get("CommonPrefixes", ())]
        return [prefix.removeprefix(parent).rstrip("/") for prefix in found]

    async def read(self, key: str) -> bytes | None:
        """Return the bytes of an object."""
        async for attempt in retrying(self._retries):
            with attempt, self._translating(key):
                body = await self._open(key)
                if body is None:
                    return None
                async with body:
                    chunks = self._chunks(body, key, LARGEST_BODY_BYTES)
                    return b"".join([chunk async for chunk in chunks])
        raise AssertionError("stamina returns or raises")

    async def local_file(self, key: str, scratch: Path, *, largest_bytes: int) -> Path | None:
        """Download the object."""
        async for attempt in retrying(self._retries):
            with attempt, self._translating(key):
                body = await self._open(key)
                if body is None:
                    return None
                async with body:
                    await write_chunks(self._chunks(body, key, largest_bytes), scratch)
                return scratch
        raise AssertionError("stamina returns or raises")

    def _chunks(self, body: Any, key: str, largest_bytes: int) -> AsyncIterator[bytes]:
        return bounded(body.iter_chunks(_CHUNK_BYTES), largest_bytes, self.name(key))

    async def _open(self, key: str) -> Any:
        from botocore.exceptions import ClientError

        try:
            answer = await self._client.get_object(Bucket=self._bucket, Key=self._prefix + key)
        except ClientError as exc:
            if exc.response.get("Error", {}).get("Code") in _ABSENT:
                return None
            raise
        return answer["Body"]

    @contextmanager
    def _translating(self, key: str) -> Iterator[None]:
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
    root: str, *, endpoint_url: str | None, retries: int
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
        retries={"mode": "standard", "total_max_attempts": retries + 1},
        # A look-alike at an address of its own knows no bucket.host.
        s3={"addressing_style": "path"} if endpoint_url else None,
    )
    async with get_session().create_client(
        "s3", region_name=REGION, config=config, endpoint_url=endpoint_url
    ) as client:
        yield S3Store(client, parts.netloc, f"{prefix}/" if prefix else "", retries=retries)
