"""Inventory reports in a bucket of Google Cloud Storage."""

from pathlib import Path
from urllib.parse import urlsplit

from buildhub.archive.bucket.client import SCHEME, BucketClient, open_client
from buildhub.archive.bucket.folders import list_folder
from buildhub.archive.fetch import Fetcher
from buildhub.settings import Settings


class GcsStore:
    """A bucket, or what is below a prefix of it; see :class:`buildhub.inventory.stores.Store`."""

    def __init__(self, client: BucketClient, prefix: str) -> None:
        self._client = client
        self._prefix = prefix

    def name(self, key: str) -> str:
        """Return the address of *key*."""
        return f"{SCHEME}{self._client.bucket}/{self._prefix}{key}"

    async def list_folders(self, key: str) -> list[str]:
        """Return the prefixes in *key*."""
        found = await list_folder(self._client, self._prefix + key)
        return [name.rstrip("/") for name in found.folders] if found else []

    async def list_files(self, key: str) -> list[str]:
        """Return the names of the objects in *key*."""
        found = await list_folder(self._client, self._prefix + key)
        return [file.name for file in found.files] if found else []

    async def fetch_object(self, key: str) -> bytes | None:
        """Return the bytes of an object."""
        return await self._client.fetch(self._prefix + key)

    async def fetch_file(self, key: str, scratch: Path, *, largest_bytes: int) -> Path | None:
        """Download an object."""
        path = self._prefix + key
        found = await self._client.download(path, scratch, largest_bytes=largest_bytes)
        return scratch if found else None


def open_gcs_store(root: str, settings: Settings, fetcher: Fetcher) -> GcsStore:
    """Open ``gs://bucket/prefix``.

    Raises:
        ConfigError: there are no credentials of the kind that *settings* name.
    """
    parts = urlsplit(root)
    prefix = parts.path.strip("/")
    client = open_client(settings, parts.netloc, fetcher)
    return GcsStore(client, f"{prefix}/" if prefix else "")
