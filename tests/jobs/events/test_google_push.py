"""Events that Pub/Sub pushes, with the tokens of a service account."""

import asyncio
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
import requests
from aiohttp import web
from buildhub.aio.retry_policy import RetryPolicy
from buildhub.archive.fetch import Fetcher
from buildhub.errors import ConfigError, Unavailable
from buildhub.events.google_tokens import BadToken, GoogleTokens
from buildhub.settings import Settings
from buildhub_sample_archive import SampleArchive
from buildhub_sample_archive.notifications import notification
from buildhub_sample_archive.objects import File

from tests.jobs.conftest import stored
from tests.jobs.events.test_webhook import serving
from tests.stand_ins.google_account import AUDIENCE, EMAIL, Certificates, GoogleAccount
from tests.stand_ins.http_server import running
from tests.stand_ins.pubsub import pushed

RELEASE = "pub/firefox/releases/56.0b12/win32/fr/Firefox Setup 56.0b12.exe"
RELEASE_ID = "firefox_beta_56-0b12_win32_fr"
ACCOUNT = GoogleAccount()
STRANGER = GoogleAccount()  # With the same key ID.


@pytest.fixture
def certificates() -> Iterator[tuple[Certificates, str]]:
    serving_certificates = Certificates(ACCOUNT)
    with running(serving_certificates.handle) as url:
        yield serving_certificates, f"{url}/certs"


@pytest.fixture
def settings(
    make_settings: Callable[..., Settings],
    live_server: str,
    sample_archive: str,
    certificates: tuple[Certificates, str],
) -> Settings:
    return make_settings(
        SERVER_URL=live_server,
        ARCHIVE_URL=sample_archive,
        PUBSUB_AUDIENCE=AUDIENCE,
        PUBSUB_ACCOUNT=EMAIL,
        PUBSUB_KEYS_URL=certificates[1],
        NB_RETRY_REQUEST="0",
    )


def push(url: str, token: str) -> requests.Response:
    """Push the notification of a release as Pub/Sub does."""
    file = SampleArchive("tiny").find(RELEASE)
    assert isinstance(file, File)
    told = notification("productdelivery", RELEASE, file)
    headers = {"Authorization": f"Bearer {token}"}
    return requests.post(url, json=pushed(*told), headers=headers, timeout=30)


def test_what_is_pushed_is_answered_when_its_build_is_published(settings: Settings) -> None:
    with serving(settings) as (url, done):
        answer = push(url, ACCOUNT.token())
        assert (answer.status_code, answer.json()["files"]) == (200, 1)
        assert RELEASE_ID in stored(settings)
        assert push(url, "another.to.ken").status_code == 401
        assert push(url, "password").status_code == 401
    assert done.messages == 1


def test_a_token_that_senders_know_works_beside(settings: Settings) -> None:
    with serving(replace(settings, listen_token="known")) as (url, _):
        assert push(url, "known").status_code == 200
        assert push(url, ACCOUNT.token()).status_code == 200


def test_where_the_certificates_are_out_of_reach_it_is_pushed_again(settings: Settings) -> None:
    async def down(_: web.Request) -> web.Response:
        return web.Response(status=503)

    with running(down) as keys, serving(replace(settings, pubsub_keys_url=keys)) as (url, _):
        answers = [push(url, ACCOUNT.token()) for _ in range(3)]
    assert [each.status_code for each in answers] == [503] * 3
    assert all(each.headers["Retry-After"] for each in answers)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"pubsub_account": None}, "PUBSUB_ACCOUNT is not set"),
        ({"pubsub_audience": None}, "PUBSUB_AUDIENCE is not set"),
        ({"pubsub_audience": None, "pubsub_account": None}, "LISTEN_TOKEN is not set"),
    ],
)
def test_settings_that_are_missing_are_named(
    changes: dict[str, Any], named: str, settings: Settings
) -> None:
    from buildhub.events.webhook import serve_webhook

    job = serve_webhook(replace(settings, **changes), "127.0.0.1", 0, stop=asyncio.Event())
    summary = asyncio.run(job)
    assert isinstance(summary.failure, ConfigError)
    assert named in str(summary.failure)


def check(url: str, *tokens: str, clock: Callable[[], float] = time.monotonic) -> list[str]:
    """Return what is wrong with each token; "" for nothing."""

    async def run() -> list[str]:
        async with aiohttp.ClientSession() as session:
            fetcher = Fetcher(session, parallel=1, retry_policy=RetryPolicy(0))
            checker = GoogleTokens(fetcher, url, AUDIENCE, EMAIL, clock=clock)
            found = []
            for token in tokens:
                try:
                    await checker.check(token)
                    found.append("")
                except (BadToken, Unavailable) as exc:
                    found.append(str(exc))
            return found

    return asyncio.run(run())


NOW = int(time.time())
# Other claims than Pub/Sub's, and what is said of them.
REFUSED = [
    pytest.param({"aud": "https://elsewhere.example"}, "wrong audience", id="audience"),
    pytest.param({"aud": None}, "wrong audience", id="no-audience"),
    pytest.param({"aud": [AUDIENCE]}, "wrong audience", id="audiences"),
    pytest.param({"iss": "https://issuer.example"}, "not issued by Google", id="issuer"),
    pytest.param({"email": "x@example.org"}, f"not of {EMAIL}", id="account"),
    pytest.param({"email": None}, f"not of {EMAIL}", id="no-account"),
    pytest.param({"email_verified": False}, f"not of {EMAIL}", id="unverified"),
    pytest.param({"email_verified": "true"}, f"not of {EMAIL}", id="verified-text"),
    pytest.param({"iat": NOW - 7200, "exp": NOW - 3600}, "expired", id="expired"),
    pytest.param({"iat": NOW + 3600, "exp": NOW + 7200}, "too early", id="future"),
    pytest.param({"exp": None}, "exp", id="without-end"),
]


@pytest.mark.parametrize(("changes", "reason"), REFUSED)
def test_tokens_with_other_claims_are_refused(
    changes: dict[str, Any], reason: str, certificates: tuple[Certificates, str]
) -> None:
    [found] = check(certificates[1], ACCOUNT.token(**changes))
    assert reason in found


def _unsigned() -> str:
    _, payload, _ = ACCOUNT.token().split(".")
    none = b64encode(b'{"alg":"none","typ":"JWT","kid":"key-1"}').decode().rstrip("=")
    return f"{none}.{payload}.AAAA"


FORGED = [
    pytest.param(STRANGER.token(), "signature", id="another-key"),
    pytest.param(_unsigned(), "algorithm", id="no-algorithm"),
    pytest.param(ACCOUNT.token()[:-8] + "AAAAAAAA", "signature", id="changed-signature"),
    pytest.param("a.b.c", "", id="no-token"),
    pytest.param("", "", id="empty"),
]


@pytest.mark.parametrize(("token", "reason"), FORGED)
def test_forged_tokens_are_refused(
    token: str, reason: str, certificates: tuple[Certificates, str]
) -> None:
    [found] = check(certificates[1], token)
    assert found
    assert reason in found


def test_certificates_are_kept_and_those_of_new_keys_are_fetched(
    certificates: tuple[Certificates, str],
) -> None:
    served, url = certificates
    newer, unknown = GoogleAccount("key-2"), GoogleAccount("key-3")
    times = iter([0.0, 0.0, 1.0, 2.0, 20.0, 20.0, 21.0, 4000.0, 4000.0])
    served.accounts.append(newer)
    tokens = [each.token() for each in (ACCOUNT, newer, unknown, unknown, newer, newer)]
    found = check(url, *tokens, clock=lambda: next(times))
    assert [bool(each) for each in found] == [False, False, True, True, False, False]
    assert served.request_count == 3, "at first, for what is unknown, and when they are old"
