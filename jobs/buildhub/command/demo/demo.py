"""``buildhub demo``: the whole catalogue on one machine."""

import os
import signal
from http.client import HTTPException
from pathlib import Path
from urllib.request import urlopen

import click
from buildhub_sample_archive.sizes import size_of
from kinto_buildhub.errors import StartError
from kinto_buildhub.run.configuration import find_ini, read_ini
from kinto_buildhub.run.data_folder import DataFolder
from kinto_buildhub.run.ports import check_port

from buildhub.command.demo.content import DemoContent
from buildhub.command.demo.rates import describe_waits
from buildhub.command.demo.subprocesses import ENDING_SIGNALS, ChildFailed, Children
from buildhub.command.demo.summary import DemoAddresses, demo_summary
from buildhub.command.options import LAST_PORT, data_option, port_option
from buildhub.command.running import reporting_errors
from buildhub.command.server.serving import PUBLISHER, report, report_start_error
from buildhub.counts.summary import ExitCode
from buildhub.errors import ConfigError
from buildhub.export.folder import LATEST
from buildhub.settings import SETTINGS, read_settings

# A database that was killed under load first replays its log, which takes minutes at worst.
START_TIMEOUT_SECONDS = 240.0

_EXPORTS_VARIABLE = "KINTO_BUILDHUB_EXPORTS_FOLDER"
SAMPLE_TIMEOUT_SECONDS = 60.0


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
    help="Size of the sample archive: tiny, default, full, or the approximate number of builds.",
)
@click.option(
    "--archive",
    envvar="ARCHIVE_URL",
    show_envvar=True,
    help="Load from this archive instead of the sample.",
)
@data_option("Folder for all data.")
def demo(port: int, sample_port: int | None, sample: str, archive: str | None, data: Path) -> None:
    """Run the whole catalogue with sample data.

    Starts the server and a sample archive, loads the archive, and runs until Ctrl-C.

    A second run with the same data starts in seconds and loads nothing twice.
    """
    sample_port = sample_port or port + 1
    sample_url = f"http://localhost:{sample_port}/"
    addresses = DemoAddresses(
        server_url=f"http://localhost:{port}/v1",
        archive_url=archive or sample_url,
        s3_endpoint_url=None if archive else sample_url,
    )
    for number in ENDING_SIGNALS:
        # Under nohup, the end of the terminal is ignored. Ctrl-C never is, even if a script that
        # ignores it started us.
        if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)
    content = DemoContent(data.absolute())
    _check(addresses, sample=sample, data=data, ports={"PORT": port, "SAMPLE_PORT": sample_port})
    with reporting_errors():
        sample = content.choose_sample(sample, archive, report)
    try:
        with Children() as children:
            _run(children, addresses, content, sample=sample, data=data.absolute(), port=port)
    except KeyboardInterrupt:
        report(f"\nStopped. The data stays in {data}.")
    except ChildFailed as exc:
        report(f"Error: {exc}")
        raise SystemExit(ExitCode.FAILURE) from exc


def _check(addresses: DemoAddresses, *, sample: str, data: Path, ports: dict[str, int]) -> None:
    """Exit here if it cannot work, before a database is created."""
    with reporting_errors():
        read_settings({**os.environ, **_archive_environment(addresses)})
        if not addresses.s3_endpoint_url:
            del ports["SAMPLE_PORT"]
        else:
            _check_size(sample)
    wait_seconds = DataFolder(data).wait_for_killed_server_seconds()
    try:
        waits = describe_waits(read_ini(find_ini()), os.environ)
        for variable, port in ports.items():
            check_port(
                "127.0.0.1",
                port,
                variable=variable,
                wait_seconds=wait_seconds,
            )
    except StartError as exc:
        raise SystemExit(report_start_error(exc)) from exc
    if waits is not None:
        report(waits)


def _check_size(sample: str) -> None:
    try:
        size_of(sample)
    except ValueError as exc:
        raise ConfigError(f"SAMPLE: {exc}") from exc


def _run(
    children: Children,
    addresses: DemoAddresses,
    content: DemoContent,
    *,
    sample: str,
    data: Path,
    port: int,
) -> None:
    exports = str(data / "exports")
    environment = {"BUILDHUB_DATA": str(data), "PORT": str(port)}

    def run(command: str, environment: dict[str, str], *options: str) -> int:
        return children.run(
            f"buildhub {command}", "buildhub", command, *options, environment=environment
        )

    if addresses.s3_endpoint_url:
        _start_sample(children, addresses.archive_url, sample)
    served = {_EXPORTS_VARIABLE: os.environ.get(_EXPORTS_VARIABLE, exports)}
    _start_server(children, addresses, environment | served)
    credentials = DataFolder(data).credentials(PUBLISHER)
    jobs_environment = environment | _jobs_environment(addresses, credentials)
    if not credentials.exists() and run("credentials", environment) != ExitCode.SUCCESS:
        # Of an account that exists, nobody knows the password without the file.
        _must("credentials", run("credentials", environment, "--rotate"))
    _must("init", run("init", jobs_environment))
    content.note(sample, None if addresses.s3_endpoint_url else addresses.archive_url)
    code = run("load", jobs_environment)
    if code != ExitCode.PARTIAL:  # It has logged what it left out.
        _must("load", code)
    if not Path(exports, LATEST).exists():
        _must("export", run("export", jobs_environment, "--quiet", "--output", exports))
    report(demo_summary(addresses, sample, credentials))
    children.wait()


def _jobs_environment(addresses: DemoAddresses, credentials: Path) -> dict[str, str]:
    # Tokens and keys are of other servers.
    other_credentials = [
        setting.variable + suffix
        for setting in SETTINGS
        for suffix in ("", "_FILE")
        if setting.name in ("token", "client_id", "secret")
    ]
    return {
        **dict.fromkeys(other_credentials, ""),
        "SERVER_URL": addresses.server_url,
        "AUTH_FILE": os.environ.get("AUTH_FILE", str(credentials)),
        # The progress bar shows enough.
        "LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING"),
        **_archive_environment(addresses),
    }


def _archive_environment(addresses: DemoAddresses) -> dict[str, str]:
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


def _start_server(
    children: Children, addresses: DemoAddresses, environment: dict[str, str]
) -> None:
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
