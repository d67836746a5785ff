"""A server with accounts and a small catalogue, on which every operation's example works."""

import base64
import io
import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg2
import transaction
import webtest
from buildhub_schema import collection_metadata
from buildhub_schema.coverage import coverage_metadata
from kinto.plugins.accounts.scripts import create_user
from kinto_buildhub.api_docs.endpoints.builds import BUILD, RECORD_ID
from kinto_buildhub.credentials.administration import Administration
from kinto_buildhub.credentials.proposals import make_proposal
from kinto_buildhub.credentials.tables import ensure_tables
from kinto_buildhub.credentials.values import Actor
from kinto_buildhub.version import VERSION_FILE

from tests.server.credentials.conftest import MASTER_SECRET, PUBLIC_URL
from tests.server.search.collections import search_of, until

PASSWORD = "correct horse battery staple"
BUCKET = "/v1/buckets/build-hub"
COLLECTION = f"{BUCKET}/collections/releases"
SETTINGS = {
    "kinto.includes": "kinto.plugins.accounts kinto_buildhub",
    "multiauth.policies": "account credential",
    "multiauth.policy.credential.use": "kinto_buildhub.credentials.policy.CredentialPolicy",
    "multiauth.policy.account.use": "kinto_buildhub.access.accounts.AccountsPolicy",
    "kinto.bucket_create_principals": "account:publisher",
    "kinto.account_create_principals": "account:admin",
    "kinto.account_write_principals": "account:admin",
    "kinto.user-data_delete_principals": "account:admin",
    "kinto.version_json_path": str(VERSION_FILE),
    "kinto.buildhub.credential_admins": "account:publisher",
    "kinto.buildhub.credentials_secret": MASTER_SECRET,
    "kinto.buildhub.public_url": PUBLIC_URL,
    "kinto.buildhub.max_password_failures": "0",
    "kinto.buildhub.security_contacts": "mailto:security@example.org",
}
ACCOUNTS = ("publisher", "colleague", "admin")

CREDENTIALS: dict[str, tuple[str, ...]] = {
    "ci-approved": ("approve",),
    "ci-old": ("approve", "show"),
    "ci-publisher": ("approve", "show"),
    "ci-requested": (),
}
"""The credentials of examples, and the steps that were taken with each."""

_RECORDS = 2
_FIRST_MS = 1498140377000


def basic(name: str) -> dict[str, str]:
    """Return the header with which an account signs in."""
    given = base64.b64encode(f"{name}:{PASSWORD}".encode()).decode()
    return {"Authorization": f"Basic {given}"}


@contextmanager
def running_world(
    make_app: Callable[..., webtest.TestApp], database_url: str, folder: Path
) -> Iterator[webtest.TestApp]:
    """Yield a server with the accounts and the catalogue."""
    exports = folder.parent / f"{folder.name}-exports"
    _write_export(exports)
    settings = SETTINGS | {
        "kinto.search.path": str(folder),
        "kinto.buildhub.exports_folder": str(exports),
    }
    make_app(database_url)  # Its tables are there before the search index looks for them.
    app = make_app(database_url, **settings)
    try:
        restore(app)
        until(lambda: app.get(f"{COLLECTION}/_count").json["count"] == _RECORDS, "both are indexed")
        yield app
    finally:
        search_of(app).follower.stop()
        search_of(app).engine.close()


def _write_export(folder: Path) -> None:
    """Write the export that examples ask for, as it was written at the time of the records."""
    export = folder / str(_FIRST_MS)
    export.mkdir(parents=True)
    for name, content in {"builds.csv": "id\n", "SHA256SUMS": f"{'0' * 64}  builds.csv\n"}.items():
        (export / name).write_text(content)
    (folder / "latest").symlink_to(export.name)
    os.utime(export, (_FIRST_MS / 1000, _FIRST_MS / 1000))


def restore(app: webtest.TestApp) -> None:
    """Write the catalogue as it is to be, whatever has become of it."""
    for name in ACCOUNTS:
        if "user" not in app.get("/v1/", headers=basic(name)).json:
            with redirect_stdout(io.StringIO()), transaction.manager:
                create_user({"registry": app.app.registry}, name, PASSWORD)
    for number, (path, body) in enumerate(_bodies().items()):
        data = body.get("data", {}) | {"last_modified": _FIRST_MS + number}
        app.put_json(path, body | {"data": data}, headers=basic("publisher"))
    _restore_credentials(app)


def _restore_credentials(app: webtest.TestApp) -> None:
    """Make a credential for each example that is missing; those that are there cannot go back."""
    scopes = {"build-hub/releases": ["read", "publish"]}
    with closing(psycopg2.connect(app.app.registry.settings["storage_url"])) as connection:
        ensure_tables(connection)
        steps = Administration(connection, Actor("account:publisher", "192.0.2.1"))
        there = {credential.client_id for credential in steps.find_all()}
        for client_id, names in CREDENTIALS.items():
            if client_id not in there:
                owner, now = "account:publisher", datetime.now(UTC)
                proposal = make_proposal(
                    client_id=client_id, owner=owner, collections=scopes, now=now
                )
                steps.request(proposal)
                for name in names:
                    getattr(steps, name)(client_id)


def _bodies() -> dict[str, dict[str, Any]]:
    return {
        BUCKET: {"permissions": {"read": ["system.Everyone"]}},
        COLLECTION: {"data": collection_metadata()},
        f"{COLLECTION}-coverage": {"data": coverage_metadata()},
        f"{COLLECTION}-coverage/records/firefox_beta": {
            "data": {
                "product": "firefox",
                "channel": "beta",
                "checked_by": "walk",
                "complete_until": "2017-06-01T00:00:00Z",
                "checked_until": "2017-06-01T00:15:00Z",
            }
        },
        f"{COLLECTION}/records/{RECORD_ID}": {"data": BUILD},
        f"{COLLECTION}/records/firefox_beta_53-0b9_win64_de": {
            "data": BUILD
            | {
                "target": BUILD["target"] | {"locale": "de"},
                "download": BUILD["download"]
                | {
                    "url": BUILD["download"]["url"].replace("/fr/", "/de/"),
                    "date": "2017-04-04T12:46:15Z",
                },
            }
        },
        f"{BUCKET}/groups/publishers": {"data": {"members": ["account:publisher"]}},
    }
