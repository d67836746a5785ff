"""``buildhub audit``: compare archive, catalogue and search index, and repair the latter two."""

import sys
from datetime import datetime

import click
import orjson
from buildhub_schema.text.printable import printable, printable_json

from buildhub.audit import audit
from buildhub.audit.options import AuditOptions
from buildhub.audit.report.json_document import report_as_json
from buildhub.audit.report.text import iter_lines, summary_line
from buildhub.command.load import LOAD_SETTING_NAMES
from buildhub.command.options import scope_options
from buildhub.command.progress_bar import shown_progress
from buildhub.command.running import BUCKET_SETTINGS, CREDENTIALS_HELP, run, with_settings
from buildhub.counts.summary import ExitCode
from buildhub.settings import Settings

_OWN_OPTIONS = frozenset({"products", "initialize_server"})
_SETTING_NAMES = (
    *(name for name in LOAD_SETTING_NAMES if name not in _OWN_OPTIONS),
    *BUCKET_SETTINGS,
    "product_details_url",
)

_EXIT_CODES_HELP = """\b
Exit codes:
  0    no differences, or --repair corrected all of them
  1    something is missing, extra or different, or could not be compared
  2    a setting or an argument is invalid; nothing was done
  3    the server or the archive failed; the report has what was found before
  130  Ctrl-C
"""


@click.command(
    "audit",
    epilog=CREDENTIALS_HELP + _EXIT_CODES_HELP,
    short_help="Compare archive, catalogue and search index.",
)
@click.argument("sources", metavar="[SOURCE]...", nargs=-1)
@click.option(
    "--listings",
    is_flag=True,
    help="Read the archive's folder listings, as a walk does, instead of its inventories.",
)
@click.option("--repair", is_flag=True, help="Correct the catalogue and the search index.")
@click.option("--force", is_flag=True, help="Delete extra records even if there are many.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="How many findings of each kind to list; all are counted.",
)
@click.option(
    "--paths-only",
    is_flag=True,
    help="Compare only what is known from paths and inventories; request no metadata.",
)
@scope_options
@click.option(
    "--skip-incomplete", is_flag=True, help="Do not report builds without a build ID as missing."
)
@click.option(
    "--index/--no-index",
    default=None,
    help="Compare only the search index and the catalogue, or everything except the index. "
    "[default: everything]",
)
@click.option(
    "--shipped/--no-shipped",
    default=True,
    help="Check the list of shipped versions. [default: yes]",
)
@with_settings(*_SETTING_NAMES)
def command(
    settings: Settings,
    *,
    sources: tuple[str, ...],
    listings: bool,
    repair: bool,
    force: bool,
    as_json: bool,
    limit: int,
    paths_only: bool,
    since: datetime | None,
    versions: tuple[str, ...],
    skip_incomplete: bool,
    index: bool | None,
    shipped: bool,
) -> None:
    """Compare the archive, the catalogue and the search index, record by record.

    It reports which records are missing, extra or different, and which shipped versions have no
    build.

    The archive is read from its inventories: each SOURCE, as for `buildhub load`, or the latest of
    each of the INVENTORIES. With --listings, its folder listings are read instead: they include
    today's builds, and each costs one request. With --bucket gs://NAME, the archive's bucket is
    read in their place, a thousand files a request.

    Only --repair needs credentials.
    """
    if index and sources:
        raise click.UsageError("--index compares no inventories; leave SOURCE out.")
    if listings and (sources or index):
        other = "--index" if index else "SOURCE"
        raise click.UsageError(f"--listings reads the archive itself; leave {other} out.")
    options = AuditOptions(
        listings=listings,
        versions=frozenset(versions),
        since=since.date() if since else None,
        paths_only=paths_only,
        skip_incomplete=skip_incomplete,
        check_shipped=shipped,
        check_archive=index is not True,
        check_index=index is not False,
        repair=repair,
        force=force,
        shown_count=limit,
    )
    with shown_progress("audit") as on_progress:
        report = run(audit(settings, options, sources=sources, on_progress=on_progress))
    if report.summary.failure:
        click.echo(f"buildhub: {report.summary.failure}", err=True)
    if as_json:
        click.echo(printable_json(orjson.dumps(report_as_json(report), option=orjson.OPT_INDENT_2)))
    elif report.exit_code != ExitCode.USAGE:
        for line in iter_lines(report):
            click.echo(printable(line))
        click.echo(summary_line(report))
    sys.exit(report.exit_code)
