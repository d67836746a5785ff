"""What the archive has at one address, as a record."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from buildhub.archive.fetch import Fetcher, address
from buildhub.archive.hosts import HOSTS
from buildhub.archive.metadata_finder import FindsMetadata
from buildhub.archive.values import decode_key
from buildhub.rules.entry import Entry
from buildhub.rules.metadata import Metadata
from buildhub.rules.paths import Build
from buildhub.rules.records import build_record

_OLD_ROOT = re.compile(r"^pub/mozilla\.org/")


@dataclass(frozen=True, slots=True)
class FoundRecord:
    """A record, and what it was made from."""

    record: dict[str, Any]
    build: Build
    metadata: Metadata | None
    is_in_archive: bool | None = None
    """None where the archive was not asked, or has not answered."""


def archive_path(url: str, archive_url: str) -> str | None:
    """Return the path in the archive that *url* points to; None if it points elsewhere.

    Args:
        url: an address at *archive_url* or at one of the `HOSTS`, with or without its scheme, or a
            path. Query and fragment are no part of a file's name.
        archive_url: root of the archive, ``/`` at the end.
    """
    plain = re.split(r"[?#]", url, maxsplit=1)[0]
    if plain.startswith(archive_url):
        return _key(plain.removeprefix(archive_url))
    has_host = "://" in plain or plain.startswith("//")
    if not has_host and plain.partition("/")[0].lower() not in HOSTS:
        return _key(plain)
    try:
        parts, root = urlsplit(plain if has_host else f"//{plain}"), urlsplit(archive_url)
        if (parts.hostname or "").rstrip(".") in HOSTS:
            return _key(parts.path)
        if parts.netloc == root.netloc and parts.path.startswith(root.path):
            return _key(parts.path.removeprefix(root.path))
    except ValueError:  # No address at all, such as http://[x/.
        pass
    return None


def _key(path: str) -> str:
    return _OLD_ROOT.sub("pub/", decode_key(path.lstrip("/")))


def record_from_path(build: Build, archive_url: str) -> FoundRecord:
    """Return the record as far as the path determines it, without size and date of the file."""
    entry = Entry(build.path, 0, datetime.fromtimestamp(0, UTC))
    record = build_record(
        build, entry, None, archive_url=archive_url, candidate_number=build.candidate_number
    )
    del record["download"]["size"], record["download"]["date"]
    return FoundRecord(record, build, None)


async def fetch_record(
    build: Build,
    fetcher: Fetcher,
    finder: FindsMetadata,
    archive_url: str,
    *,
    warn: Callable[[str], None],
) -> FoundRecord:
    """Return the record with size, date and metadata from the archive.

    Args:
        warn: called with the reason where the archive does not have them.

    Raises:
        Unavailable: the archive does not answer.
    """
    try:
        headers = await fetcher.head(address(archive_url, build.path))
        if headers is None:
            warn(f"{build.path}: not found in the archive")
            return replace(record_from_path(build, archive_url), is_in_archive=False)
        entry = Entry(build.path, int(headers["Content-Length"]), _modified(headers))
        found = await finder.find_metadata(build, entry)
    except (KeyError, ValueError) as exc:
        warn(f"{build.path}: using only the URL ({exc!r})")
        return replace(record_from_path(build, archive_url), is_in_archive=True)
    record = build_record(
        build,
        entry,
        found.metadata,
        archive_url=archive_url,
        candidate_number=found.candidate_number,
    )
    return FoundRecord(record, build, found.metadata, is_in_archive=True)


def _modified(headers: Mapping[str, str]) -> datetime:
    return parsedate_to_datetime(headers["Last-Modified"]).astimezone(UTC)
