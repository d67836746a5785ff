"""The options that describe a credential, and the proposal that they make."""

from collections.abc import Callable
from datetime import UTC, datetime

import click
from buildhub_schema import BUCKET_ID, COLLECTION_ID
from kinto_buildhub.credentials.errors import BadProposal
from kinto_buildhub.credentials.proposals import make_proposal
from kinto_buildhub.credentials.values import Proposal, Scope
from kinto_buildhub.setting_parsers import words

Command = Callable[..., None]

# What the fields of a proposal are called here.
_NAMES = {
    "client_id": "CLIENT_ID",
    "owner": "--owner",
    "collections": "--collections",
    "expires": "--expires",
    "networks": "--from-addresses",
}


def describing(command: Command) -> Command:
    """Add the options that describe a credential."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


_OPTIONS = (
    click.option(
        "--collections",
        default=f"{BUCKET_ID}/{COLLECTION_ID}",
        show_default=True,
        help="Where it is valid: BUCKET/COLLECTION, more of them with commas between.",
    ),
    click.option(
        "--scopes",
        default=f"{Scope.READ},{Scope.PUBLISH}",
        show_default=True,
        help=f"What it may do there: some of {', '.join(Scope)}.",
    ),
    click.option(
        "--expires", metavar="DATE", help="When it ends, as 2030-01-31.  [default: never]"
    ),
    click.option(
        "--from-addresses",
        default="",
        metavar="NETWORKS",
        help="Where it may be used, as 192.0.2.7,2001:db8::/32.  [default: anywhere]",
    ),
)


def read_proposal(
    client_id: str,
    owner: str,
    collections: str,
    scopes: str,
    expires: str | None,
    from_addresses: str,
) -> Proposal:
    """Return what the options ask for.

    Raises:
        click.UsageError: an option cannot be as it is; names it.
    """
    try:
        return make_proposal(
            client_id=client_id,
            owner=owner,
            collections=dict.fromkeys(words(collections), words(scopes)),
            now=datetime.now(UTC),
            expires=expires,
            networks=words(from_addresses),
        )
    except BadProposal as exc:
        raise click.UsageError(f"{_NAMES[exc.field]}: {exc.problem}") from exc
