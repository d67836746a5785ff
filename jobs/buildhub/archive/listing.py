"""Folder pages of the archive, as JSON, in the style of either of its two listers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from buildhub.archive.fetch import Fetcher
from buildhub.errors import BadListing
from buildhub.rules.entry import LARGEST_SIZE
from buildhub.rules.paths import LONGEST_KEY_BYTES

# Both listers compare the header with exactly this text; anything else gives HTML.
ACCEPT = "application/json"

# No more digits than an exact size may have.
_ROUNDED_SIZE = re.compile(r"([0-9]{1,12})([KMGT])")
_UNIT_BYTES = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}

_SHOWN_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class ListedFile:
    """One file of a folder page.

    Attributes:
        name: base name, raw.
        size: in bytes, or None where the page has a rounded size only (``"53M"``).
        modified: in UTC.
        rounded: the size as such a page has it, else None.
        md5, expires: as :class:`buildhub.rules.entry.Entry` has them; pages know neither.
    """

    name: str
    size: int | None
    modified: datetime
    rounded: str | None = None
    md5: str | None = None
    expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A folder: names of its folders, each with a slash at its end, and its files."""

    folders: tuple[str, ...]
    files: tuple[ListedFile, ...]


def rounds_to(size: int, rounded: str) -> bool:
    """Return whether a page may show *size*, in bytes, as *rounded*, ``53M``."""
    found = _ROUNDED_SIZE.fullmatch(rounded)
    assert found is not None, f"{rounded!r} was taken for a size"  # noqa: S101
    unit_bytes = _UNIT_BYTES[found[2]]
    # Whichever way it was rounded: up, down, or to the nearest.
    return abs(size - int(found[1]) * unit_bytes) < unit_bytes


def parse_listing(body: bytes, *, url: str) -> Listing:
    """Read one folder page.

    Args:
        body: UTF-8 JSON with ``prefixes`` and ``files`` (``name``, ``size``, ``last_modified``).
        url: the folder's own address, for messages.

    Returns:
        Folders and files in the page's order, which is the order of their bytes. What has no
        name is left out: such a file stands for the folder itself, such a folder for keys with
        two slashes in a row.

    Raises:
        BadListing: not such JSON; names *url* and what is wrong.
    """
    try:
        page = orjson.loads(body)
    except orjson.JSONDecodeError as exc:
        raise BadListing(f"listing {url}: expected JSON, got {body[:40]!r}") from exc
    try:
        folders = dict.fromkeys(_parse_folder(name) for name in page["prefixes"] if name != "/")
        files = tuple(_parse_file(file) for file in page["files"] if file["name"])
    except KeyError as exc:
        raise BadListing(f"listing {url}: lacks {exc}") from exc
    except (TypeError, ValueError, OverflowError) as exc:
        raise BadListing(f"listing {url}: {exc}") from exc
    if len({file.name for file in files}) < len(files):
        # Nobody knows which of the two is right.
        raise BadListing(f"listing {url}: names a file twice")
    return Listing(tuple(folders), files)


async def fetch_listing(fetcher: Fetcher, url: str) -> Listing | None:
    """Fetch and read one folder page; None where the folder does not exist.

    Raises:
        BadListing: as :func:`parse_listing`.
        Unavailable: the archive does not answer.
    """
    response = await fetcher.get(url, accept=ACCEPT)
    return None if response.body is None else parse_listing(response.body, url=url)


def _parse_file(file: Mapping[str, Any]) -> ListedFile:
    text = _text(file["last_modified"])
    try:
        modified = datetime.fromisoformat(text)
    except ValueError as exc:
        raise ValueError(f"last_modified {_shown(text)}: expected a moment") from exc
    if modified.tzinfo is None:
        raise ValueError(f"last_modified {_shown(text)} lacks a time zone")
    size, rounded = _parse_size(file["size"])
    return ListedFile(_base_name(file["name"]), size, modified.astimezone(UTC), rounded)


def _parse_folder(name: object) -> str:
    """Return the name of a folder, a slash at its end.

    What leads elsewhere, or nowhere, is no folder of this one: a walk would go in circles.
    """
    text = _text(name)
    if not text.endswith("/"):
        raise ValueError(f"folder {_shown(text)}: expected a slash at its end")
    return f"{_base_name(text[:-1])}/"


def _base_name(name: object) -> str:
    text = _text(name)
    if "/" in text or text in ("", ".", ".."):
        raise ValueError(f"name {_shown(text)}: expected the name of something in the folder")
    if len(text.encode()) > LONGEST_KEY_BYTES:
        raise ValueError(f"name {_shown(text)}: longer than {LONGEST_KEY_BYTES} bytes")
    return text


def _parse_size(size: object) -> tuple[int | None, str | None]:
    """Return the exact size, or the rounded one."""
    if isinstance(size, int) and not isinstance(size, bool) and 0 <= size <= LARGEST_SIZE:
        return size, None
    if isinstance(size, str) and _ROUNDED_SIZE.fullmatch(size):
        return None, size
    raise ValueError(f"size {_shown(size)}: expected bytes, or a text such as 53M")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected text, got {_shown(value)}")
    return value


def _shown(value: object) -> str:
    """Return the beginning of what came, for a message."""
    return repr(value)[:_SHOWN_CHARACTERS]
