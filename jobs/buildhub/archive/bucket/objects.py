"""Pages of a bucket's listing: files with exact sizes, hashes and times."""

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson

from buildhub.archive.values import parse_modified, parse_size
from buildhub.errors import BadListing
from buildhub.rules.paths import LONGEST_KEY_BYTES

FIELDS = "nextPageToken,prefixes,items(name,size,updated,md5Hash,customTime)"
"""What is wanted of an answer; whole ones are four times as long."""

_MD5_BYTES = 16
_SHOWN_CHARACTERS = 80


class BucketFile(NamedTuple):
    """One object of the bucket.

    Attributes:
        path: its name, which is its path in the archive.
        size: in bytes.
        modified: in UTC, without the fraction of a second that folder pages do not show.
        md5: in hexadecimal digits; None where the store has none, as for objects in parts.
        expires: when the store deletes it, in UTC; None for never.
    """

    path: str
    size: int
    modified: datetime
    md5: str | None
    expires: datetime | None


@dataclass(frozen=True, slots=True)
class BucketPage:
    """One page of a listing, in the order of names.

    Attributes:
        files: objects.
        folders: paths that end in the delimiter, where one was asked for.
        next_token: of the page behind it; None on the last one.
    """

    files: tuple[BucketFile, ...]
    folders: tuple[str, ...]
    next_token: str | None


def parse_page(body: bytes, *, prefix: str, name: str) -> BucketPage:
    """Read one page.

    Args:
        body: JSON as the API answers it, with the FIELDS at least.
        prefix: that was asked for.
        name: of the listing, for messages.

    Raises:
        BadListing: it is no such page, or lists what was not asked for.
    """
    try:
        page = orjson.loads(body)
    except orjson.JSONDecodeError as exc:
        raise BadListing(f"listing {name}: expected JSON, got {body[:40]!r}") from exc
    try:
        if not isinstance(page, dict):
            raise TypeError(f"expected an object, got {_shown(page)}")
        files = tuple(map(_parse_file, page.get("items", ())))
        folders = tuple(map(_text, page.get("prefixes", ())))
        token = _text(page["nextPageToken"]) if "nextPageToken" in page else None
        _check_names([file.path for file in files], prefix)
        _check_names(folders, prefix)
    except KeyError as exc:
        raise BadListing(f"listing {name}: an object lacks {exc}") from exc
    except (TypeError, ValueError, AttributeError) as exc:
        raise BadListing(f"listing {name}: {exc}") from exc
    return BucketPage(files, folders, token)


def parse_md5(text: str) -> str:
    """Return an MD5 hash in hexadecimal digits; *text* has it in base64.

    Raises:
        ValueError: it is none.
    """
    digest = b64decode(text, validate=True)
    if len(digest) != _MD5_BYTES:
        raise ValueError(f"md5Hash {_shown(text)}: expected {_MD5_BYTES} bytes in base64")
    return digest.hex()


def _parse_file(item: Mapping[str, Any]) -> BucketFile:
    path = _text(item["name"])
    if len(path.encode()) > LONGEST_KEY_BYTES:
        raise ValueError(f"name {_shown(path)}: longer than {LONGEST_KEY_BYTES} bytes")
    return BucketFile(
        path,
        parse_size(_text(item["size"])),
        _parse_moment(item["updated"]),
        parse_md5(_text(item["md5Hash"])) if "md5Hash" in item else None,
        _parse_moment(item["customTime"]) if "customTime" in item else None,
    )


def _parse_moment(value: object) -> datetime:
    moment = parse_modified(_text(value))
    return moment.astimezone(UTC).replace(microsecond=0)


def _check_names(names: list[str] | tuple[str, ...], prefix: str) -> None:
    """Check that names ascend below the prefix: a walk must not go in circles."""
    before = ""
    for name in names:
        if not name.startswith(prefix):
            raise ValueError(f"name {_shown(name)}: expected one that starts with {prefix!r}")
        if name <= before:
            raise ValueError(f"name {_shown(name)}: expected one behind {_shown(before)}")
        before = name


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected text, got {_shown(value)}")
    return value


def _shown(value: object) -> str:
    return repr(value)[:_SHOWN_CHARACTERS]
