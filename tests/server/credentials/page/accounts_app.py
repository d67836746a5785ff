"""An app with accounts, one of which administers credentials."""

from base64 import b64encode
from collections.abc import Callable

import webtest

ACCOUNTS = ("ann", "bob", "admin")

SETTINGS = {
    "kinto.includes": "kinto.plugins.accounts kinto_buildhub",
    "kinto.account_create_principals": "system.Everyone",
    "multiauth.policies": "account credential",
    "multiauth.policy.account.use": "kinto_buildhub.access.accounts.AccountsPolicy",
    "multiauth.policy.credential.use": "kinto_buildhub.credentials.policy.CredentialPolicy",
    "kinto.buildhub.credential_admins": "account:admin",
    "kinto.buildhub.credentials_secret": "the master secret of tests, which is long enough",
}


def make_accounts_app(
    make_app: Callable[..., webtest.TestApp], database_url: str, **settings: str
) -> webtest.TestApp:
    """Return the app, in whose database the tables of credentials are."""
    app = make_app(database_url, **SETTINGS | settings)
    for name in ACCOUNTS:
        app.put_json(f"/v1/accounts/{name}", {"data": {"password": password(name)}}, status=201)
    return app


def password(name: str) -> str:
    return f"the password of {name}"


def basic(name: str) -> dict[str, str]:
    given = b64encode(f"{name}:{password(name)}".encode()).decode()
    return {"Authorization": f"Basic {given}"}
