"""``buildhub record URL…``: what one address of the archive means."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import click
import orjson

from buildhub.archive.cache import Cache
from buildhub.archive.fetch import Fetcher, address, open_fetcher
from buildhub.archive.metadata import Found, MetadataFinder
from buildhub.archive.rows import decode_key
from buildhub.command.running import run, with_settings
from buildhub.errors import Unavailable
from buildhub.rules.entry import Entry
from buildhub.rules.paths import Build, parse_path
from buildhub.rules.records import build_record
from buildhub.settings import Settings

_HOSTS = frozenset({"archive.mozilla.org", "ftp.mozilla.org"})
_OLD_ROOT = re.compile(r"^pub/mozilla\.org/")

# Somebody waits for the answer, and can ask again.
_RETRIES = 0
_TIMEOUT_SECONDS = 20.0


@click.command("record", short_help="Tell what an address of the archive means.")
@click.argument("urls", metavar="URL...", nargs=-1, required=True)
@click.option("--offline", is_flag=True, help="Tell what the address alone says.")
@with_settings("archive_url", "log_level")
def command(settings: Settings, *, urls: tuple[str, ...], offline: bool) -> None:
    """Print the record of each URL as JSON, a line each.

    A URL is an address of the archive, or a path in it: pub/firefox/releases/…, with spaces as
    they are, as %20 or as +. What is no build prints null, and why not on standard error.

    Size, date and metadata are asked from the archive. Where it cannot be reached, and with
    --offline, the record has what the address says.
    """
    run(_tell(settings, urls, offline=offline))


async def _tell(settings: Settings, urls: tuple[str, ...], *, offline: bool) -> None:
    async with open_fetcher(
        parallel=settings.parallel_request_count,
        retries=_RETRIES,
        timeout_seconds=min(settings.timeout_seconds, _TIMEOUT_SECONDS),
    ) as fetcher:
        finder = MetadataFinder(fetcher, Cache(None), settings.archive_url)
        for url in urls:
            found = parse_path(archive_path(url, settings.archive_url))
            if not isinstance(found, Build):
                click.echo("null")
                click.echo(found.text, err=True)
                continue
            record = path_record(found, settings.archive_url)
            if not offline:
                try:
                    record = await _ask(found, record, fetcher, finder, settings)
                except Unavailable as exc:
                    # Nor will it answer for the next address; don't wait for it again.
                    offline = True
                    click.echo(
                        f"the archive cannot be asked ({exc}); from the address alone:",
                        err=True,
                    )
            click.echo(orjson.dumps(record))


def archive_path(url: str, archive_url: str) -> str:
    """Return the path in the archive that *url* means; other hosts' addresses stay whole."""
    parts = urlsplit(url)
    own = url.startswith(archive_url)
    if parts.scheme in ("http", "https") and not own and parts.hostname not in _HOSTS:
        return url
    path = url.removeprefix(archive_url) if own else parts.path if parts.netloc else url
    return _OLD_ROOT.sub("pub/", decode_key(path.lstrip("/")))


def path_record(build: Build, archive_url: str) -> dict[str, Any]:
    """Return what the path alone says: a record without size and date of the file."""
    entry = Entry(build.path, 0, datetime.fromtimestamp(0, UTC))
    record = build_record(
        build, entry, None, archive_url=archive_url, candidate_number=build.candidate_number
    )
    del record["download"]["size"], record["download"]["date"]
    return record


async def _ask(
    build: Build,
    record: dict[str, Any],
    fetcher: Fetcher,
    finder: MetadataFinder,
    settings: Settings,
) -> dict[str, Any]:
    """Complete *record* with what the archive tells, as far as it does.

    Raises:
        Unavailable: it does not answer.
    """
    url = address(settings.archive_url, build.path)
    try:
        headers = await fetcher.head(url)
        if headers is None:
            click.echo(f"{build.path}: the archive has no such file", err=True)
            return record
        entry = Entry(build.path, int(headers["Content-Length"]), _modified(headers))
        found: Found = await finder.find(build, entry)
    except (KeyError, ValueError) as exc:
        click.echo(f"{build.path}: from the address alone ({exc!r})", err=True)
        return record
    return build_record(
        build,
        entry,
        found.metadata,
        archive_url=settings.archive_url,
        candidate_number=found.candidate_number,
    )


def _modified(headers: Mapping[str, str]) -> datetime:
    return parsedate_to_datetime(headers["Last-Modified"]).astimezone(UTC)
