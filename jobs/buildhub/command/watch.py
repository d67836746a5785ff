"""``buildhub watch``: each new build, printed or sent to a webhook."""

import asyncio
import re
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import click
import structlog
from buildhub_schema.products import PRODUCT_NAMES

from buildhub.command.clients import connection_options
from buildhub.command.running import CREDENTIALS_HELP, EXIT_CODES_HELP, run, with_settings
from buildhub.counts.summary import ExitCode
from buildhub.settings import Settings
from buildhub.watch.builds import Wanted, format_json, format_line
from buildhub.watch.dead_letters import DeadLetters
from buildhub.watch.follow import Document, Follower
from buildhub.watch.job import Announce, watch
from buildhub.watch.receiver import Receiver
from buildhub.watch.signatures import Signer
from buildhub.watch.state import State, StateFile

log = structlog.get_logger(__name__)

_TIMESTAMP = re.compile(r"[0-9]{1,14}")


class _Moment(click.ParamType[int]):
    """A timestamp in milliseconds, or a day or time in UTC."""

    name = "moment"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Return milliseconds since 1970."""
        text = str(value)
        if _TIMESTAMP.fullmatch(text):
            return int(text)
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            self.fail(f"{text!r}: expected a day, a time, or a timestamp in milliseconds")
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(0, int(moment.timestamp() * 1000))


def _filter(name: str, kind: click.Choice[str] | None = None) -> Callable[..., Callable[..., None]]:
    help_text = f"Only this {name}. Can be repeated."
    return click.option(f"--{name}", multiple=True, type=kind, help=help_text)


@click.command(
    "watch",
    epilog=CREDENTIALS_HELP + EXIT_CODES_HELP,
    short_help="Print each new build, or send it to a webhook.",
)
@_filter("product", click.Choice(sorted(PRODUCT_NAMES)))
@_filter("channel")
@_filter("platform")
@_filter("locale")
@click.option(
    "--since",
    type=_Moment(),
    help="Begin after this day, time or timestamp, in UTC. [default: now]",
)
@click.option(
    "--state",
    "state_path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File that says how far the watch has come. If it exists, the watch goes on from there.",
)
@click.option("--json", "as_json", is_flag=True, help="Print records as JSON, one a line.")
@click.option("--post", metavar="URL", help="Send each build to this webhook instead.")
@click.option(
    "--dead-letters",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("dead-letters.ndjson"),
    show_default=True,
    help="File for what the webhook does not take.",
)
@with_settings(
    *("server_url", "bucket_id", "collection_id", "watch_poll_seconds"),
    *("retry_count", "timeout_seconds", "log_level"),
)
def command(
    settings: Settings,
    *,
    product: tuple[str, ...],
    channel: tuple[str, ...],
    platform: tuple[str, ...],
    locale: tuple[str, ...],
    since: int | None,
    state_path: Path | None,
    as_json: bool,
    post: str | None,
    dead_letters: Path,
) -> None:
    """Print each new build when it is published, until stopped.

    The server sends changes as they happen; one that cannot is polled. With --state, the next run
    goes on where this one ends, however it ends: no build is left out. SIGKILL alone may have the
    build printed again that was printed last.

    With --post, each build is sent to a webhook, signed as Standard Webhooks has it, in order, and
    again with waits until it is taken. What is given up is reported, and kept in --dead-letters.

    \b
    Examples:
      buildhub watch --product firefox --channel nightly
      buildhub watch --channel release --locale fr --since 2024-05-31 --json
      buildhub watch --state watch.json --post https://example.org/hooks/builds
    """
    wanted = {"product": product, "channel": channel, "platform": platform, "locale": locale}
    letters = DeadLetters(dead_letters)
    receiver = None if post is None else _make_receiver(settings, post, letters)
    catalogue = {
        "server": settings.server_url,
        "bucket": settings.bucket_id,
        "collection": settings.collection_id,
    }
    state_file = None if state_path is None else StateFile(state_path, catalogue)
    print_build = _printing(format_json if as_json else format_line)
    try:
        run(_work(settings, wanted, since, state_file, receiver, print_build))
    except asyncio.CancelledError:  # SIGTERM.
        raise SystemExit(ExitCode.PARTIAL if letters.count else ExitCode.SUCCESS) from None


async def _work(
    settings: Settings,
    wanted: Wanted,
    since: int | None,
    state_file: StateFile | None,
    receiver: Receiver | None,
    print_build: Announce,
) -> None:
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    follower = Follower(
        connection_options(settings),
        poll_seconds=settings.watch_poll_seconds,
        report=_warn("watch_trouble"),
    )
    async with AsyncExitStack() as stack:
        stack.push_async_callback(follower.close)
        state, save = None, _forget
        if state_file is not None:
            stack.enter_context(state_file.held())
            state, save = state_file.read(), state_file.write
        position = since if state is None else state.position
        announce = print_build
        if receiver is not None:
            announce = (await stack.enter_async_context(receiver)).deliver
        await watch(follower.batches(position), state, wanted, announce, save)


def _make_receiver(settings: Settings, url: str, letters: DeadLetters) -> Receiver:
    signer = Signer(settings.webhook_secret, settings.webhook_signing_key)
    if signer.public_key is not None:
        click.echo(f"Signing with the key of {signer.public_key}", err=True)
    return Receiver(
        url,
        signer,
        letters,
        policy=settings.retry_policy,
        timeout_seconds=settings.timeout_seconds,
        allows_private=settings.webhook_private_addresses,
        report=_warn("build_not_delivered"),
    )


def _printing(form: Callable[[Document], str]) -> Announce:
    async def announce(document: Document) -> None:
        click.echo(form(document))  # It flushes.

    return announce


def _warn(event: str) -> Callable[[str], None]:
    return lambda problem: log.warning(event, problem=problem)


def _forget(state: State) -> None:
    """Keep nothing."""
