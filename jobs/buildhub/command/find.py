"""``buildhub find`` and ``buildhub download``: the catalogue's questions from the shell."""

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import orjson
from buildhub_schema.products import PRODUCT_NAMES, find_product
from buildhub_schema.text.printable import printable
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from buildhub.client import BuildHub
from buildhub.client.errors import BadRequest, Refused
from buildhub.client.values import Found, Record
from buildhub.command.clients import CLIENT_SETTINGS, client_options
from buildhub.command.completion import complete_word
from buildhub.command.running import with_settings
from buildhub.counts.summary import ExitCode
from buildhub.settings import Settings

_COLUMNS = ("Product", "Version", "Channel", "Platform", "Locale", "Build ID", "Published", "Size")
_NEWEST = "-build"
_YOUNGEST_FILE = "-published"
_MOST_ROWS = 1000
_SHOWN = 20
_WIDE = 500

_words = click.argument(
    "words", metavar="WORDS...", nargs=-1, required=True, shell_complete=complete_word
)


@click.command("find", short_help="Find builds by what you would type.")
@_words
@click.option("--latest", is_flag=True, help="Only the newest build, by its build ID.")
@click.option("--before", metavar="DAY", help="Only builds that were published before that day.")
@click.option(
    "--limit",
    type=click.IntRange(1, _MOST_ROWS),
    default=_SHOWN,
    show_default=True,
    help="Print so many builds.",
)
@click.option("--json", "form", flag_value="json", help="Print records as JSON, one a line.")
@click.option("--csv", "form", flag_value="csv", help="Print CSV.")
@click.option("--url", "form", flag_value="url", help="Print addresses, encoded as curl needs.")
@with_settings(*CLIENT_SETTINGS)
def find(
    settings: Settings,
    *,
    words: tuple[str, ...],
    latest: bool,
    before: str | None,
    limit: int,
    form: str | None,
) -> None:
    """Print the builds that WORDS find, youngest first.

    WORDS are understood as in the box of the catalogue's page: a build ID, a version, a revision, a
    day, an address in the archive, or words in any order, such as: firefox 54 linux fr -beta.
    Standard error says what they were understood as. A word that begins with a dash, to leave
    something out, comes after --.

    \b
    Examples:
      buildhub find 20170914084942
      buildhub find firefox 54 linux fr
      buildhub find --latest firefox nightly win64
      curl -O "$(buildhub find --latest --url firefox release win64 fr)"

    Exit codes: 0 if something was found, 1 if not, 2 for a wrong argument, 3 if the server does not
    answer.
    """
    text = _text(words, before)
    sort, limit = (_NEWEST, 1) if latest else (_YOUNGEST_FILE, limit)
    with _open(settings) as hub:
        if form == "csv":
            rows = hub.find_csv(text, sort=sort, limit=limit).decode()
            click.echo(rows, nl=False)
            raise SystemExit(_exit_code(rows.count("\n") > 1))
        found = hub.find(text, sort=sort, limit=limit)
    _report(found)
    if form is None:
        _print_table(found.records)
    for line in _lines(found.records, form):
        click.echo(line)
    raise SystemExit(_exit_code(bool(found.records)))


@click.command("download", short_help="Download a build.")
@_words
@click.option("--latest", is_flag=True, help="The newest of the builds that are found.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path(),
    help="File, or folder for it.  [default: the current folder]",
)
@with_settings(*CLIENT_SETTINGS)
def download(settings: Settings, *, words: tuple[str, ...], latest: bool, output: Path) -> None:
    """Download the build that WORDS find, and print the path of the file.

    WORDS are understood as by `buildhub find`, and have to find a single build, unless --latest
    takes the newest. The file's size is checked. A download that breaks off is resumed, also by
    the next run.

    \b
    Examples:
      buildhub download firefox_56-0_win32_fr
      buildhub download --latest firefox nightly linux-x86_64
    """
    text = _text(words, None)
    with _open(settings) as hub:
        found = hub.find(text, sort=_NEWEST, limit=1 if latest else 2)
        _report(found)
        record = _single(found, text)
        with _progress(record) as show:
            path = hub.download(record, output, progress=show)
    click.echo(path)


@contextmanager
def _open(settings: Settings) -> Iterator[BuildHub]:
    """Open a client for a command; what the server finds wrong is a wrong argument."""
    with BuildHub(**client_options(settings)) as hub:
        try:
            yield hub
        except (BadRequest, Refused) as exc:
            raise click.UsageError(str(exc)) from exc


def _text(words: tuple[str, ...], before: str | None) -> str:
    """Return WORDS as one text; a word with spaces came in quotes, and stays together."""
    joined = words[0] if len(words) == 1 else " ".join(map(_in_quotes, words))
    return joined if before is None else f"{joined} before {before}"


def _in_quotes(word: str) -> str:
    return f'"{word}"' if " " in word and '"' not in word else word


def _report(found: Found) -> None:
    """Say what the words were understood as, and how many builds there are."""
    terms = ", ".join(
        f"{'not ' if term.excluded else ''}{term.label or 'text'} {term.value}{_hint(term.hint)}"
        for term in found.terms
    )
    until = found.complete_until
    known = f"; complete until {until:%Y-%m-%d %H:%M} UTC" if until else ""
    click.echo(printable(f"{terms or 'Everything'}: {_count(found.total)}{known}"), err=True)
    for name in _not_covered(found):
        covered = ", ".join(PRODUCT_NAMES)
        click.echo(
            printable(f"Not covered by the catalogue: {name}. It covers {covered}."), err=True
        )


def _not_covered(found: Found) -> Iterator[str]:
    """Yield the products, and the files of products, that were asked for and are not covered."""
    for term in found.terms:
        is_product = term.label == "Product" and term.value not in PRODUCT_NAMES
        is_file = term.label == "File" and find_product(term.value) is None
        if (is_product or is_file) and not (found.total or term.excluded):
            yield term.value


def _count(number: int) -> str:
    return f"{number:,} build{'' if number == 1 else 's'}"


def _hint(hint: str) -> str:
    return f" ({hint})" if hint else ""


def _print_table(records: tuple[Record, ...]) -> None:
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDE)  # Nothing is cut off for a program that reads it.
    table = Table(*_COLUMNS[:-1], box=None, pad_edge=False)
    table.add_column(_COLUMNS[-1], justify="right")
    for record in records:
        table.add_row(*(Text(printable(cell), overflow="fold") for cell in _cells(record)))
    console.print(table)


def _cells(record: Record) -> Iterator[str]:
    yield record.source.product
    yield record.version
    yield record.target.channel
    yield record.target.platform
    yield record.target.locale
    yield record.build_id or ""
    yield f"{record.download.date:%Y-%m-%d}"
    yield f"{record.download.size / 2**20:.1f} MB"


def _lines(records: tuple[Record, ...], form: str | None) -> Iterator[str]:
    for record in records:
        if form == "json":
            yield orjson.dumps(record.data).decode()
        elif form == "url":
            yield record.download.encoded_url


def _single(found: Found, text: str) -> Record:
    """Return the one record that was found; none and several end the command with exit code 1."""
    if not found.records:
        raise click.ClickException(f"Nothing is found for {text}.")
    if len(found.records) > 1:
        examples = " or ".join(shlex.quote(record.id) for record in found.records)
        raise click.ClickException(
            f"{found.total:,} builds are found, such as {examples}; say more, or --latest"
        )
    return found.records[0]


@contextmanager
def _progress(record: Record) -> Iterator[Callable[[int, int], None]]:
    """Show how much of a file is there, on a terminal."""
    columns = (BarColumn(), DownloadColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(record.id, total=record.download.size)
        yield lambda there, _: progress.update(task, completed=there)


def _exit_code(is_found: bool) -> ExitCode:
    return ExitCode.SUCCESS if is_found else ExitCode.PARTIAL
