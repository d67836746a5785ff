"""What ``buildhub credentials`` reads and writes: tables, JSON, times, files of secrets."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
from buildhub_schema.text.printable import printable
from kinto_buildhub.credentials.api.answers import credential_as_json
from kinto_buildhub.credentials.store import scopes_as_json
from kinto_buildhub.credentials.values import Credential, LogEntry, Secret, State
from kinto_buildhub.run.data_folder import write_private

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}

_COLUMNS = ("CLIENT ID", "STATE", "SECRETS", "OWNER", "MAY", "FROM", "EXPIRES", "LAST USED")
_LOG_COLUMNS = ("TIME", "WHO", "FROM", "STEP", "DETAILS")


def parse_overlap(text: str) -> timedelta:
    """Take a length of time: a number and ``m``, ``h`` or ``d``, or 0.

    Raises:
        ValueError: says what is expected.
    """
    found = re.fullmatch(r"0|([0-9]{1,6})([mhd])", text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no length of time; expected one as 0, 30m, 12h or 7d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])}) if found[1] else timedelta()


def write_secret(folder: Path, secret: Secret) -> str:
    """Write token and Hawk key to a file each, and return how they are used.

    Raises:
        StartError: they cannot be written.
    """
    token, key = (folder / f"{secret.client_id}.{ending}" for ending in ("token", "key"))
    write_private(token, f"{secret.token}\n")
    lines = [f"Wrote the API token. Use it with BUILDHUB_TOKEN_FILE={token}"]
    if secret.hawk_key is None:
        lines.append(
            "There is no Hawk key, as the server has no kinto.buildhub.credentials_secret."
        )
    else:
        write_private(key, f"{secret.hawk_key}\n")
        lines.append(
            "Wrote the Hawk key. Use it, in place of the token, with "
            f"BUILDHUB_CLIENT_ID={secret.client_id} BUILDHUB_SECRET_FILE={key}"
        )
    return "\n".join(lines)


def credentials_as_json(credentials: Iterable[Credential]) -> str:
    """Return an array of objects, each as ``/v1/credentials`` has it."""
    documents = [credential_as_json(each) for each in credentials]
    return orjson.dumps(documents, option=orjson.OPT_INDENT_2).decode()


def credentials_as_table(credentials: Sequence[Credential]) -> str:
    """Return a line for each credential, below the names of the columns."""
    if not credentials:
        return "There are no credentials."
    return _table(_COLUMNS, map(_row, credentials))


def _row(credential: Credential) -> tuple[str, ...]:
    scopes = scopes_as_json(credential.scopes)
    return (
        credential.client_id,
        credential.state,
        _secrets(credential),
        credential.owner,
        " ".join(f"{name}:{','.join(names)}" for name, names in scopes.items()),
        ",".join(credential.networks) or "anywhere",
        _moment(credential.expires, "never"),
        _moment(credential.last_used, "never"),
    )


def _secrets(credential: Credential) -> str:
    """Say which secrets work."""
    if credential.state is not State.APPROVED:
        return "none"
    return ", ".join(
        f"{each.number} until {_moment(each.ends, '')}"
        if each.ends
        else f"{each.number}" + ("" if each.is_shown else " (not shown)")
        for each in credential.generations
    )


def log_as_table(entries: Iterable[LogEntry]) -> str:
    """Return a line for each step, below the names of the columns."""
    return _table(
        _LOG_COLUMNS,
        (
            (
                f"{each.at:%Y-%m-%d %H:%M:%SZ}",
                each.actor,
                each.address or "-",
                each.action,
                orjson.dumps(each.details).decode(),
            )
            for each in entries
        ),
    )


def _moment(moment: datetime | None, without: str) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%MZ}" if moment else without


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return aligned columns; owners are anybody's text, so what would not print is escaped."""
    lines = [columns, *([printable(cell) for cell in row] for row in rows)]
    widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
