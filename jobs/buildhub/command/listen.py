"""``buildhub listen``: messages of a queue in, or events that are POSTed; published records out."""

import asyncio
import signal
import sys

import click

from buildhub.command.load import conclude
from buildhub.command.options import LAST_PORT
from buildhub.command.progress import line_a_minute
from buildhub.command.records import conflict_reporter
from buildhub.command.running import (
    ARCHIVE_SETTINGS,
    EXIT_CODES_HELP,
    SERVER_SETTINGS,
    run,
    with_settings,
)
from buildhub.counts.summary import ExitCode, Summary
from buildhub.events.listen import listen
from buildhub.events.webhook import serve_webhook
from buildhub.settings import Settings


@click.command(
    "listen",
    epilog=EXIT_CODES_HELP,
    short_help="Publish builds as a queue tells of them.",
)
@click.option("--once", is_flag=True, help="Empty the queue and exit.")
@click.option(
    "--port",
    type=click.IntRange(1, LAST_PORT),
    help="Take events that are POSTed to this port, instead of a queue's.",
)
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to listen on with --port."
)
@click.option("-v", "--verbose", is_flag=True, help="Tell what was left out, and why.")
@with_settings(
    *SERVER_SETTINGS,
    "archive_url",
    "products",
    "queue_url",
    "dead_letter_queue_url",
    "sqs_endpoint_url",
    "visibility_timeout_seconds",
    "messages_in_flight",
    "metadata_wait_minutes",
    "metadata_events_only",
    *ARCHIVE_SETTINGS,
)
def command(settings: Settings, *, once: bool, port: int | None, host: str, verbose: bool) -> None:
    """Publish builds as an SQS queue tells of them, until it is stopped.

    The queue holds the events of the archive's S3 bucket, as they are or through SNS. A message
    is deleted when its work is done; any number of consumers may share a queue.

    With --port it takes events that are POSTed to /events by those who know LISTEN_TOKEN, and
    answers 200 when the work is done.

    Ctrl-C or SIGTERM ends it in good order: what was received is finished, or released. The
    publishing account is read from AUTH as user:password, or from the file that AUTH_FILE names.
    """
    told: list[signal.Signals] = []
    on_progress = line_a_minute("listen_goes_on", _counts)

    async def work() -> Summary:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()

        def end(number: signal.Signals) -> None:
            told.append(number)
            stop.set()
            # The second time it is meant.
            loop.remove_signal_handler(number)

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, end, number)
        if port is not None:
            return await serve_webhook(
                settings,
                host,
                port,
                stop=stop,
                on_ready=lambda url: click.echo(f"Listening on {url}", err=True),
                on_progress=on_progress,
                on_conflict=conflict_reporter(verbose),
            )
        return await listen(
            settings,
            once=once,
            stop=stop,
            on_progress=on_progress,
            on_conflict=conflict_reporter(verbose),
        )

    summary = run(work())
    if signal.SIGINT in told and summary.exit_code in (ExitCode.SUCCESS, ExitCode.PARTIAL):
        click.echo(summary.line())
        sys.exit(ExitCode.INTERRUPTED)
    conclude(summary, verbose=verbose)


def _counts(summary: Summary) -> dict[str, int]:
    return {
        "messages": summary.messages,
        "builds": summary.read_counts.builds,
        "published": summary.published.settled,
        "created": summary.published.created,
        "invalid": summary.published.invalid.total(),
        "dead_letters": summary.read_counts.unsettled.total(),
    }
