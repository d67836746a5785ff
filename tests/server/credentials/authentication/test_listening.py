"""Who listens to changes with a credential is looked at again while the stream is open."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import webtest
from kinto_buildhub.changes.source import ChangeSource
from kinto_buildhub.client_presence import Client, answering
from kinto_buildhub.credentials.administration import Administration
from kinto_buildhub.credentials.values import Secret

from tests.server.credentials.conftest import bearer, signed

PATH = "/v1/buckets/build-hub/collections/private/changes"
NOW = timedelta(0)

Create = Callable[..., Secret]

SHOWN: dict[str, Callable[[Secret], dict[str, str]]] = {
    "token": bearer,
    # A signature is for one request: showing it again would be an attack.
    "signature": lambda secret: signed(secret, "GET", PATH),
}
ENDS: dict[str, Callable[[Administration, str], Any]] = {
    "revoked": lambda administration, client_id: administration.revoke(client_id),
    "rotated": lambda administration, client_id: administration.rotate(client_id, NOW),
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("kind", SHOWN)
def test_a_credential_is_good_until_it_ends(
    credential_app: webtest.TestApp,
    create: Create,
    administration: Administration,
    kind: str,
    end: str,
) -> None:
    secret = create("read", collection="private")
    client = Client(lambda: False)
    with answering(client):
        credential_app.get(PATH, headers=SHOWN[kind](secret), status=200)
    listener: Any = client.open_answer
    try:
        source = ChangeSource(credential_app.app.registry.storage)
        assert [source.may_read(listener.reader) for _ in range(3)] == [True] * 3
        ENDS[end](administration, secret.client_id)
        assert source.may_read(listener.reader) is False
    finally:
        listener.on_closed()


@pytest.mark.parametrize("kind", SHOWN)
def test_a_credential_without_the_scope_may_not_listen(
    credential_app: webtest.TestApp, create: Create, kind: str
) -> None:
    secret = create("read", collection="releases")
    credential_app.get(PATH, headers=SHOWN[kind](secret), status=403)
