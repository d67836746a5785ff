"""Folder pages of the archive, as JSON, in the style of either of its two listers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from buildhub.archive.fetch import Fetcher
from buildhub.errors import BadListing

# Both listers compare the header with exactly this text; anything else gives HTML.
ACCEPT = "application/json"

_ROUNDED_SIZE = re.compile(r"([0-9]+)([KMGT])")
_UNIT_BYTES = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


@dataclass(frozen=True, slots=True)
class ListedFile:
    """One file of a folder page.

    Attributes:
        name: base name, raw.
        size: in bytes, or None where the page tells a rounded size only (``"53M"``).
        modified: in UTC.
        rounded: the size as such a page tells it, else None.
    """

    name: str
    size: int | None
    modified: datetime
    rounded: str | None = None

    def agrees(self, size: int) -> bool:
        """Return whether *size*, in bytes, is what the page tells, as exactly as it does."""
        if self.rounded is None:
            return size == self.size
        told = _ROUNDED_SIZE.fullmatch(self.rounded)
        assert told is not None, f"{self.rounded!r} was taken for a size"  # noqa: S101
        unit_bytes = _UNIT_BYTES[told[2]]
        # Whichever way it was rounded: up, down, or to the nearest.
        return abs(size - int(told[1]) * unit_bytes) < unit_bytes


@dataclass(frozen=True, slots=True)
class Listing:
    """A folder: names of its folders, each with a slash at its end, and its files."""

    folders: tuple[str, ...]
    files: tuple[ListedFile, ...]


def parse_listing(body: bytes, *, url: str) -> Listing:
    """Read one folder page.

    Args:
        body: UTF-8 JSON with ``prefixes`` and ``files`` (``name``, ``size``, ``last_modified``).
        url: the folder's own address, for messages.

    Returns:
        Folders and files in the page's order, which is the order of their bytes. Files without
        a name, which stand for the folder itself, are left out.

    Raises:
        BadListing: not such JSON; names *url* and what is wrong.
    """
    try:
        page = orjson.loads(body)
    except orjson.JSONDecodeError as exc:
        raise BadListing(f"listing {url}: expected JSON, got {body[:40]!r}") from exc
    try:
        folders = tuple(_text(name) for name in page["prefixes"])
        files = tuple(_parse_file(file) for file in page["files"] if file["name"])
    except KeyError as exc:
        raise BadListing(f"listing {url}: lacks {exc}") from exc
    except (TypeError, ValueError) as exc:
        raise BadListing(f"listing {url}: {exc}") from exc
    return Listing(folders, files)


async def read_listing(fetcher: Fetcher, url: str) -> Listing | None:
    """Fetch and read one folder page; None where there is no such folder.

    Raises:
        BadListing: as :func:`parse_listing`.
        Unavailable: the archive does not answer.
    """
    response = await fetcher.get(url, accept=ACCEPT)
    return None if response.body is None else parse_listing(response.body, url=url)


def _parse_file(file: Mapping[str, Any]) -> ListedFile:
    modified = datetime.fromisoformat(_text(file["last_modified"]))
    if modified.tzinfo is None:
        raise ValueError(f"last_modified {file['last_modified']!r} lacks a time zone")
    size, rounded = _parse_size(file["size"])
    return ListedFile(_text(file["name"]), size, modified.astimezone(UTC), rounded)


def _parse_size(size: object) -> tuple[int | None, str | None]:
    """Return the exact size, or the rounded one."""
    if isinstance(size, int) and not isinstance(size, bool) and size >= 0:
        return size, None
    if isinstance(size, str) and _ROUNDED_SIZE.fullmatch(size):
        return None, size
    raise ValueError(f"size {size!r}: expected bytes, or a text such as 53M")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected text, got {value!r}")
    return value
