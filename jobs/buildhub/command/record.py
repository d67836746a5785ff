"""``buildhub record URL…``: what one address of the archive means."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import click
import orjson

from buildhub.aio.retry_policy import RetryPolicy
from buildhub.archive.cache import ResponseCache
from buildhub.archive.fetch import Fetcher, address, open_fetcher
from buildhub.archive.metadata_finder import FoundMetadata, MetadataFinder
from buildhub.archive.values import decode_key
from buildhub.command.running import run, with_settings
from buildhub.errors import Unavailable
from buildhub.rules.entry import Entry
from buildhub.rules.explain import Fact
from buildhub.rules.explain import explain as explain_record
from buildhub.rules.metadata import Metadata
from buildhub.rules.paths import Build, parse_path
from buildhub.rules.records import build_record
from buildhub.settings import Settings

_HOSTS = frozenset({"archive.mozilla.org", "ftp.mozilla.org"})
_OLD_ROOT = re.compile(r"^pub/mozilla\.org/")

# Somebody waits for the answer, and can ask again.
_RETRY_POLICY = RetryPolicy(0)
_TIMEOUT_SECONDS = 20.0


@click.command("record", short_help="Tell what an address of the archive means.")
@click.argument("urls", metavar="URL...", nargs=-1, required=True)
@click.option("--offline", is_flag=True, help="Tell what the address alone says.")
@click.option("--explain", is_flag=True, help="Tell of each field where it comes from.")
@click.option("--json", "as_json", is_flag=True, help="Explain as JSON, a line for each URL.")
@with_settings("archive_url", "log_level")
def command(
    settings: Settings, *, urls: tuple[str, ...], offline: bool, explain: bool, as_json: bool
) -> None:
    """Print the record of each URL as JSON, a line each.

    A URL is an address of the archive, or a path in it: pub/firefox/releases/…, with spaces as
    they are, as %20 or as +. What is no build prints null, and why not on standard error.

    Size, date and metadata are asked from the archive. Where it cannot be reached, and with
    --offline, the record has what the address says.

    With --explain each field has a line of its own, which says what states its value: the path of
    the build, the archive about the file, the page of a folder, or a metadata file; or by which
    rule it is inferred.
    """
    show = (_explain_as_json if as_json else _explain) if explain or as_json else _show
    run(_tell(settings, urls, show, offline=offline))


@dataclass(frozen=True, slots=True)
class Told:
    """A record, and what it was made from."""

    record: dict[str, Any]
    build: Build
    metadata: Metadata | None

    def facts(self) -> list[Fact]:
        """Return its fields, each with its origin."""
        return explain_record(self.record, self.build, self.metadata)


Show = Callable[[Told], str | bytes]


def _show(told: Told) -> bytes:
    return orjson.dumps(told.record)


def _explain_as_json(told: Told) -> bytes:
    return orjson.dumps(
        [
            {"field": fact.field, "value": fact.value, "from": fact.origin.kind}
            | {name: text for name in ("where", "why") if (text := getattr(fact.origin, name))}
            for fact in told.facts()
        ]
    )


def _explain(told: Told) -> str:
    """Return two lines for each field: its value, and where that comes from."""
    lines = []
    for fact in told.facts():
        told_by = " ".join(filter(None, (fact.origin.kind, fact.origin.where)))
        lines.append(f"{fact.field:18} {fact.value}")
        lines.append(f"{'':18}   {told_by}{': ' if fact.origin.why else ''}{fact.origin.why}")
    return "\n".join(lines)


async def _tell(settings: Settings, urls: tuple[str, ...], show: Show, *, offline: bool) -> None:
    async with open_fetcher(
        parallel=settings.parallel_request_count,
        retry_policy=_RETRY_POLICY,
        timeout_seconds=min(settings.timeout_seconds, _TIMEOUT_SECONDS),
    ) as fetcher:
        finder = MetadataFinder(fetcher, ResponseCache(None), settings.archive_url)
        for url in urls:
            found = parse_path(archive_path(url, settings.archive_url))
            if not isinstance(found, Build):
                click.echo("null")
                click.echo(found.text, err=True)
                continue
            told = Told(path_record(found, settings.archive_url), found, None)
            if not offline:
                try:
                    told = await _ask(told, fetcher, finder, settings)
                except Unavailable as exc:
                    # Nor will it answer for the next address; don't wait for it again.
                    offline = True
                    click.echo(
                        f"the archive cannot be asked ({exc}); from the address alone:",
                        err=True,
                    )
            click.echo(show(told))


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


async def _ask(told: Told, fetcher: Fetcher, finder: MetadataFinder, settings: Settings) -> Told:
    """Complete the record with what the archive tells, as far as it does.

    Raises:
        Unavailable: it does not answer.
    """
    build = told.build
    url = address(settings.archive_url, build.path)
    try:
        headers = await fetcher.head(url)
        if headers is None:
            click.echo(f"{build.path}: the archive has no such file", err=True)
            return told
        entry = Entry(build.path, int(headers["Content-Length"]), _modified(headers))
        found: FoundMetadata = await finder.find_metadata(build, entry)
    except (KeyError, ValueError) as exc:
        click.echo(f"{build.path}: from the address alone ({exc!r})", err=True)
        return told
    record = build_record(
        build,
        entry,
        found.metadata,
        archive_url=settings.archive_url,
        candidate_number=found.candidate_number,
    )
    return Told(record, build, found.metadata)


def _modified(headers: Mapping[str, str]) -> datetime:
    return parsedate_to_datetime(headers["Last-Modified"]).astimezone(UTC)
