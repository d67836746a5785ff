"""A proposed record beside what is stored: which gives way, and what is kept."""

import pytest
from buildhub.publish.conditional import ProposedRecord, decide
from buildhub.publish.deferred import Conflict
from buildhub.rules.paths import parse_path

ROOT = "https://archive.mozilla.org/"
FOLDER = "pub/firefox/releases/1.5/linux-i686/pl"
PLAIN = f"{FOLDER}/firefox-1.5.tar.gz"
INSTALLER = f"{FOLDER}/firefox-1.5.installer.tar.gz"
FACTS = {"build": {"id": "20051111"}, "source": {"product": "firefox", "revision": "a" * 12}}
EVENT, LISTED = "2018-08-08T09:31:05Z", "2018-08-08T09:31:04Z"


KNOWN = {"md5": "0" * 32, "expires": "2027-08-08T09:31:04Z"}


def record(path=PLAIN, date=EVENT, size=1000, facts=None, known=None):
    download = {"url": f"{ROOT}{path}", "size": size, "mimetype": "x", "date": date}
    download |= known or {}
    plain = {"id": "firefox_1-5_linux-i686_pl", "source": {"product": "firefox"}}
    return plain | (facts or {}) | {"download": download}


def proposed(path=PLAIN, *, by_event=True, **changes):
    has_metadata = "facts" in changes
    return ProposedRecord(parse_path(path), record(path, **changes), has_metadata, by_event)


@pytest.mark.parametrize(
    ("new", "stored", "result"),
    [
        pytest.param(proposed(), None, record(), id="nothing-stored"),
        pytest.param(
            proposed(), record(date=LISTED), record(date=LISTED), id="date-of-an-event-gives-way"
        ),
        pytest.param(
            proposed(by_event=False, date=LISTED), record(), record(date=LISTED), id="listing-knows"
        ),
        pytest.param(
            proposed(), record(facts=FACTS), record(facts=FACTS), id="metadata-are-not-lost"
        ),
        pytest.param(
            proposed(facts=FACTS), record(), record(facts=FACTS), id="metadata-complete-a-record"
        ),
        pytest.param(
            proposed(),
            record(date=LISTED, known=KNOWN),
            record(date=LISTED, known=KNOWN),
            id="what-only-the-bucket-knows-stays",
        ),
        pytest.param(
            proposed(by_event=False),
            record(date=LISTED, known=KNOWN),
            record(),
            id="but-not-of-the-file-that-was-there-before",
        ),
        pytest.param(
            proposed(),
            record(date=LISTED, known={"expired": EVENT}),
            record(date=LISTED),
            id="who-comes-again-is-not-gone",
        ),
        pytest.param(
            proposed(size=7),
            record(facts=FACTS),
            record(size=7),
            id="another-file-at-the-same-path",
        ),
        pytest.param(
            proposed(), record(INSTALLER, facts=FACTS), record(), id="the-preferred-file-takes-over"
        ),
        pytest.param(
            proposed(), {"id": "x", "download": "?"}, record(), id="what-is-no-record-gives-way"
        ),
    ],
)
def test_what_is_stored_in_the_end(new, stored, result):
    assert decide(new, stored, ROOT) == result


def test_the_loser_of_a_conflict_is_left_out_and_names_the_winner():
    found = decide(proposed(INSTALLER, facts=FACTS), record(), ROOT)
    assert isinstance(found, Conflict)
    assert (found.path, found.winner_path) == (INSTALLER, PLAIN)
