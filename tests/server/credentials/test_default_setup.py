"""What the settings file that we ship lets nobody do without an account."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
import webtest
from kinto_buildhub.credentials.administration import Administration
from kinto_buildhub.run.accounts import set_password
from kinto_buildhub.run.application import make_application
from kinto_buildhub.run.configuration import PACKAGED_INI, read_ini
from kinto_buildhub.run.migrate import migrate

from tests.conftest import PUBLISHER_HEADERS
from tests.server.credentials.conftest import MASTER_SECRET, OPERATOR, bearer, propose


@pytest.fixture(scope="module")
def settings(make_database: Callable[[], str]) -> dict[str, str]:
    url = make_database()
    changes = {f"kinto.{name}_url": url for name in ("storage", "permission", "cache")}
    changes |= {"kinto.userid_hmac_secret": "tests only"}
    changes |= {"kinto.buildhub.credentials_secret": MASTER_SECRET}
    settings = read_ini(PACKAGED_INI) | changes
    migrate(settings, progress=lambda sentence: None)
    return settings


@pytest.fixture(scope="module")
def default_app(settings: dict[str, str]) -> webtest.TestApp:
    set_password(settings, "publisher", "secret", rotate=False)
    app = webtest.TestApp(make_application(settings), extra_environ={"SCRIPT_NAME": ""})
    app.put_json("/v1/buckets/build-hub", headers=PUBLISHER_HEADERS)
    app.put_json("/v1/buckets/build-hub/collections/releases", headers=PUBLISHER_HEADERS)
    return app


RECORD = {"data": {"id": "x"}}
FORBIDDEN = [
    ("POST", "/v1/accounts", {"data": {"id": "alice", "password": "long enough"}}),
    ("PUT", "/v1/accounts/alice", {"data": {"password": "long enough"}}),
    ("GET", "/v1/accounts", None),
    ("GET", "/v1/accounts/publisher", None),
    ("DELETE", "/v1/accounts", None),
    ("POST", "/v1/buckets", {"data": {"id": "mine"}}),
    ("PUT", "/v1/buckets/mine", None),
    ("GET", "/v1/buckets", None),
    ("DELETE", "/v1/buckets", None),
    ("PUT", "/v1/buckets/build-hub/collections/releases", None),
    ("PUT", "/v1/buckets/build-hub/collections/releases/records/x", RECORD),
    ("POST", "/v1/buckets/build-hub/collections/releases/records", RECORD),
    ("DELETE", "/v1/buckets/build-hub/collections/releases/records", None),
    ("PUT", "/v1/buckets/build-hub/groups/mine", {"data": {"members": []}}),
]


@pytest.mark.parametrize(("method", "path", "body"), FORBIDDEN)
def test_whoever_shows_nothing_is_asked_for_credentials(
    default_app: webtest.TestApp, method: str, path: str, body: object
) -> None:
    send = default_app.request if body is None else getattr(default_app, f"{method.lower()}_json")
    response = (
        send(path, method=method, status=401) if body is None else send(path, body, status=401)
    )
    assert response.json["code"] == 401


@pytest.mark.parametrize(("method", "path", "body"), FORBIDDEN)
def test_no_credential_gets_further(
    default_app: webtest.TestApp, settings: dict[str, str], method: str, path: str, body: object
) -> None:
    with closing(psycopg2.connect(settings["kinto.storage_url"])) as connection:
        administration = Administration(connection, OPERATOR, MASTER_SECRET)
        client_id = f"client{abs(hash((method, path)))}"
        scopes = {"build-hub/other": ["read", "publish", "delete"]}
        headers = bearer(administration.create(propose(client_id, collections=scopes)))
    if body is None:
        default_app.request(path, method=method, headers=headers, status=403)
    else:
        getattr(default_app, f"{method.lower()}_json")(path, body, headers=headers, status=403)


def test_the_settings_file_takes_credentials(default_app: webtest.TestApp) -> None:
    assert default_app.get("/v1/").json["capabilities"]["credentials"]["hawk"] is False
    assert default_app.app.registry.settings["multiauth.policies"] == "account credential"


def test_the_settings_file_gives_nobody_the_credentials_of_others(
    default_app: webtest.TestApp,
) -> None:
    assert default_app.app.registry.buildhub_settings["buildhub.credential_admins"] == ()


def test_a_settings_file_for_an_older_server_goes_on_working(
    settings: dict[str, str], tmp_path: Path
) -> None:
    older = settings | {"multiauth.policies": "account"}
    app = webtest.TestApp(make_application(older), extra_environ={"SCRIPT_NAME": ""})
    assert "credentials" not in app.get("/v1/").json["capabilities"]
