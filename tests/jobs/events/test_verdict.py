"""What becomes of a message: one table for the queue, the webhook and AWS Lambda."""

import pytest
from buildhub.events.verdict import DONE, Fate, Verdict, message_verdict
from buildhub.events.webhook import _STATUSES
from buildhub.lambda_s3_event import _ERRORS

AWAITS = Verdict(Fate.AWAITS_METADATA, "metadata-awaited: of pub/a")
REFUSED = Verdict(Fate.REFUSED, "record-refused: a: target.os")
RETRY = Verdict(Fate.RETRY, "archive-out-of-reach: pub/a")
SKIPPED = Verdict(Fate.SKIPPED, "language-pack")
ABSENT = Verdict(Fate.NOT_IN_ARCHIVE, "file-not-in-archive")
FAULTS = "expected an object with Records, got []"
NOT_UNDERSTOOD = Verdict(Fate.NOT_UNDERSTOOD, f"not-understood: {FAULTS}")


@pytest.mark.parametrize(
    ("faults", "files", "verdict"),
    [
        pytest.param("", [], Verdict(Fate.NOTHING_TO_DO), id="no-files"),
        pytest.param("", [DONE, DONE], DONE, id="all-done"),
        pytest.param("", [DONE, AWAITS], AWAITS, id="one-awaits-metadata"),
        pytest.param("", [REFUSED, AWAITS], REFUSED, id="a-refusal-is-final"),
        pytest.param("", [REFUSED, RETRY], RETRY, id="tried-again-before-it-is-given-up"),
        pytest.param(FAULTS, [], NOT_UNDERSTOOD, id="no-event"),
        pytest.param(FAULTS, [DONE], NOT_UNDERSTOOD, id="a-bad-record-beside-a-good-one"),
        pytest.param(FAULTS, [AWAITS], NOT_UNDERSTOOD, id="a-bad-record-beside-an-early-one"),
        pytest.param(FAULTS, [REFUSED], REFUSED, id="a-bad-record-beside-a-refused-one"),
        pytest.param(FAULTS, [RETRY], RETRY, id="the-good-record-is-tried-again-first"),
    ],
)
def test_message_verdict(faults: str, files: list[Verdict], verdict: Verdict) -> None:
    paths = (f"pub/{number}" for number in range(len(files)))
    assert message_verdict(faults, dict(zip(paths, files, strict=False))) == verdict


def test_files_without_a_record_are_named_whatever_becomes_of_the_message() -> None:
    verdict = message_verdict("", {"a": SKIPPED, "b": ABSENT, "c": DONE, "d": RETRY})
    assert verdict.fate == Fate.RETRY
    assert verdict.skipped == {"a": "language-pack", "b": "file-not-in-archive"}


def test_the_reason_code_is_the_word_before_the_details() -> None:
    assert [each.reason_code for each in (RETRY, DONE)] == ["archive-out-of-reach", ""]


def test_the_webhook_and_lambda_fail_for_the_same_fates() -> None:
    assert set(_STATUSES) == set(_ERRORS) == {Fate.NOT_UNDERSTOOD, Fate.REFUSED, Fate.RETRY}
