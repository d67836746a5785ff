"""``buildhub record URL…``: what one address of the archive means."""

import sys
from collections.abc import Callable

import click
import orjson
from buildhub_schema.text.printable import printable, printable_json

from buildhub.aio.retry_policy import RetryPolicy
from buildhub.archive.cache import ResponseCache
from buildhub.archive.fetch import Fetcher, open_fetcher
from buildhub.archive.hosts import HOSTS
from buildhub.archive.metadata_finder import MetadataFinder
from buildhub.command.record_lookup import (
    FoundRecord,
    archive_path,
    fetch_record,
    record_from_path,
)
from buildhub.command.running import run, with_settings
from buildhub.counts.summary import ExitCode
from buildhub.errors import Unavailable
from buildhub.rules.canonical_path import copied_from
from buildhub.rules.explain import Fact
from buildhub.rules.explain import explain as explain_record
from buildhub.rules.paths import Build, Skip, parse_path
from buildhub.settings import Settings

# A person waits for the result, and can try again.
_RETRY_POLICY = RetryPolicy(0)
_TIMEOUT_SECONDS = 20.0

Format = Callable[[FoundRecord], str]


@click.command("record", short_help="Show the record of a file in the archive.")
@click.argument("urls", metavar="URL...", nargs=-1, required=True)
@click.option("--offline", is_flag=True, help="Use only the URL; send no requests to the archive.")
@click.option("--explain", is_flag=True, help="Show where each field comes from.")
@click.option("--json", "as_json", is_flag=True, help="Explain as JSON, one line for each URL.")
@click.option(
    "--check",
    is_flag=True,
    help="Exit with 1 if a URL is not a build, or the archive does not have the file, and with 3 "
    "if the archive does not answer.",
)
@with_settings("archive_url", "log_level")
def command(
    settings: Settings,
    *,
    urls: tuple[str, ...],
    offline: bool,
    explain: bool,
    as_json: bool,
    check: bool,
) -> None:
    """Print the record of each URL as JSON, one per line.

    A URL is the full URL of a file in the archive, or its path (pub/firefox/releases/…). Spaces may
    be written as they are, as %20 or as +. The archive's other hosts, such as releases.mozilla.org
    and download-installer.cdn.mozilla.net, are understood, and ?… and #… are ignored. For a URL
    that is not a build, it prints null, and the reason on standard error.

    The exit code is 0 for every answer, and 2 for an invalid argument or setting, unless --check is
    given.

    Size, date and metadata are read from the archive. With --offline, or when the archive does not
    answer, the record contains only what follows from the URL.

    With --explain, each field is printed on a line of its own, followed by its source: the path of
    the build, the file in the archive, a folder listing, a metadata file, or a rule.
    """
    to_text = (_explain_as_json if as_json else _explain) if explain or as_json else _as_json
    code = run(_print_records(settings, urls, to_text, offline=offline))
    if check:
        sys.exit(code)


async def _print_records(
    settings: Settings, urls: tuple[str, ...], to_text: Format, *, offline: bool
) -> ExitCode:
    """Print what each URL means; return the exit code for a check of all of them."""
    async with open_fetcher(
        parallel=settings.parallel_request_count,
        retry_policy=_RETRY_POLICY,
        timeout_seconds=min(settings.timeout_seconds, _TIMEOUT_SECONDS),
        account=settings.archive_account,
        account_root=settings.archive_url,
    ) as fetcher:
        lookup = _Lookup(fetcher, settings.archive_url, offline=offline)
        for url in urls:
            found = await lookup.find(url)
            click.echo("null" if found is None else to_text(found))
    return lookup.code


class _Lookup:
    """Looks up records: in the archive while it answers, else in the address alone.

    Attributes:
        code: the exit code for a check of all that was looked up.
    """

    def __init__(self, fetcher: Fetcher, archive_url: str, *, offline: bool) -> None:
        self._fetcher, self._archive_url, self._offline = fetcher, archive_url, offline
        self._finder = MetadataFinder(fetcher, ResponseCache(None), archive_url)
        self.code = ExitCode.SUCCESS

    async def find(self, url: str) -> FoundRecord | None:
        """Return what *url* means; None, and a warning with the reason, if that is no build."""
        build = _find_build(url, self._archive_url)
        found = None if build is None else await self._find_record(build)
        if found is None or found.is_in_archive is False:
            self.code = max(self.code, ExitCode.PARTIAL)
        return found

    async def _find_record(self, build: Build) -> FoundRecord:
        if not self._offline:
            try:
                return await fetch_record(
                    build, self._fetcher, self._finder, self._archive_url, warn=_warn
                )
            except Unavailable as exc:
                # It will not answer for the next URL either: do not wait for it again.
                self._offline = True
                self.code = ExitCode.FAILURE
                _warn(f"the archive does not answer ({exc}): using only the URL")
        return record_from_path(build, self._archive_url)


def _find_build(url: str, archive_url: str) -> Build | None:
    """Return the build at *url*; None, and a warning with the reason, if there is none."""
    path = archive_path(url, archive_url)
    if path is None:
        _warn(
            f"{url}: not an address of the archive, which is at {archive_url}, {', '.join(HOSTS)}"
        )
        return None
    build = parse_path(path)
    if isinstance(build, Skip):
        _warn(build.text)
        return None
    original = copied_from(build)
    if original is not None:
        _warn(f"{build.path}: a copy, with the record of {original} (copy)")
        return None
    return build


def _warn(message: str) -> None:
    click.echo(printable(message), err=True)


def _as_json(found: FoundRecord) -> str:
    return printable_json(orjson.dumps(found.record))


def _facts(found: FoundRecord) -> list[Fact]:
    return explain_record(found.record, found.build, found.metadata)


def _explain_as_json(found: FoundRecord) -> str:
    facts = [
        {"field": fact.field, "value": fact.value, "from": fact.origin.kind}
        | {name: text for name in ("where", "why") if (text := getattr(fact.origin, name))}
        for fact in _facts(found)
    ]
    return printable_json(orjson.dumps(facts))


def _explain(found: FoundRecord) -> str:
    """Return two lines for each field: its value, and its source."""
    lines = []
    for fact in _facts(found):
        source = " ".join(filter(None, (fact.origin.kind, fact.origin.where)))
        lines.append(f"{fact.field:18} {fact.value}")
        lines.append(f"{'':18}   {source}{': ' if fact.origin.why else ''}{fact.origin.why}")
    return "\n".join(map(printable, lines))
