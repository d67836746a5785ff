"""The life of a credential, in a real database."""

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg2
import pytest
from kinto_buildhub.credentials.administration import MAX_UNAPPROVED, Administration
from kinto_buildhub.credentials.errors import (
    BadProposal,
    CredentialError,
    CredentialExists,
    TooManyRequests,
    UnknownCredential,
    WrongState,
)
from kinto_buildhub.credentials.keys import derive_hawk_key, hash_token
from kinto_buildhub.credentials.tables import ensure_tables
from kinto_buildhub.credentials.values import Actor, Proposal, Scope, State

from tests.server.credentials.conftest import MASTER_SECRET, OPERATOR, propose


@pytest.fixture
def client_id() -> str:
    return f"client-{uuid.uuid4().hex[:12]}"


def test_each_step_is_in_the_log(administration: Administration, client_id: str) -> None:
    administration.request(propose(client_id, networks=["192.0.2.0/24"]))
    administration.approve(client_id)
    administration.show(client_id)
    administration.rotate(client_id, timedelta(hours=1))
    administration.revoke(client_id)
    entries = administration.log(client_id)
    assert [entry.action for entry in entries] == [
        *("requested", "approved", "shown", "rotated", "revoked")
    ]
    assert entries[0].details == {
        "owner": f"{client_id}@example.org",
        "collections": {"build-hub/releases": ["publish"]},
        "networks": ["192.0.2.0/24"],
        "expires": None,
    }
    assert entries[3].details == {"overlap_seconds": 3600}
    assert {entry.actor for entry in entries} == {"operator"}


def test_the_log_tells_who_and_from_where(connection: Any, client_id: str) -> None:
    actor = Actor("account:alice", "192.0.2.7")
    Administration(connection, actor).request(propose(client_id))
    [entry] = Administration(connection, OPERATOR).log(client_id)
    assert (entry.actor, entry.address) == ("account:alice", "192.0.2.7")


def test_an_owner_may_have_some_credentials_that_nobody_has_approved(
    administration: Administration, database_url: str, client_id: str
) -> None:
    owner = f"{client_id}@example.org"
    first, *others = (propose(f"{client_id}-{n}", owner=owner) for n in range(MAX_UNAPPROVED + 3))
    administration.request(first)

    def request(proposal: Proposal) -> bool:
        with closing(psycopg2.connect(database_url)) as connection:
            try:
                return bool(Administration(connection, OPERATOR).request(proposal))
            except TooManyRequests:
                return False

    with ThreadPoolExecutor() as threads:
        assert list(threads.map(request, others)).count(True) == MAX_UNAPPROVED - 1
    administration.revoke(first.client_id)
    assert not request(propose(f"{client_id}-again", owner=owner))
    approved = next(each for each in administration.find_all(owner) if each.state == "requested")
    administration.approve(approved.client_id)
    assert request(propose(f"{client_id}-again", owner=owner))
    assert administration.create(propose(f"{client_id}-created", owner=owner))


@pytest.mark.parametrize(
    "statement", ["UPDATE {} SET actor = 'x'", "DELETE FROM {}", "TRUNCATE {}"]
)
def test_the_log_is_only_appended_to(
    administration: Administration, connection: Any, client_id: str, statement: str
) -> None:
    administration.request(propose(client_id))
    with pytest.raises(psycopg2.errors.RaiseException), connection, connection.cursor() as cursor:
        cursor.execute(statement.format("buildhub_credential_log"))
    assert len(administration.log(client_id)) == 1


def test_a_credential_says_what_was_asked_for(
    administration: Administration, client_id: str
) -> None:
    proposal = propose(
        client_id,
        collections={"build-hub/releases": ["read", "publish"], "other/builds": ["delete"]},
        expires="2999-01-31",
        networks=["192.0.2.7", "2001:db8::/32"],
    )
    credential = administration.request(proposal)
    assert credential.state is State.REQUESTED
    assert credential.scopes == {
        "build-hub/releases": {Scope.READ, Scope.PUBLISH},
        "other/builds": {Scope.DELETE},
    }
    assert credential.expires == datetime(2999, 1, 31, tzinfo=UTC)
    assert credential.networks == ("192.0.2.7/32", "2001:db8::/32")
    assert (credential.generations, credential.last_used) == ((), None)
    assert administration.find(client_id) == credential
    assert credential in administration.find_all(proposal.owner)
    assert credential not in administration.find_all("bob@example.org")


Steps = Callable[[Administration, str], object]
WRONG_STEPS: list[tuple[str, list[str], str]] = [
    ("approve", ["approve"], "is approved, not requested: it cannot be approved"),
    ("show", [], "is requested, not approved: it cannot be shown"),
    ("show", ["approve", "show"], "was shown, and is not stored"),
    ("show", ["approve", "rotate"], "was shown, and is not stored"),
    ("rotate", [], "is requested, not approved: it cannot be rotated"),
    ("approve", ["revoke"], "is revoked, not requested: it cannot be approved"),
    ("show", ["approve", "revoke"], "is revoked, not approved: it cannot be shown"),
    ("rotate", ["approve", "show", "revoke"], "is revoked, not approved: it cannot be rotated"),
]


@pytest.mark.parametrize(("step", "before", "message"), WRONG_STEPS)
def test_a_step_at_the_wrong_time_changes_nothing(
    administration: Administration, client_id: str, step: str, before: list[str], message: str
) -> None:
    administration.request(propose(client_id))
    for name in before:
        getattr(administration, name)(client_id)
    credential, entries = administration.find(client_id), administration.log(client_id)
    with pytest.raises(WrongState, match=message):
        getattr(administration, step)(client_id)
    assert administration.find(client_id) == credential
    assert administration.log(client_id) == entries


def test_an_expired_credential_takes_no_step(
    administration: Administration, connection: Any, client_id: str
) -> None:
    administration.create(propose(client_id))
    expire(connection, client_id)
    assert administration.find(client_id).state is State.EXPIRED
    with pytest.raises(WrongState, match="is expired, not approved"):
        administration.rotate(client_id)


@pytest.mark.parametrize("name", ["find", "approve", "show", "rotate", "revoke"])
def test_an_unknown_client_id_is_named(administration: Administration, name: str) -> None:
    with pytest.raises(UnknownCredential, match="no credential 'nobody'"):
        getattr(administration, name)("nobody")


def test_a_client_id_is_never_given_twice(administration: Administration, client_id: str) -> None:
    administration.create(propose(client_id))
    administration.revoke(client_id)
    with pytest.raises(CredentialExists):
        administration.request(propose(client_id))
    with pytest.raises(CredentialExists):
        administration.create(propose(client_id))


def test_revoking_twice_is_one_step(administration: Administration, client_id: str) -> None:
    administration.create(propose(client_id))
    first = administration.revoke(client_id)
    assert administration.revoke(client_id) == first
    assert [entry.action for entry in administration.log(client_id)].count("revoked") == 1


def test_two_secrets_work_at_once_for_a_time(
    administration: Administration, client_id: str
) -> None:
    administration.create(propose(client_id))
    administration.rotate(client_id, timedelta(hours=1))
    first, second = administration.find(client_id).generations
    assert (first.number, second.number) == (1, 2)
    assert second.ends is None
    assert first.ends is not None
    assert timedelta(minutes=59) < first.ends - datetime.now(UTC) < timedelta(minutes=61)
    administration.rotate(client_id, timedelta(hours=1))
    assert [each.number for each in administration.find(client_id).generations] == [2, 3]


def test_a_rotation_without_overlap_ends_the_last_secret(
    administration: Administration, client_id: str
) -> None:
    administration.create(propose(client_id))
    administration.rotate(client_id, timedelta())
    assert [each.number for each in administration.find(client_id).generations] == [2]


@pytest.mark.parametrize("overlap", [timedelta(seconds=-1), timedelta(days=91)])
def test_an_overlap_has_limits(
    administration: Administration, client_id: str, overlap: timedelta
) -> None:
    administration.create(propose(client_id))
    with pytest.raises(CredentialError, match="up to 90 days"):
        administration.rotate(client_id, overlap)
    assert len(administration.find(client_id).generations) == 1


def test_secrets_are_made_when_they_are_shown_and_not_stored(
    administration: Administration, connection: Any, client_id: str
) -> None:
    secret = administration.create(propose(client_id))
    rotated = administration.rotate(client_id)
    stored = dump(connection, client_id)
    assert hash_token(secret.token).hex() in stored
    assert len({secret.token, rotated.token, secret.hawk_key, rotated.hawk_key}) == 4
    for each in (secret, rotated):
        assert each.hawk_key is not None
        assert each.token not in stored
        assert each.hawk_key not in stored
        assert each.token not in repr(each)
        assert each.hawk_key not in repr(each)


def test_who_has_the_database_only_cannot_derive_a_key(
    administration: Administration, connection: Any, client_id: str
) -> None:
    secret = administration.create(propose(client_id))
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT salt FROM buildhub_credential_generations WHERE client_id = %s", (client_id,)
        )
        salt = bytes(cursor.fetchone()[0])
    assert derive_hawk_key(MASTER_SECRET, client_id, 1, salt) == secret.hawk_key
    assert derive_hawk_key(MASTER_SECRET, client_id, 2, salt) != secret.hawk_key
    assert derive_hawk_key("", client_id, 1, salt) != secret.hawk_key


def test_without_a_master_secret_there_are_only_tokens(connection: Any, client_id: str) -> None:
    secret = Administration(connection, OPERATOR).create(propose(client_id))
    assert secret.hawk_key is None
    assert secret.token.startswith("bh_")


def test_a_secret_is_shown_to_one_of_those_who_ask_at_once(
    database_url: str, administration: Administration, client_id: str
) -> None:
    administration.request(propose(client_id))
    administration.approve(client_id)
    shown, refused = [], []

    def show() -> None:
        with closing(psycopg2.connect(database_url)) as own:
            try:
                shown.append(Administration(own, OPERATOR, MASTER_SECRET).show(client_id))
            except WrongState as exc:
                refused.append(exc)

    threads = [threading.Thread(target=show) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(shown), len(refused)) == (1, 3)


def test_tables_that_exist_are_left_alone(
    administration: Administration, connection: Any, client_id: str
) -> None:
    administration.request(propose(client_id))
    ensure_tables(connection)
    assert administration.find(client_id).state is State.REQUESTED


BAD_PROPOSALS: list[tuple[dict[str, Any], str, str]] = [
    ({"client_id": ""}, "client_id", "expected up to 64 letters"),
    ({"client_id": "a b"}, "client_id", "'a b': expected"),
    ({"client_id": "a" * 65}, "client_id", "expected up to 64 letters"),
    ({"client_id": "a\r\nX-Evil: 1"}, "client_id", "expected up to 64 letters"),
    ({"client_id": "../a"}, "client_id", "expected up to 64 letters"),
    ({"owner": ""}, "owner", "an account or an e-mail address"),
    ({"owner": "a\nb"}, "owner", "an account or an e-mail address"),
    ({"collections": {}}, "collections", "expected 1 to 50"),
    ({"collections": {"releases": ["read"]}}, "collections", "expected bucket/collection"),
    ({"collections": {"default/builds": ["read"]}}, "collections", "expected bucket/collection"),
    ({"collections": {"a/b/records/c": ["read"]}}, "collections", "expected bucket/collection"),
    ({"collections": {"a/*": ["read"]}}, "collections", "expected bucket/collection"),
    ({"collections": {"a/b": []}}, "collections", "at least one of read, publish, delete"),
    (
        {"collections": {"a/b": ["write"]}},
        "collections",
        "none of the scopes read, publish, d",
    ),
    ({"expires": "soon"}, "expires", "'soon': expected a date"),
    ({"expires": "2001-01-01"}, "expires", "expected a time to come"),
    ({"expires": "9999-12-31"}, "expires", "before 9000"),
    ({"expires": "9999-12-31T23:59:59-23:59"}, "expires", "before 9000"),
    ({"networks": ["fe80::1%1"]}, "networks", "'fe80::1%1': expected IPv4 as such, and no zone"),
    ({"networks": ["fe80::%a b/128"]}, "networks", "expected IPv4 as such, and no zone"),
    ({"networks": ["::ffff:10.0.0.0/104"]}, "networks", "expected IPv4 as such, and no zone"),
    ({"networks": ["192.0.2.1/24"]}, "networks", "has host bits set"),
    ({"networks": ["example.org"]}, "networks", "'example.org' does not appear to be"),
    ({"networks": ["192.0.2.1"] * 51}, "networks", "expected up to 50"),
]


@pytest.mark.parametrize(("changes", "field", "problem"), BAD_PROPOSALS)
def test_a_bad_value_is_named(changes: dict[str, Any], field: str, problem: str) -> None:
    with pytest.raises(BadProposal) as caught:
        propose(**({"client_id": "client"} | changes))
    assert caught.value.field == field
    assert problem in caught.value.problem


def test_a_proposal_is_a_value() -> None:
    assert replace(propose("one", owner="ann"), client_id="two") == propose("two", owner="ann")


def expire(connection: Any, client_id: str) -> None:
    """Let a credential have expired."""
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "UPDATE buildhub_credentials SET expires = now() - interval '1 s' WHERE client_id = %s",
            (client_id,),
        )


def dump(connection: Any, client_id: str) -> str:
    """Return all that the database has of a credential."""
    tables = ("buildhub_credentials", "buildhub_credential_generations", "buildhub_credential_log")
    with connection, connection.cursor() as cursor:
        rows = []
        for table in tables:
            cursor.execute(
                f"SELECT row_to_json({table})::text FROM {table} WHERE client_id = %s",  # noqa: S608
                (client_id,),
            )
            rows += cursor.fetchall()
    return str(rows)
