"""The client that lists the bucket: retries, loops, and who it says it is."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from buildhub.archive.bucket.client import open_client
from buildhub.archive.session import open_archive
from buildhub.errors import BadListing, BuildhubError, ConfigError, Unavailable
from buildhub.settings import Settings
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.stand_ins.http_server import running

PAGE = {"items": [{"name": "pub/x", "size": "1", "updated": "2026-01-02T03:04:05Z"}]}
MakeSettings = Callable[..., Settings]


def list_all(settings: Settings) -> list[str]:
    async def ask() -> list[str]:
        async with open_archive(settings) as archive:
            client = open_client(settings, "b", archive.fetcher)
            pages = [page async for page in client.iter_pages("pub/")]
            return [file.path for page in pages for file in page.files]

    return asyncio.run(ask())


class Store:
    """A bucket that answers what it is told to, and a server of tokens."""

    def __init__(self, *answers: Callable[[], web.Response]) -> None:
        self.answers = answers
        self.requests: list[web.Request] = []
        self.token_answers: list[web.Response] = []
        self.token_count = 0
        self._lock = threading.Lock()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/token":
            return self._token()
        self.requests.append(request)
        return self.answers[min(len(self.requests), len(self.answers)) - 1]()

    def _token(self) -> web.Response:
        with self._lock:
            self.token_count += 1
            if self.token_answers:
                return self.token_answers.pop(0)
            token = {"access_token": f"token-{self.token_count}", "expires_in": 3600}
            return web.json_response(token | {"token_type": "Bearer"})


@contextmanager
def store(*answers: Callable[[], web.Response]) -> Iterator[tuple[Store, str]]:
    served = Store(*answers)
    with running(served.handle) as url:
        yield served, url


def page(**more: Any) -> Callable[[], web.Response]:
    return lambda: web.json_response(PAGE | more)


def status(code: int, **headers: str) -> Callable[[], web.Response]:
    return lambda: web.Response(
        status=code, headers={k.replace("_", "-"): v for k, v in headers.items()}
    )


@pytest.mark.parametrize("code", [429, 500, 502, 503, 504])
def test_a_busy_store_is_asked_again_when_it_says(make_settings: MakeSettings, code: int) -> None:
    with store(status(code, Retry_After="1"), page()) as (served, url):
        began = time.monotonic()
        assert list_all(make_settings(GCS_ENDPOINT_URL=url)) == ["pub/x"]
    assert time.monotonic() - began >= 1
    assert len(served.requests) == 2


def test_pages_follow_their_tokens(make_settings: MakeSettings) -> None:
    with store(page(nextPageToken="a/b="), page(nextPageToken="c"), page()) as (served, url):
        assert len(list_all(make_settings(GCS_ENDPOINT_URL=url))) == 3
    assert [each.query.get("pageToken") for each in served.requests] == [None, "a/b=", "c"]
    assert {each.query["prefix"] for each in served.requests} == {"pub/"}
    assert {each.path for each in served.requests} == {"/storage/v1/b/b/o"}


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        pytest.param(page(nextPageToken="a"), BadListing, "leads to itself", id="loop"),
        pytest.param(status(404), Unavailable, "gs://b/pub/: HTTP 404", id="no-bucket"),
        pytest.param(status(401), Unavailable, "401", id="anonymous-is-refused"),
        pytest.param(status(403), Unavailable, "403", id="forbidden"),
        pytest.param(status(503), Unavailable, "503", id="down"),
    ],
)
def test_what_cannot_be_listed_is_named(
    make_settings: MakeSettings,
    answer: Callable[[], web.Response],
    error: type[BuildhubError],
    message: str,
) -> None:
    with store(answer) as (_, url), pytest.raises(error, match=message):
        list_all(make_settings(GCS_ENDPOINT_URL=url))


@pytest.fixture(scope="module")
def key() -> str:
    private = generate_private_key(65537, 2048)
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.fixture
def with_account(
    key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_settings: MakeSettings
) -> Callable[[str], Settings]:
    """Return a function that makes settings of a service account with tokens from a URL."""

    def make(url: str) -> Settings:
        path = tmp_path / "account.json"
        account = {
            "type": "service_account",
            "client_email": "lister@example.iam.gserviceaccount.com",
            "private_key": key,
            "token_uri": f"{url}/token",
        }
        path.write_text(json.dumps(account))
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
        return make_settings(GCS_ENDPOINT_URL=url, GCS_CREDENTIALS="google")

    return make


def test_an_account_lists_with_one_token(
    with_account: Callable[[str], Settings], caplog: pytest.LogCaptureFixture
) -> None:
    with store(page(nextPageToken="a"), page()) as (served, url):
        list_all(with_account(url))
    assert [each.headers["Authorization"] for each in served.requests] == ["Bearer token-1"] * 2
    assert "token-1" not in caplog.text


def test_nobody_lists_without_a_token(make_settings: MakeSettings) -> None:
    with store(page()) as (served, url):
        list_all(make_settings(GCS_ENDPOINT_URL=url))
    assert "Authorization" not in served.requests[0].headers


def test_an_account_that_is_refused_ends_the_run(with_account: Callable[[str], Settings]) -> None:
    refused = {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}
    with store(page()) as (served, url):
        settings = with_account(url)
        served.token_answers = [web.json_response(refused, status=400)]
        with pytest.raises(ConfigError, match="GCS_CREDENTIALS=google: no token"):
            list_all(settings)
    assert served.requests == []


def test_without_an_account_the_setting_is_named(
    make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "missing.json"))
    with pytest.raises(ConfigError, match="GCS_CREDENTIALS=google: "):
        list_all(make_settings(GCS_CREDENTIALS="google"))


def test_a_token_is_not_sent_unencrypted(make_settings: MakeSettings) -> None:
    settings = make_settings(GCS_CREDENTIALS="google", GCS_ENDPOINT_URL="http://store.example")
    with pytest.raises(ConfigError, match="a token is sent by https only"):
        list_all(settings)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ARCHIVE_BUCKET", "name"),
        ("ARCHIVE_BUCKET", "gs://Name"),
        ("ARCHIVE_BUCKET", "gs://name/pub/"),
        ("GCS_CREDENTIALS", "me"),
        ("GCS_ENDPOINT_URL", "storage.example"),
    ],
)
def test_a_setting_that_cannot_work_is_named(
    make_settings: MakeSettings, variable: str, value: str
) -> None:
    with pytest.raises(ConfigError, match=f"environment {variable}: '{value}'"):
        make_settings(**{variable: value})
