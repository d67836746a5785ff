"""Delivering to a webhook: what its receiver verifies, and what becomes of the rest."""

import asyncio
import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from buildhub.aio.retry_policy import RetryPolicy
from buildhub.errors import ConfigError, DiskFailure
from buildhub.setting_parsers import webhook_secret, webhook_signing_key
from buildhub.watch.dead_letters import DeadLetters
from buildhub.watch.receiver import Receiver, make_message
from buildhub.watch.signatures import Signer
from cryptography.exceptions import InvalidSignature
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import make_record
from tests.jobs.conftest import QUICK
from tests.jobs.watch.hooks import SECRET, SIGNING_KEY, receiving, verify_ed25519

RETRIES = 3
SIGNER = Signer(webhook_secret(SECRET), webhook_signing_key(SIGNING_KEY))


def make_records(count: int = 1) -> list[dict[str, Any]]:
    return [
        make_record(last_modified=1_498_140_377_629 + number, id=f"r{number}", text="é\n")
        for number in range(count)
    ]


class Told(list[str]):
    """What was reported."""


def deliver(
    url: str, folder: Path, records: Sequence[dict[str, Any]], **options: Any
) -> tuple[DeadLetters, Told]:
    letters, told = DeadLetters(folder / "dead.ndjson"), Told()
    defaults: dict[str, Any] = {
        "policy": RetryPolicy(RETRIES, QUICK),
        "timeout_seconds": 5.0,
        "allows_private": True,
        "report": told.append,
    }

    async def work() -> None:
        async with Receiver(url, SIGNER, letters, **defaults | options) as receiver:
            for record in records:
                await receiver.deliver(record)

    asyncio.run(work())
    return letters, told


def test_a_receiver_that_uses_the_public_library_verifies_what_is_sent(tmp_path: Path) -> None:
    records = make_records(3)
    with receiving() as hook:
        letters, told = deliver(hook.url, tmp_path, records)
    assert hook.records == records
    assert (letters.count, told) == (0, [])
    message = next(iter(hook.taken.values()))
    assert message["type"] == "build.published"
    assert message["timestamp"] == "2017-06-22T14:06:17.629Z"


@pytest.mark.parametrize(
    "statuses",
    [
        pytest.param([500, 200], id="an-error"),
        pytest.param([503, 429, 200], id="busy-twice"),
        pytest.param([404, 400, 401, 200], id="a-receiver-that-is-being-set-up"),
    ],
)
def test_what_is_not_taken_is_sent_again_under_its_id_before_the_next(
    tmp_path: Path, statuses: list[int]
) -> None:
    with receiving(statuses) as hook:
        letters, _ = deliver(hook.url, tmp_path, make_records(2))
    first, second = hook.taken
    assert hook.tries == [first] * len(statuses) + [second]
    assert letters.count == 0


def test_a_connection_that_breaks_is_tried_again(tmp_path: Path) -> None:
    with receiving(lambda number: None if number < 2 else 200) as hook:
        deliver(hook.url, tmp_path, make_records())
    assert len(hook.tries) == 3
    assert hook.records == make_records()


@pytest.mark.parametrize(
    ("status", "tries"), [(500, RETRIES + 1), (400, RETRIES + 1), (410, 1), (302, 1), (413, 1)]
)
def test_what_is_given_up_is_told_and_kept_and_the_next_is_sent(
    tmp_path: Path, status: int, tries: int
) -> None:
    first, second = make_records(2)
    with receiving([status] * tries) as hook:
        letters, told = deliver(f"{hook.url}?key=hidden", tmp_path, [first, second])
    assert len(hook.tries) == tries + 1
    assert hook.records == [second]
    (line,) = letters.path.read_text().splitlines()
    kept = json.loads(line)
    assert kept["webhook_id"] == hook.tries[0]
    assert kept["body"]["data"] == first
    assert str(status) in kept["problem"]
    assert letters.path.stat().st_mode & 0o777 == 0o600
    (sentence,) = told
    assert "r0 was not delivered" in sentence
    assert "hidden" not in sentence + line


def test_nobody_is_lost_where_the_disk_is_full(tmp_path: Path) -> None:
    (tmp_path / "dead.ndjson").mkdir()
    with receiving([410]) as hook, pytest.raises(DiskFailure, match=r"dead\.ndjson"):
        deliver(hook.url, tmp_path, make_records())


@pytest.mark.parametrize("host", ["localhost", "0x7f.1"])
def test_a_name_that_leads_into_a_private_network_gets_nothing(tmp_path: Path, host: str) -> None:
    with receiving() as hook:
        url = hook.url.replace("127.0.0.1", host)
        letters, told = deliver(url, tmp_path, make_records(), allows_private=False)
    assert hook.tries == []
    assert letters.count == 1
    assert "no address of the internet" in told[0]


@pytest.mark.parametrize(
    ("url", "part"),
    [
        ("ftp://example.org/x", "expected one as https://host/path"),
        ("hooks", "expected one as https://host/path"),
        ("https://me:secret@example.org/x", "contains a name or password"),
        ("https://127.0.0.1/x", "no address of the internet"),
        ("https://[::1]:8000/x", "no address of the internet"),
    ],
)
def test_an_address_that_cannot_be_a_webhook_is_refused(
    tmp_path: Path, url: str, part: str
) -> None:
    with pytest.raises(ConfigError, match=part):
        deliver(url, tmp_path, [], allows_private=False)


def test_ed25519_is_verified_with_the_public_key_alone() -> None:
    message_id, body = make_message(make_records()[0])
    headers = SIGNER.sign(message_id, 1_700_000_000, body).headers
    assert SIGNER.public_key is not None
    verify_ed25519(SIGNER.public_key, headers, body)
    with pytest.raises(InvalidSignature):
        verify_ed25519(SIGNER.public_key, headers, body + b" ")


@given(st.dictionaries(st.text(), st.text() | st.integers(-(2**53), 2**53)))
def test_the_same_change_makes_the_same_message(fields: dict[str, Any]) -> None:
    document = {**fields, "id": "r", "last_modified": 1}
    again = dict(reversed(document.items()))
    assert make_message(document) == make_message(again)
    assert make_message(document)[0] != make_message({**document, "last_modified": 2})[0]


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (webhook_secret, "whsec_" + base64.b64encode(bytes(23)).decode()),
        (webhook_secret, "whsec_" + base64.b64encode(bytes(65)).decode()),
        (webhook_secret, base64.b64encode(bytes(24)).decode()),
        (webhook_secret, "whsec_???"),
        (webhook_signing_key, "whsk_" + base64.b64encode(bytes(33)).decode()),
        (webhook_signing_key, SECRET),
    ],
)
def test_a_key_that_is_none_is_refused_without_being_shown(parse: Any, text: str) -> None:
    with pytest.raises(ValueError, match=r"^expected wh(sec|sk)_ and") as caught:
        parse(text)
    assert text not in str(caught.value)


def test_without_a_key_nothing_is_sent() -> None:
    with pytest.raises(ConfigError, match="BUILDHUB_WEBHOOK_SECRET"):
        Signer(None, None)
