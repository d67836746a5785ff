"""``buildhub credentials``: who may publish, with which secret, from where and until when."""

import getpass
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click
from kinto_buildhub.credentials.administration import Administration
from kinto_buildhub.credentials.errors import CredentialError
from kinto_buildhub.credentials.values import Actor, Secret
from kinto_buildhub.run.credentials import opened_administration
from kinto_buildhub.run.data_folder import DataFolder
from kinto_buildhub.run.migrate import migrate
from kinto_buildhub.run.serve import shared_database

from buildhub.command.server.credential_options import describing, read_proposal
from buildhub.command.server.credential_texts import (
    credentials_as_json,
    credentials_as_table,
    log_as_table,
    parse_overlap,
    write_secret,
)
from buildhub.command.server.serving import account, report, server_options
from buildhub.counts.summary import ExitCode


class _AccountUnlessNamed(click.Group):
    """A group whose command is ``account`` where none is named, as it was before there were any."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or args[0] not in {*self.commands, *ctx.help_option_names}:
            self._refuse_misspelt(args)
            args = ["account", *args]
        return super().parse_args(ctx, args)

    def _refuse_misspelt(self, args: list[str]) -> None:
        """Make no account of a name that was meant as a command, perhaps."""
        names = [name for name in args[:1] if not name.startswith("-")]
        for command in get_close_matches("".join(names), self.commands, n=1, cutoff=0.8):
            raise click.UsageError(
                f"There is no command {args[0]!r}; is {command} meant? "
                f"For an account of that name: buildhub credentials account {args[0]}"
            )


@click.group(cls=_AccountUnlessNamed)
def credentials() -> None:
    """Administer who may publish.

    A credential is for one program: an API token and a Hawk key, for some collections and what may
    be done in them. Each step of its life is in a log.

    \b
    On a server of your own, in one step:
      buildhub credentials create release-job

    \b
    Where somebody approves:
      buildhub credentials request release-job --owner ann@example.org --expires 2030-01-31
      buildhub credentials approve release-job
      buildhub credentials show release-job

    \b
    Later:
      buildhub credentials list
      buildhub credentials rotate release-job --overlap 7d
      buildhub credentials revoke release-job

    The commands work on the server's database, so they run on its machine and with its settings.
    `buildhub credentials [NAME]` without a command is `buildhub credentials account [NAME]`.
    """


credentials.add_command(account)


_client_id = click.argument("client_id")
_output = click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for CLIENT_ID.token and CLIENT_ID.key.  [default: the data folder]",
)


@credentials.command()
@server_options
@_client_id
@click.option("--owner", required=True, help="Who answers for it: an e-mail address.")
@describing
def request(ini: Path, data: DataFolder, **described: Any) -> None:
    """Ask for a credential. It works once it is approved and its secret is shown."""
    proposal = read_proposal(**described)
    with _administration(ini, data) as administration:
        administration.request(proposal)
        _warn_of_missing(administration, proposal.client_id)
    name = proposal.client_id
    report(f"Requested {name}. Next: buildhub credentials approve {name}")


@credentials.command()
@server_options
@_client_id
def approve(ini: Path, data: DataFolder, client_id: str) -> None:
    """Let a requested credential work."""
    with _administration(ini, data) as administration:
        administration.approve(client_id)
        _warn_of_missing(administration, client_id)
    report(f"Approved {client_id}. Next: buildhub credentials show {client_id}")


@credentials.command()
@server_options
@_client_id
@_output
def show(ini: Path, data: DataFolder, client_id: str, output: Path | None) -> None:
    """Write the secret of an approved credential to files that only you can read.

    This works once: the server does not keep the secret.
    """
    with _administration(ini, data) as administration:
        _write_secret(output or data.path, lambda: administration.show(client_id))


@credentials.command()
@server_options
@_client_id
@click.option(
    "--overlap",
    default="1d",
    show_default=True,
    metavar="TIME",
    help="How long the last secret still works: 0, 30m, 12h, 7d.",
)
@_output
def rotate(ini: Path, data: DataFolder, client_id: str, overlap: str, output: Path | None) -> None:
    """Write a new secret to files that only you can read. The last one still works for a while."""
    try:
        length = parse_overlap(overlap)
    except ValueError as exc:
        raise click.UsageError(f"--overlap: {exc}") from exc
    with _administration(ini, data) as administration:
        _write_secret(output or data.path, lambda: administration.rotate(client_id, length))


@credentials.command()
@server_options
@_client_id
def revoke(ini: Path, data: DataFolder, client_id: str) -> None:
    """End a credential, at once and for ever. Its client ID is not given again."""
    with _administration(ini, data) as administration:
        administration.revoke(client_id)
    report(f"Revoked {client_id}.")


@credentials.command("list")
@server_options
@click.option("--owner", help="Only those of this owner.")
@click.option("--json", "as_json", is_flag=True, help="As a JSON array.")
def list_credentials(ini: Path, data: DataFolder, owner: str | None, as_json: bool) -> None:
    """Print credentials: what they may do, their state and their last use."""
    with _administration(ini, data) as administration:
        found = administration.find_all(owner)
    click.echo(credentials_as_json(found) if as_json else credentials_as_table(found))


@credentials.command()
@server_options
@_client_id
def log(ini: Path, data: DataFolder, client_id: str) -> None:
    """Print the steps in the life of a credential: when, who, from where, what."""
    with _administration(ini, data) as administration:
        administration.find(client_id)
        entries = administration.log(client_id)
    click.echo(log_as_table(entries))


@credentials.command()
@server_options
@_client_id
@click.option("--owner", help="Who answers for it: an e-mail address.  [default: you]")
@describing
@_output
def create(
    ini: Path, data: DataFolder, owner: str | None, output: Path | None, **described: Any
) -> None:
    """Request and approve a credential and write its secret to files, in one step."""
    proposal = read_proposal(owner=owner or _user_name(), **described)
    with _administration(ini, data) as administration:
        _write_secret(output or data.path, lambda: administration.create(proposal))
        _warn_of_missing(administration, proposal.client_id)


@contextmanager
def _administration(ini: Path, data: DataFolder) -> Iterator[Administration]:
    """Yield what takes the steps for this user; a step that is refused ends the command."""
    with shared_database(ini, data, report=report) as settings:
        migrate(settings, progress=report)
        try:
            with opened_administration(settings, Actor(f"shell:{_user_name()}")) as administration:
                yield administration
        except CredentialError as exc:
            report(f"Error: {exc}")
            raise SystemExit(ExitCode.USAGE) from exc


def _warn_of_missing(administration: Administration, client_id: str) -> None:
    """Name collections that do not exist: a slip, or one that somebody creates later."""
    for name in administration.find_missing_collections(client_id):
        report(
            f"Warning: there is no collection {name}, yet. If it is misspelt, revoke {client_id} "
            "and request another client ID."
        )


def _write_secret(folder: Path, make_secret: Callable[[], Secret]) -> None:
    """Write what *make_secret* returns. Where no file can be written, no secret is made."""
    DataFolder(folder).make()
    report(write_secret(folder.absolute(), make_secret()))


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # Users of containers may have no name.
        return f"uid-{os.getuid()}"
