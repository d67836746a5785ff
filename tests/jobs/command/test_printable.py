"""What people see: nothing that controls a terminal, and no credentials."""

import json
from collections.abc import Callable

import pytest
from buildhub.errors import Unavailable
from buildhub.settings import Settings, read_settings
from buildhub_schema.text.printable import printable, printable_json

from tests.jobs.command.processes import shell
from tests.stand_ins.programs import free_port

TEXTS = [
    ("HTTP 404 \x1b]0;title\x07Not Found", r"HTTP 404 \x1b]0;title\x07Not Found"),
    ("a\nlevel=error", r"a\nlevel=error"),
    ("https://user:secret@host/a", "https://…@host/a"),
    ("https://user:se@cret@host:81/a@b", "https://…@host:81/a@b"),
    ("s3://key:secret@bucket and http://token@host", "s3://…@bucket and http://…@host"),
    ("https://host/a@b?c=d@e", "https://host/a@b?c=d@e"),
    ("mail user@host", "mail user@host"),
    ("ja-JP-mac, 日本語", "ja-JP-mac, 日本語"),
]


@pytest.mark.parametrize(("text", "shown"), TEXTS)
def test_printable(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert str(Unavailable(text)) == shown


def test_printable_json_is_the_same_document() -> None:
    document = {"a": "\x1b[31m \x9b31m \u202e é"}
    text = printable_json(json.dumps(document, ensure_ascii=False).encode())
    assert json.loads(text) == document
    assert "\x9b" not in text
    assert "\u202e" not in text


def test_the_archive_s_account_is_no_part_of_its_address() -> None:
    settings = read_settings({"ARCHIVE_URL": "https://user:se%40cret@host:81/a"})
    assert settings.archive_url == "https://host:81/a/"
    assert settings.archive_account == "user:se@cret"
    assert "cret" not in repr(settings)


NAMES = ["ARCHIVE_URL", "SERVER_URL", "QUEUE_URL", "PRODUCT_DETAILS_URL", "S3_ENDPOINT_URL"]
COMMANDS = [
    "buildhub walk",
    "buildhub load",
    "buildhub record pub/firefox/releases/50.0b11/mac/el/Firefox+50.0b11.dmg",
    "buildhub listen --once",
    "buildhub audit --listings --no-index",
    "buildhub init",
    "to-kinto",
]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("is_broken", [False, True])
def test_credentials_in_addresses_are_never_printed(
    command: str, is_broken: bool, make_settings: Callable[..., Settings]
) -> None:
    end = "/v1" if not is_broken else ":no-port/v1"
    address = f"http://user:s3cret@127.0.0.1:{free_port()}{end}"
    done = shell(
        command,
        make_settings(),
        "",
        **dict.fromkeys(NAMES, address),
        INVENTORIES_URL=address,
        NB_RETRY_REQUEST="0",
        LOG_LEVEL="DEBUG",
        AWS_ACCESS_KEY_ID="x",
        AWS_SECRET_ACCESS_KEY="x",
    )
    assert "s3cret" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
