"""``buildhub listen``: publish the builds that events report, from a queue or by POST."""

import asyncio
import signal
import sys

import click

from buildhub.command.load import conclude
from buildhub.command.options import LAST_PORT, verbose_option
from buildhub.command.progress_bar import line_a_minute
from buildhub.command.records import conflict_reporter
from buildhub.command.running import (
    ARCHIVE_SETTINGS,
    PUBLISHING_HELP,
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
    epilog=PUBLISHING_HELP,
    short_help="Publish new builds as events of their files arrive.",
)
@click.option("--once", is_flag=True, help="Exit when the queue is empty.")
@click.option(
    "--port",
    type=click.IntRange(1, LAST_PORT),
    help="Receive events by POST on this port instead of from a queue.",
)
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to listen on with --port."
)
@verbose_option
@with_settings(
    *SERVER_SETTINGS,
    "archive_url",
    "products",
    "queue_url",
    "dead_letter_queue_url",
    "sqs_endpoint_url",
    "subscription",
    "dead_letter_topic",
    "pubsub_emulator_host",
    "visibility_timeout_seconds",
    "messages_in_flight",
    "metadata_wait_minutes",
    "metadata_events_only",
    *ARCHIVE_SETTINGS,
)
def command(settings: Settings, *, once: bool, port: int | None, host: str, verbose: bool) -> None:
    """Publish new builds as events of their files arrive, until stopped.

    With --queue, they come from an SQS queue, with the events of an S3 bucket, sent directly,
    through SNS or through EventBridge. With --subscription, they come from Google's Pub/Sub, with
    the notifications of a bucket. A message is deleted when its builds are published. Any number
    of consumers may share a queue or a subscription.

    With --port, it receives events by POST to /events instead. Senders authenticate with
    LISTEN_TOKEN, or as Pub/Sub does when it pushes (PUBSUB_AUDIENCE, PUBSUB_ACCOUNT), and get
    status 200 when the builds are published.

    Ctrl-C or SIGTERM stops it cleanly: received messages are finished or released.
    """
    stopping = _StopOnSignal()
    on_progress = line_a_minute("listen_progress", _counts)
    on_conflict = conflict_reporter(verbose)

    async def work() -> Summary:
        stop = stopping.begin()
        if port is None:
            return await listen(
                settings, once=once, stop=stop, on_progress=on_progress, on_conflict=on_conflict
            )
        return await serve_webhook(
            settings,
            host,
            port,
            stop=stop,
            on_ready=lambda url: click.echo(f"Listening on {url}", err=True),
            on_progress=on_progress,
            on_conflict=on_conflict,
        )

    summary = run(work())
    if stopping.by_interrupt and summary.exit_code in (ExitCode.SUCCESS, ExitCode.PARTIAL):
        click.echo(summary.line())
        sys.exit(ExitCode.INTERRUPTED)
    conclude(summary, verbose=verbose)


class _StopOnSignal:
    """Stops a job cleanly at the first SIGINT or SIGTERM; the second one ends it at once.

    Attributes:
        by_interrupt: the job was stopped by Ctrl-C.
    """

    def __init__(self) -> None:
        self.by_interrupt = False

    def begin(self) -> asyncio.Event:
        """Return the event that a signal sets from now on."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()

        def end(number: signal.Signals) -> None:
            self.by_interrupt = self.by_interrupt or number is signal.SIGINT
            stop.set()
            loop.remove_signal_handler(number)

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, end, number)
        return stop


def _counts(summary: Summary) -> dict[str, int]:
    return {
        "messages": summary.messages,
        "builds": summary.read_counts.builds,
        "published": summary.published.settled,
        "created": summary.published.created,
        "invalid": summary.published.invalid.total(),
        "dead_letters": summary.read_counts.unsettled.total(),
    }
