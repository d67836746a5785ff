"""Credentials in a real database."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import mohawk
import psycopg2
import pytest
import webtest
from buildhub_schema import collection_metadata
from kinto_buildhub.credentials.administration import Administration
from kinto_buildhub.credentials.proposals import make_proposal
from kinto_buildhub.credentials.tables import ensure_tables
from kinto_buildhub.credentials.values import Actor, Proposal, Secret

from tests.conftest import PUBLISHER_HEADERS

# A server elsewhere, behind a proxy: what `webtest` says of the host must not matter.
PUBLIC_URL = "https://buildhub.example"

MASTER_SECRET = "the master secret of tests, which is long enough"
OPERATOR = Actor("operator")


@pytest.fixture(scope="module")
def database_url(make_database: Callable[[], str]) -> str:
    """A database with the tables of credentials."""
    url = make_database()
    with closing(psycopg2.connect(url)) as connection:
        ensure_tables(connection)
    return url


@pytest.fixture
def connection(database_url: str) -> Iterator[Any]:
    """A connection to it."""
    with closing(psycopg2.connect(database_url)) as connection:
        yield connection


@pytest.fixture
def administration(connection: Any) -> Administration:
    """The steps of an operator."""
    return Administration(connection, OPERATOR, MASTER_SECRET)


def propose(client_id: str, **changes: Any) -> Proposal:
    """Return a proposal to publish to ``build-hub/releases``."""
    values = {
        # Each asks for few.
        "owner": f"{client_id}@example.org",
        "collections": {"build-hub/releases": ["publish"]},
        "now": datetime.now(UTC),
    }
    return make_proposal(client_id=client_id, **(values | changes))


def credential_settings(**changes: str) -> dict[str, str]:
    """Return the settings of a server that takes credentials, and any name and password."""
    return {
        "multiauth.policies": "basicauth credential",
        "multiauth.policy.credential.use": "kinto_buildhub.credentials.policy.CredentialPolicy",
        "kinto.buildhub.credentials_secret": MASTER_SECRET,
        "kinto.buildhub.public_url": PUBLIC_URL,
        "kinto.buildhub.max_password_failures": "0",
    } | changes


MakeApp = Callable[..., webtest.TestApp]


@pytest.fixture(scope="module")
def credential_app(make_app: MakeApp, database_url: str) -> webtest.TestApp:
    """A server that takes credentials, with a public and a private collection."""
    app = make_app(database_url, **credential_settings())
    everyone = {"permissions": {"read": ["system.Everyone"]}}
    app.put_json("/v1/buckets/build-hub", headers=PUBLISHER_HEADERS)
    for collection_id, permissions in (("releases", everyone), ("private", {})):
        path = f"/v1/buckets/build-hub/collections/{collection_id}"
        body = {"data": collection_metadata(), **permissions}
        app.put_json(path, body, headers=PUBLISHER_HEADERS)
    return app


@pytest.fixture
def create(administration: Administration) -> Callable[..., Secret]:
    """A function that makes a credential with scopes on the collections of `credential_app`."""

    def make(*scopes: str, collection: str = "releases", **changes: Any) -> Secret:
        client_id = f"client-{uuid.uuid4().hex[:12]}"
        collections = {f"build-hub/{collection}": scopes or ("read", "publish", "delete")}
        return administration.create(propose(client_id, collections=collections, **changes))

    return make


def bearer(secret: Secret) -> dict[str, str]:
    """Return the header of a request that shows the token."""
    return {"Authorization": f"Bearer {secret.token}"}


def signed(
    secret: Secret,
    method: str,
    path: str,
    body: bytes | None = None,
    content_type: str = "application/json",
    **options: Any,
) -> dict[str, str]:
    """Return the headers of a signed request.

    Args:
        path: with the query; the URL is below `PUBLIC_URL`.
        options: of `mohawk.Sender`; ``url`` for another URL, ``key`` for another key.
    """
    key = options.pop("key", secret.hawk_key)
    url = options.pop("url", PUBLIC_URL + path)
    if body is None:
        options.setdefault("always_hash_content", False)
    else:
        options |= {"content": body, "content_type": content_type}
    credentials = {"id": secret.client_id, "key": key, "algorithm": "sha256"}
    sender = mohawk.Sender(credentials, url, method, **options)
    headers = {"Authorization": sender.request_header}
    return headers if body is None else headers | {"Content-Type": content_type}
