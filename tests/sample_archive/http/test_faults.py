"""Each fault, as a reader meets it."""

import time
from collections.abc import Sequence
from pathlib import Path

import pytest
import requests
from buildhub_sample_archive import Fault, running_sample_archive
from buildhub_sample_archive.http.faults import FAULT_KINDS, Faults, parse_fault

DOCS = Path(__file__).parents[3] / "docs"
FOLDER = "pub/firefox/candidates/56.0b12-candidates/build1/win32/en-US/"
JSON_FILE = f"{FOLDER}firefox-56.0b12.json"


def ask(faults: Sequence[Fault], *paths: str) -> list[requests.Response]:
    """Ask a server with *faults* for each of *paths*, in turn."""
    with running_sample_archive("tiny", "s3", faults) as url, requests.Session() as session:
        session.headers["Accept"] = "application/json"
        return [session.get(f"{url}/{path}", timeout=10) for path in paths]


def test_missing_ends_after_the_given_number_of_requests() -> None:
    answers = ask([Fault("missing", r"\.json$", times=2)], *[JSON_FILE] * 3, FOLDER)
    assert [answer.status_code for answer in answers] == [404, 404, 200, 200]


def test_a_path_is_counted_for_itself() -> None:
    answers = ask([Fault("unavailable", times=1)], FOLDER, JSON_FILE, FOLDER)
    assert [answer.status_code for answer in answers] == [503, 503, 200]
    assert "Retry-After" not in answers[0].headers


def test_busy_says_when_to_come_back() -> None:
    (answer,) = ask([Fault("busy", seconds=7)], FOLDER)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "7")


def test_error_is_what_the_listing_service_sends_when_its_store_fails() -> None:
    (answer,) = ask([Fault("error")], FOLDER)
    assert (answer.status_code, answer.text) == (500, "Internal Server Error.")


@pytest.mark.parametrize(("kind", "start"), [("html", "<!DOCTYPE html>"), ("xml", "<?xml")])
def test_another_document_comes_as_a_success(kind: str, start: str) -> None:
    for answer in ask([Fault(kind)], FOLDER, JSON_FILE):
        assert answer.status_code == 200
        assert answer.text.startswith(start)


def test_octet_stream_has_the_right_body() -> None:
    listing, metadata = ask([Fault("octet-stream")], FOLDER, JSON_FILE)
    for answer in (listing, metadata):
        assert answer.headers["Content-Type"] == "application/octet-stream"
    assert metadata.json()["moz_update_channel"] == "beta"


def test_a_nameless_file_is_listed_first() -> None:
    (answer,) = ask([Fault("nameless")], FOLDER)
    first, second, *_ = answer.json()["files"]
    assert (first["name"], first["size"]) == ("", 0)
    assert second["name"]


def test_a_listed_file_may_be_missing() -> None:
    listing, metadata = ask([Fault("listed-only")], FOLDER, JSON_FILE)
    assert JSON_FILE.removeprefix(FOLDER) in {file["name"] for file in listing.json()["files"]}
    assert metadata.status_code == 404


def test_without_metadata_there_are_builds_still() -> None:
    listing, metadata = ask([Fault("no-metadata")], FOLDER, JSON_FILE)
    names = {file["name"] for file in listing.json()["files"]}
    assert "Firefox Setup 56.0b12.exe" in names
    assert not any(name.endswith((".json", ".txt")) for name in names)
    assert metadata.status_code == 404


def test_a_truncated_answer_breaks_off() -> None:
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        ask([Fault("truncated")], FOLDER)


def test_a_delayed_answer_comes_late_and_right() -> None:
    start = time.monotonic()
    (answer,) = ask([Fault("delay", seconds=0.3)], FOLDER)
    assert time.monotonic() - start >= 0.3
    assert answer.json()["files"]


def test_a_rate_chooses_the_same_share_of_paths_every_time() -> None:
    paths = [f"/pub/{number}" for number in range(2_000)]
    fault = Fault("busy", rate=0.1, seed=1)
    chosen = [path for path in paths if fault.applies_to(path)]
    assert chosen == [path for path in paths if Fault("busy", rate=0.1, seed=1).applies_to(path)]
    assert 140 < len(chosen) < 260
    assert chosen != [path for path in paths if Fault("busy", rate=0.1, seed=2).applies_to(path)]


def test_two_faults_can_meet_one_request() -> None:
    due = Faults([Fault("delay"), Fault("octet-stream"), Fault("busy", "elsewhere")]).due("/pub/")
    assert set(due) == {"delay", "octet-stream"}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("html", Fault("html")),
        ("busy,times=2,seconds=0@.*json$", Fault("busy", ".*json$", times=2, seconds=0)),
        ("missing,rate=0.5,seed=3@a,b@c", Fault("missing", "a,b@c", rate=0.5, seed=3)),
    ],
)
def test_a_fault_is_read_from_the_command_line(text: str, fault: Fault) -> None:
    assert parse_fault(text) == fault


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("broken", "fault 'broken': expected one of missing, unavailable"),
        ("busy,often=1", "option 'often' in fault 'busy,often=1': expected one of rate, times"),
        ("busy,times=x", "option 'times' in fault 'busy,times=x': 'x' is not a number"),
        ("busy@(", r"pattern '\(' in fault"),
    ],
)
def test_a_fault_that_is_none_is_refused_by_name(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_fault(text)


def test_every_kind_is_on_the_page_of_the_sample_archive() -> None:
    page = (DOCS / "explanation" / "sample-archive.rst").read_text()
    for kind, meaning in FAULT_KINDS.items():
        assert f"``{kind}``" in page
        assert meaning.partition(":")[0].partition(",")[0].replace("*", "") in page.replace("*", "")
