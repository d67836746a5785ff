"""Each kind of user there is: how one shows who they are."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg2
import webtest
from kinto_buildhub.credentials.administration import Administration
from kinto_buildhub.credentials.proposals import make_proposal
from kinto_buildhub.credentials.values import Actor, Secret

from tests.server.api_docs.sending import Request
from tests.server.api_docs.world import basic
from tests.server.credentials.conftest import MASTER_SECRET, bearer, signed
from tests.server.credentials.test_administration import expire

Headers = dict[str, str]
Sign = Callable[[Request], Headers]


@contextmanager
def all_users(app: webtest.TestApp) -> Iterator[dict[str, Sign]]:
    """Yield a function for each user that returns the headers of a request of theirs."""
    with closing(psycopg2.connect(app.app.registry.settings["storage_url"])) as connection:
        administration = Administration(connection, Actor("operator"), MASTER_SECRET)

        def create(name: str, *scopes: str) -> Secret:
            return administration.create(
                make_proposal(
                    client_id=name,
                    owner="colleague@example.org",
                    collections={"build-hub/releases": scopes},
                    now=datetime.now(UTC),
                )
            )

        revoked, expired = (create(name, "publish", "delete") for name in ("revoked", "expired"))
        administration.revoke("revoked")
        expire(connection, "expired")
        yield {
            "anonymous": lambda request: {},
            "colleague": _always(basic("colleague")),
            "read": _always(bearer(create("reader", "read"))),
            "publish": _always(bearer(create("writer", "publish"))),
            "delete": _always(bearer(create("deleter", "delete"))),
            "hawk": _signing(create("signer", "read", "publish", "delete")),
            "revoked": _always(bearer(revoked)),
            "expired": _always(bearer(expired)),
            "publisher": _always(basic("publisher")),
            "admin": _always(basic("admin")),
        }


def _always(headers: Headers) -> Sign:
    return lambda request: headers


def _signing(secret: Secret) -> Sign:
    def sign(request: Request) -> Headers:
        content: dict[str, Any] = {}
        if request.method not in ("GET", "HEAD"):
            kind = request.content_type or "application/json"
            content = {"body": request.body, "content_type": kind}
        return signed(secret, request.method, request.url, **content)

    return sign
