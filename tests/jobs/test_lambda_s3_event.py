"""The Lambda entry point, with event documents as Lambda hands them over."""

from collections.abc import Callable
from typing import Any

import pytest
from buildhub.errors import BadEvent, ConfigError, Refused, Unavailable
from buildhub.lambda_s3_event import lambda_handler
from buildhub.settings import Settings

from tests.jobs.conftest import AUTH, stored
from tests.stand_ins.sqs import (
    FORMS,
    TEST_MESSAGE,
    direct,
    enveloped,
    queue_to_function,
    s3_record,
)

RELEASE = "pub/firefox/releases/56.0b12/win32/fr/Firefox Setup 56.0b12.exe"
RELEASE_ID = "firefox_beta_56-0b12_win32_fr"


@pytest.fixture
def settings(
    make_settings: Callable[..., Settings],
    live_server: str,
    sample_archive: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Settings:
    settings = make_settings(SERVER_URL=live_server, ARCHIVE_URL=sample_archive)
    for name, value in {
        "SERVER_URL": live_server,
        "BUCKET": settings.bucket_id,
        "COLLECTION": settings.collection_id,
        "AUTH": AUTH,
        "ARCHIVE_URL": sample_archive,
        "CACHE_FOLDER": str(settings.cache_path.parent),
        "NB_RETRY_REQUEST": "0",
    }.items():
        monkeypatch.setenv(name, value)
    return settings


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_every_form_of_an_event_publishes_its_build(
    form: Callable[..., dict[str, Any]], settings: Settings
) -> None:
    returned = lambda_handler(form(s3_record(RELEASE, 39_483_912)), None)
    assert returned["published"] == 1
    record = stored(settings)[RELEASE_ID]
    assert record["download"]["size"] == 39_483_912
    assert record["download"]["date"] == "2018-08-08T09:31:05Z"
    assert record["build"]["id"]


def test_an_event_about_no_build_publishes_nothing(settings: Settings) -> None:
    assert lambda_handler(TEST_MESSAGE)["published"] == 0
    assert lambda_handler(direct(s3_record(f"{RELEASE}.asc")))["published"] == 0


def test_what_cannot_be_understood_fails_after_the_rest_was_published(settings: Settings) -> None:
    event = direct(s3_record(RELEASE), s3_record("pub/x", eventTime="never"))
    with pytest.raises(BadEvent, match=r"eventTime: .*'never'"):
        lambda_handler(event)
    assert RELEASE_ID in stored(settings)


@pytest.mark.parametrize(
    ("changes", "failure"),
    [
        ({"AUTH": ""}, ConfigError),
        ({"BUILDHUB_TOKEN": "bh_beside_the_account"}, ConfigError),
        ({"AUTH": "", "BUILDHUB_TOKEN": "bh_of_nobody"}, Refused),
        ({"SERVER_URL": "http://127.0.0.1:1/v1"}, Unavailable),
        ({"ARCHIVE_URL": "http://127.0.0.1:1"}, Unavailable),
        ({"PRODUCTS": "netscape"}, ConfigError),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_what_is_not_published_fails_so_that_lambda_calls_again(
    changes: dict[str, str],
    failure: type[Exception],
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in changes.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(failure):
        lambda_handler(direct(s3_record(RELEASE)))


BROKEN = direct(s3_record("pub/x", eventTime="never"))


def test_of_a_queue_s_messages_only_those_that_failed_come_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPORT_BATCH_ITEM_FAILURES", "true")
    event = queue_to_function(BROKEN, enveloped(s3_record(RELEASE)), TEST_MESSAGE)
    assert lambda_handler(event) == {"batchItemFailures": [{"itemIdentifier": "0"}]}
    assert RELEASE_ID in stored(settings)
    event = queue_to_function(direct(s3_record(RELEASE)))
    assert lambda_handler(event) == {"batchItemFailures": []}


def test_messages_whose_archive_is_down_come_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPORT_BATCH_ITEM_FAILURES", "true")
    monkeypatch.setenv("ARCHIVE_URL", "http://127.0.0.1:1")
    event = queue_to_function(direct(s3_record(RELEASE)), direct(s3_record(f"{RELEASE}.asc")))
    assert lambda_handler(event) == {"batchItemFailures": [{"itemIdentifier": "0"}]}


def test_without_the_setting_a_message_that_failed_fails_them_all(settings: Settings) -> None:
    """Lambda takes an answer for success where the trigger does not ask for failures."""
    with pytest.raises(BadEvent):
        lambda_handler(queue_to_function(BROKEN, direct(s3_record(RELEASE))))


def test_events_that_are_no_queue_s_are_handled_as_ever(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPORT_BATCH_ITEM_FAILURES", "true")
    assert lambda_handler(direct(s3_record(RELEASE)))["published"] == 1


@pytest.mark.parametrize("message_id", [None, 7, ["a"], {}])
def test_a_message_whose_id_is_no_text_is_an_event_as_any_other(
    message_id: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPORT_BATCH_ITEM_FAILURES", "true")
    event = queue_to_function(direct(s3_record(RELEASE)))
    event["Records"][0]["messageId"] = message_id
    assert lambda_handler(event)["published"] == 1
