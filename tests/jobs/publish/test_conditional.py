"""News of single files, beside what is stored: who gives way, and what is kept."""

import pytest
from buildhub.publish.conditional import Claim, decide
from buildhub.publish.deferred import Conflict
from buildhub.rules.paths import parse_path

ROOT = "https://archive.mozilla.org/"
FOLDER = "pub/firefox/releases/1.5/linux-i686/pl"
PLAIN = f"{FOLDER}/firefox-1.5.tar.gz"
INSTALLER = f"{FOLDER}/firefox-1.5.installer.tar.gz"
FACTS = {"build": {"id": "20051111"}, "source": {"product": "firefox", "revision": "a" * 12}}
EVENT, LISTED = "2018-08-08T09:31:05Z", "2018-08-08T09:31:04Z"


def record(path=PLAIN, date=EVENT, size=1000, facts=None):
    download = {"url": f"{ROOT}{path}", "size": size, "mimetype": "x", "date": date}
    plain = {"id": "firefox_1-5_linux-i686_pl", "source": {"product": "firefox"}}
    return plain | (facts or {}) | {"download": download}


def claim(path=PLAIN, *, by_event=True, **told):
    has_metadata = "facts" in told
    return Claim(parse_path(path), record(path, **told), has_metadata, by_event)


@pytest.mark.parametrize(
    ("news", "stored", "result"),
    [
        pytest.param(claim(), None, record(), id="nothing-stored"),
        pytest.param(
            claim(), record(date=LISTED), record(date=LISTED), id="date-of-an-event-gives-way"
        ),
        pytest.param(
            claim(by_event=False, date=LISTED), record(), record(date=LISTED), id="listing-knows"
        ),
        pytest.param(claim(), record(facts=FACTS), record(facts=FACTS), id="metadata-are-not-lost"),
        pytest.param(
            claim(facts=FACTS), record(), record(facts=FACTS), id="metadata-complete-a-record"
        ),
        pytest.param(
            claim(size=7), record(facts=FACTS), record(size=7), id="another-file-at-the-same-path"
        ),
        pytest.param(
            claim(), record(INSTALLER, facts=FACTS), record(), id="the-preferred-file-takes-over"
        ),
        pytest.param(
            claim(), {"id": "x", "download": "?"}, record(), id="what-is-no-record-gives-way"
        ),
    ],
)
def test_what_is_stored_in_the_end(news, stored, result):
    assert decide(news, stored, ROOT) == result


def test_a_rival_is_left_out_and_says_for_whom():
    found = decide(claim(INSTALLER, facts=FACTS), record(), ROOT)
    assert isinstance(found, Conflict)
    assert (found.path, found.winner_path) == (INSTALLER, PLAIN)
