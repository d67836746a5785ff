"""The whole catalogue on one machine: ``buildhub demo``."""

import json
import os
import signal
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import click
from buildhub_sample_archive.sizes import size_of
from buildhub_schema import BUCKET_ID, COLLECTION_ID
from kinto_buildhub.errors import StartError
from kinto_buildhub.run.configuration import find_ini, read_ini
from kinto_buildhub.run.data_folder import DataFolder
from kinto_buildhub.run.ports import check_port

from buildhub.command.options import LAST_PORT, data_option, port_option
from buildhub.command.running import reporting_errors
from buildhub.command.serving import PUBLISHER, report, report_start_error
from buildhub.command.subprocesses import ENDING_SIGNALS, ChildFailed, Children
from buildhub.counts.summary import ExitCode
from buildhub.errors import ConfigError
from buildhub.settings import read_settings

# A database that was killed under load replays its log first, which takes minutes at worst.
START_TIMEOUT_SECONDS = 240.0
SAMPLE_TIMEOUT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the parts of the demo answer."""

    server_url: str
    archive_url: str
    s3_endpoint_url: str | None

    @property
    def records_url(self) -> str:
        """The catalogue's records."""
        return f"{self.server_url}/buckets/{BUCKET_ID}/collections/{COLLECTION_ID}/records"


@click.command()
@port_option("Port of the server.", last=LAST_PORT - 1)  # The sample archive takes the next one.
@click.option(
    "--sample-port",
    envvar="SAMPLE_PORT",
    show_envvar=True,
    type=click.IntRange(1, LAST_PORT),
    help="Port of the sample archive.  [default: the one after the server's]",
)
@click.option(
    "--sample",
    envvar="SAMPLE",
    show_envvar=True,
    default="default",
    show_default=True,
    help="How much of the sample archive: tiny, default, full, or about so many builds.",
)
@click.option(
    "--archive",
    envvar="ARCHIVE_URL",
    show_envvar=True,
    help="Load from this archive instead of the sample.",
)
@data_option("Folder for everything that is kept.")
def demo(port: int, sample_port: int | None, sample: str, archive: str | None, data: Path) -> None:
    """Run server, sample archive and jobs, and leave everything answering until Ctrl-C.

    The second run on the same data starts in seconds and loads nothing twice.
    """
    sample_port = sample_port or port + 1
    sample_url = f"http://localhost:{sample_port}/"
    addresses = Addresses(
        server_url=f"http://localhost:{port}/v1",
        archive_url=archive or sample_url,
        s3_endpoint_url=None if archive else sample_url,
    )
    for number in ENDING_SIGNALS:
        # Under nohup the end of the terminal is not ours; Ctrl-C is, also when a script started us.
        if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)
    _check(addresses, sample=sample, data=data, ports={"PORT": port, "SAMPLE_PORT": sample_port})
    try:
        with Children() as children:
            _run(children, addresses, sample=sample, data=data.absolute(), port=port)
    except KeyboardInterrupt:
        report(f"\nStopped. The data stays in {data}.")
    except ChildFailed as exc:
        report(f"Error: {exc}")
        raise SystemExit(ExitCode.FAILURE) from exc


def _check(addresses: Addresses, *, sample: str, data: Path, ports: dict[str, int]) -> None:
    """End here what cannot work, before a database is made for it."""
    with reporting_errors():
        read_settings({**os.environ, **_archive_environment(addresses)})
        if not addresses.s3_endpoint_url:
            del ports["SAMPLE_PORT"]
        else:
            _check_size(sample)
    wait_seconds = DataFolder(data).wait_for_killed_server_seconds()
    try:
        read_ini(find_ini())
        for variable, port in ports.items():
            check_port(
                "127.0.0.1",
                port,
                variable=variable,
                wait_seconds=wait_seconds,
            )
    except StartError as exc:
        raise SystemExit(report_start_error(exc)) from exc


def _check_size(sample: str) -> None:
    try:
        size_of(sample)
    except ValueError as exc:
        raise ConfigError(f"SAMPLE: {exc}") from exc


def _run(children: Children, addresses: Addresses, *, sample: str, data: Path, port: int) -> None:
    environment = {"BUILDHUB_DATA": str(data), "PORT": str(port)}

    def run(command: str, environment: dict[str, str]) -> int:
        return children.run(f"buildhub {command}", "buildhub", command, environment=environment)

    if addresses.s3_endpoint_url:
        _start_sample(children, addresses.archive_url, sample)
    _start_server(children, addresses, environment)
    credentials = DataFolder(data).credentials(PUBLISHER)
    jobs_environment = environment | _jobs_environment(addresses, credentials)
    if not credentials.exists():
        _must("credentials", run("credentials", environment))
    _must("init", run("init", jobs_environment))
    code = run("load", jobs_environment)
    if code != ExitCode.PARTIAL:  # It has said what it could not settle; the rest is there.
        _must("load", code)
    report(_summary(addresses, sample, credentials))
    children.wait()


def _jobs_environment(addresses: Addresses, credentials: Path) -> dict[str, str]:
    return {
        "SERVER_URL": addresses.server_url,
        "AUTH_FILE": os.environ.get("AUTH_FILE", str(credentials)),
        # The progress bar tells enough.
        "LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING"),
        **_archive_environment(addresses),
    }


def _archive_environment(addresses: Addresses) -> dict[str, str]:
    environment = {"ARCHIVE_URL": addresses.archive_url}
    if addresses.s3_endpoint_url:
        environment["S3_ENDPOINT_URL"] = addresses.s3_endpoint_url
    return environment


def _start_sample(children: Children, url: str, size: str) -> None:
    report(f"Starting the sample archive ({size}) on {url}")
    port = url.rstrip("/").rpartition(":")[2]
    children.start(
        "The sample archive",
        *("buildhub_sample_archive", "serve", "--port", port, "--size", size),
        environment={},
    )
    if not children.wait_until(lambda: _answers(url), timeout_seconds=SAMPLE_TIMEOUT_SECONDS):
        raise click.ClickException(f"The sample archive does not answer on {url}")


def _start_server(children: Children, addresses: Addresses, environment: dict[str, str]) -> None:
    children.start("The server", "buildhub", "serve", environment=environment)
    heartbeat = f"{addresses.server_url}/__heartbeat__"
    if not children.wait_until(lambda: _answers(heartbeat), timeout_seconds=START_TIMEOUT_SECONDS):
        raise click.ClickException(f"The server does not answer on {heartbeat}")


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=5):  # noqa: S310 - our own addresses.
            return True
    except (HTTPException, OSError):
        return False


def _must(name: str, exit_code: int) -> None:
    if exit_code:
        raise ChildFailed(f"buildhub {name}", exit_code)


def _summary(addresses: Addresses, sample: str, credentials: Path) -> str:
    records = addresses.records_url
    # A real build ID of the version that the documentation asks for, or of any build.
    example = _first(f"{records}?target.version=53.0b9&has_build.id=true") or _first(
        f"{records}?has_build.id=true"
    )
    build_id = example.get("build", {}).get("id", "20170403083344")
    version = example.get("target", {}).get("version", "53.0b9")
    source = f"sample archive, {sample}" if addresses.s3_endpoint_url else addresses.archive_url
    return f"""
{_count(records):,} builds are catalogued, from the {source}.

  API        {addresses.server_url}/
  records    {records}
  archive    {addresses.archive_url}pub/
  password   {credentials}, to publish with

Try:

  # Is this build ID official?
  curl -s -I "{records}?build.id={build_id}&_limit=1" | grep ^Total-Records

  # Which changeset is it?
  curl -s "{records}?build.id={build_id}&_limit=1" | jq -r '.data[].source.revision'

  # Which locales does {version} have?
  curl -s "{records}?target.version={version}" | jq -r '.data[].target.locale' | sort -u

  # Which build IDs belong to 56.0b12?
  curl -s "{records}?target.version=56.0b12" | jq -r '.data[].build.id' | sort -u

  # What was the last Firefox nightly before June 2017?
  curl -s "{records}?target.channel=nightly&source.product=firefox&lt_build.date=2017-06-01&_sort=-build.date&_limit=1" | jq

Ctrl-C ends everything; the data stays, and the next start takes seconds.
"""  # noqa: E501 - lines to paste.


def _first(url: str) -> dict[str, Any]:
    with urlopen(f"{url}&_limit=1", timeout=30) as answer:  # noqa: S310 - our own address.
        found: list[dict[str, Any]] = json.load(answer)["data"]
    return found[0] if found else {}


def _count(url: str) -> int:
    with urlopen(Request(url, method="HEAD"), timeout=60) as answer:  # noqa: S310 - our own.
        return int(answer.headers["Total-Records"])
