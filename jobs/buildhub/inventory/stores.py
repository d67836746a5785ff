"""Places that hold inventories: a folder, a web server, S3, Google Cloud Storage."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from buildhub.archive.fetch import LARGEST_BODY_BYTES, Fetcher, address
from buildhub.archive.listing import fetch_listing
from buildhub.errors import ConfigError, Unavailable
from buildhub.inventory.gcs import open_gcs_store
from buildhub.settings import Settings


class Store(Protocol):
    """Objects by key; ``/`` separates folders, and a folder's key ends in one.

    Every method raises :class:`Unavailable` when the place does not answer.
    """

    def name(self, key: str) -> str:
        """Return the full address of *key*, for messages."""

    async def list_folders(self, key: str) -> list[str]:
        """Return the names of the folders in *key*, without slashes; empty where it is none."""

    async def list_files(self, key: str) -> list[str]:
        """Return the names of the files in *key*; empty where it is none."""

    async def fetch_object(self, key: str) -> bytes | None:
        """Return a small object, or None where the key does not exist."""

    async def fetch_file(self, key: str, scratch: Path, *, largest_bytes: int) -> Path | None:
        """Return a file with the object's bytes, or None where the key does not exist.

        Where the object is not a file of this machine already, it is written to *scratch*.

        Raises:
            BadData: there is more of it than *largest_bytes*, which would fill the disk.
        """


class FolderStore:
    """A folder of this machine."""

    def __init__(self, root: Path) -> None:
        """Open the folder *root*; raises ConfigError where there is none."""
        if not root.is_dir():
            raise ConfigError(f"{root}: not a folder; an address would begin with a scheme")
        self._root = root

    def name(self, key: str) -> str:
        """Return the path of *key*."""
        return str(self._root / key)

    async def list_folders(self, key: str) -> list[str]:
        """Return the names of the folders in *key*."""
        folder = self._root / key
        return [path.name for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []

    async def list_files(self, key: str) -> list[str]:
        """Return the names of the files in *key*."""
        folder = self._root / key
        return [path.name for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []

    async def fetch_object(self, key: str) -> bytes | None:
        """Return the bytes of a file."""
        try:
            return (self._root / key).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as exc:
            raise Unavailable(f"{self.name(key)}: {exc.strerror}") from exc

    async def fetch_file(self, key: str, scratch: Path, *, largest_bytes: int) -> Path | None:
        """Return the file itself."""
        path = self._root / key
        return path if path.is_file() else None


class HttpStore:
    """A web server whose folders answer with JSON listings."""

    def __init__(self, fetcher: Fetcher, root: str) -> None:
        self._fetcher = fetcher
        self._root = root

    def name(self, key: str) -> str:
        """Return the address of *key*."""
        return address(self._root, key)

    async def list_folders(self, key: str) -> list[str]:
        """Return the folders of a listing."""
        page = await fetch_listing(self._fetcher, self.name(key))
        return [name.rstrip("/") for name in page.folders] if page else []

    async def list_files(self, key: str) -> list[str]:
        """Return the files of a listing."""
        page = await fetch_listing(self._fetcher, self.name(key))
        return [file.name for file in page.files] if page else []

    async def fetch_object(self, key: str) -> bytes | None:
        """Return the body at an address."""
        return (await self._fetcher.get(self.name(key))).body

    async def fetch_file(self, key: str, scratch: Path, *, largest_bytes: int) -> Path | None:
        """Download the object."""
        name = self.name(key)
        found = await self._fetcher.download(name, scratch, largest_bytes=largest_bytes)
        return scratch if found else None


@asynccontextmanager
async def open_store(
    root: str,
    fetcher: Fetcher,
    settings: Settings,
    *,
    largest_object_bytes: int = LARGEST_BODY_BYTES,
) -> AsyncIterator[Store]:
    """Open the place that *root* names: ``s3://…``, ``gs://…``, an HTTP address, or a folder.

    Raises:
        ConfigError: the folder does not exist, the client for S3 is not installed, or there are
            no credentials for Google Cloud Storage of the kind that *settings* name.
    """
    scheme = urlsplit(root).scheme
    if scheme == "s3":
        from buildhub.inventory.s3 import open_s3_store

        async with open_s3_store(
            root,
            endpoint_url=settings.s3_endpoint_url,
            retry_policy=settings.retry_policy,
            largest_object_bytes=largest_object_bytes,
        ) as store:
            yield store
    elif scheme == "gs":
        yield open_gcs_store(root, settings, fetcher)
    elif scheme in ("http", "https"):
        yield HttpStore(fetcher, root.rstrip("/") + "/")
    else:
        yield FolderStore(Path(root))
