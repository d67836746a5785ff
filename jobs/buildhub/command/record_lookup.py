"""What the archive has at one address, as a record."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from buildhub.archive.fetch import Fetcher, address
from buildhub.archive.metadata_finder import FindsMetadata
from buildhub.archive.values import decode_key
from buildhub.rules.entry import Entry
from buildhub.rules.metadata import Metadata
from buildhub.rules.paths import Build
from buildhub.rules.records import build_record

_HOSTS = frozenset({"archive.mozilla.org", "ftp.mozilla.org"})
_OLD_ROOT = re.compile(r"^pub/mozilla\.org/")


@dataclass(frozen=True, slots=True)
class FoundRecord:
    """A record, and what it was made from."""

    record: dict[str, Any]
    build: Build
    metadata: Metadata | None


def archive_path(url: str, archive_url: str) -> str:
    """Return the path in the archive that *url* points to; other hosts' URLs stay whole."""
    parts = urlsplit(url)
    is_ours = url.startswith(archive_url)
    if parts.scheme in ("http", "https") and not is_ours and parts.hostname not in _HOSTS:
        return url
    path = url.removeprefix(archive_url) if is_ours else parts.path if parts.netloc else url
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
            return record_from_path(build, archive_url)
        entry = Entry(build.path, int(headers["Content-Length"]), _modified(headers))
        found = await finder.find_metadata(build, entry)
    except (KeyError, ValueError) as exc:
        warn(f"{build.path}: only what the address says ({exc!r})")
        return record_from_path(build, archive_url)
    record = build_record(
        build,
        entry,
        found.metadata,
        archive_url=archive_url,
        candidate_number=found.candidate_number,
    )
    return FoundRecord(record, build, found.metadata)


def _modified(headers: Mapping[str, str]) -> datetime:
    return parsedate_to_datetime(headers["Last-Modified"]).astimezone(UTC)
