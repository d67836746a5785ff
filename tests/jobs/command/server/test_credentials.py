"""``buildhub credentials``: the life of a credential, step by step, on a real database."""

import json
import signal
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg2
import pytest
from buildhub.command import main
from buildhub.command.server.credential_texts import parse_overlap
from click.testing import CliRunner, Result
from kinto_buildhub.credentials.administration import Administration
from kinto_buildhub.credentials.tables import ensure_tables
from kinto_buildhub.credentials.values import Actor

from tests.server.credentials.conftest import propose

Run = Callable[..., Result]

ANN = ("--owner", "ann@example.org")


@pytest.fixture(scope="module")
def database_url(make_database: Callable[[], str]) -> str:
    """A database with one credential, which was asked for."""
    url = make_database()
    with closing(psycopg2.connect(url)) as connection:
        ensure_tables(connection)
        Administration(connection, Actor("operator")).request(propose("asked"))
    return url


@pytest.fixture
def run(database_url: str, tmp_path: Path) -> Iterator[Run]:
    """Return a function that runs a command of the group; its data folder is the test's."""
    environment = dict.fromkeys(
        (f"KINTO_{name}_URL" for name in ("STORAGE", "PERMISSION", "CACHE")), database_url
    ) | {
        "KINTO_USERID_HMAC_SECRET": "tests only",
        "KINTO_BUILDHUB_CREDENTIALS_SECRET": "the master secret of tests, long enough",
        "BUILDHUB_DATA": str(tmp_path),
    }

    def invoke(*arguments: str, **variables: str) -> Result:
        return CliRunner().invoke(
            main, ["credentials", *arguments], env={**environment, **variables}
        )

    before = signal.getsignal(signal.SIGTERM)
    yield invoke
    signal.signal(signal.SIGTERM, before)


def listed(run: Run, client_id: str) -> dict[str, object]:
    found = json.loads(run("list", "--json").stdout)
    return next(each for each in found if each["client_id"] == client_id)


def secrets(folder: Path, client_id: str) -> tuple[str, str]:
    paths = [folder / f"{client_id}.{ending}" for ending in ("token", "key")]
    assert [stat.S_IMODE(path.stat().st_mode) for path in paths] == [0o600, 0o600]
    token, key = (path.read_text().strip() for path in paths)
    return token, key


def test_the_life_of_a_credential(run: Run, tmp_path: Path) -> None:
    lines = []
    for arguments in (
        ("request", "life", *ANN, "--from-addresses", "192.0.2.0/24", "--expires", "2200-01-31"),
        ("approve", "life"),
        ("show", "life"),
    ):
        done = run(*arguments)
        assert done.exit_code == 0, done.output
        lines.append(done.stderr.splitlines()[-1])
    first = secrets(tmp_path, "life")
    assert lines[0] == "Requested life. Next: buildhub credentials approve life"
    assert lines[1] == "Approved life. Next: buildhub credentials show life"
    assert lines[2].endswith(f"BUILDHUB_CLIENT_ID=life BUILDHUB_SECRET_FILE={tmp_path}/life.key")

    assert run("rotate", "life", "--overlap", "12h").exit_code == 0
    second = secrets(tmp_path, "life")
    assert not {*first} & {*second}
    found = listed(run, "life")
    assert found["owner"] == "ann@example.org"
    assert found["collections"] == {"build-hub/releases": ["publish", "read"]}
    assert found["networks"] == ["192.0.2.0/24"]
    assert found["expires"] == "2200-01-31T00:00:00Z"
    old, new = found["generations"]
    ends = datetime.fromisoformat(old["ends"]) - datetime.now(UTC)
    assert timedelta(hours=11) < ends <= timedelta(hours=12)
    assert new["ends"] is None

    for _ in range(2):  # The second time changes nothing.
        assert run("revoke", "life").exit_code == 0
    assert listed(run, "life")["state"] == "revoked"
    log = run("log", "life")
    steps = [line.split()[4] for line in log.stdout.splitlines()[1:]]
    assert steps == ["requested", "approved", "shown", "rotated", "revoked"]
    assert not [secret for secret in (*first, *second) if secret in log.output]


def test_create_does_it_in_one_step_and_prints_no_secret(run: Run, tmp_path: Path) -> None:
    done = run("create", "one-step", "--scopes", "read,publish,delete")
    assert done.exit_code == 0, done.output
    token, key = secrets(tmp_path, "one-step")
    assert token not in done.output
    assert key not in done.output
    assert listed(run, "one-step")["state"] == "approved"
    again = run("create", "one-step")
    assert again.exit_code == 2
    assert "There is, or was, a credential 'one-step'" in again.stderr
    assert secrets(tmp_path, "one-step") == (token, key)


def test_without_a_master_secret_there_is_a_token_only(run: Run, tmp_path: Path) -> None:
    done = run("create", "token-only", KINTO_BUILDHUB_CREDENTIALS_SECRET="")
    assert done.exit_code == 0, done.output
    assert "There is no Hawk key" in done.stderr
    assert [path.name for path in tmp_path.glob("token-only*")] == ["token-only.token"]


def test_no_secret_is_made_where_it_could_not_be_written(run: Run, tmp_path: Path) -> None:
    assert run("request", "unwritten", *ANN).exit_code == 0
    assert run("approve", "unwritten").exit_code == 0
    (tmp_path / "file").touch()
    refused = run("show", "unwritten", "--output", str(tmp_path / "file" / "folder"))
    assert refused.exit_code == 3
    assert "cannot be written" in refused.stderr
    assert run("show", "unwritten", "--output", str(tmp_path / "new")).exit_code == 0
    secrets(tmp_path / "new", "unwritten")


def test_a_collection_that_does_not_exist_is_taken_and_named(run: Run, tmp_path: Path) -> None:
    """Credentials are often there before the collection is."""
    for name, command in {"asking": ("request", *ANN), "created": ("create",)}.items():
        collections = "build-hub/nosuch,no-bucket/releases"
        done = run(command[0], name, *command[1:], "--collections", collections)
        assert done.exit_code == 0, done.output
        for missing in collections.split(","):
            assert f"Warning: there is no collection {missing}, yet." in done.stderr
    assert "build-hub/nosuch, yet" in run("approve", "asking").stderr


REFUSED = [
    pytest.param(("approve", "nobody"), 2, "There is no credential 'nobody'.", id="unknown"),
    pytest.param(("log", "nobody"), 2, "There is no credential 'nobody'.", id="no-log"),
    pytest.param(("show", "asked"), 2, "'asked' is requested, not approved", id="not-approved"),
    pytest.param(("request", "a b", *ANN), 2, "CLIENT_ID: 'a b': expected", id="client-id"),
    pytest.param(("request", "new"), 2, "Missing option '--owner'", id="no-owner"),
    pytest.param(
        ("request", "new", *ANN, "--collections", "releases"),
        2,
        "--collections: 'releases': expected bucket/collection",
        id="collection",
    ),
    pytest.param(
        ("request", "new", *ANN, "--scopes", "write"),
        2,
        "--collections: build-hub/releases: 'write' is none of the scopes read, publish, delete",
        id="scope",
    ),
    pytest.param(
        ("request", "new", *ANN, "--expires", "2001-01-01"),
        2,
        "--expires: 2001-01-01: expected a time to come",
        id="past",
    ),
    pytest.param(
        ("request", "new", *ANN, "--from-addresses", "192.0.2.7/24"),
        2,
        "--from-addresses: 192.0.2.7/24 has host bits set",
        id="network",
    ),
    pytest.param(
        ("rotate", "asked", "--overlap", "soon"),
        2,
        "--overlap: 'soon' is no length of time; expected one as 0, 30m, 12h or 7d",
        id="overlap",
    ),
    pytest.param(("rotate", "asked", "--overlap", "91d"), 2, "up to 90 days", id="long-overlap"),
]


@pytest.mark.parametrize(("arguments", "exit_code", "message"), REFUSED)
def test_what_cannot_be_done_is_named(
    run: Run, arguments: tuple[str, ...], exit_code: int, message: str
) -> None:
    done = run(*arguments)
    assert done.exit_code == exit_code, done.output
    assert message in done.stderr
    assert "Traceback" not in done.output


def test_the_table_says_what_each_may_do(run: Run) -> None:
    run("request", "in-table", "--owner", "eve\u202e@example.org", "--scopes", "delete")
    columns, *lines = run("list").stdout.splitlines()
    assert columns.split()[:2] == ["CLIENT", "ID"]
    [line] = [line for line in lines if line.startswith("in-table")]
    assert r"eve\u202e@example.org" in line
    assert "build-hub/releases:delete" in line
    assert run("list", "--owner", "nobody").stdout == "There are no credentials.\n"


def test_without_a_command_it_makes_an_account(run: Run, tmp_path: Path) -> None:
    assert run().exit_code == 0
    path = tmp_path / "publisher.auth"
    first = path.read_text()
    assert first.startswith("publisher:")
    assert "The account 'publisher' exists already" in run("publisher").stderr
    assert run("--rotate").exit_code == 0
    assert path.read_text() != first
    refused = run("aprove")
    assert (refused.exit_code, (tmp_path / "aprove.auth").exists()) == (2, False)
    assert "There is no command 'aprove'; is approve meant?" in refused.stderr
    # An account whose name is that of a command.
    assert run("account", "list").exit_code == 0
    assert (tmp_path / "list.auth").read_text().startswith("list:")


OVERLAPS = [("0", 0), ("30m", 1800), ("12h", 43_200), (" 7d ", 604_800)]


@pytest.mark.parametrize(("text", "seconds"), OVERLAPS)
def test_an_overlap(text: str, seconds: int) -> None:
    assert parse_overlap(text).total_seconds() == seconds


@pytest.mark.parametrize("text", ["", "1", "1w", "-1d", "1.5h", "1d1h", "9999999d"])
def test_what_is_no_overlap(text: str) -> None:
    with pytest.raises(ValueError, match="expected one as 0, 30m, 12h or 7d"):
        parse_overlap(text)
