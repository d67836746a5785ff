"""What a text in the box is understood as: pasted texts, and properties of any text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kinto_buildhub.catalog.search_state.box import MAX_WORDS, understand
from kinto_buildhub.catalog.search_state.meanings.fields import NAMES
from kinto_buildhub.catalog.search_state.meanings.synonyms import OF_LANGUAGES, OF_VALUES
from kinto_buildhub.catalog.search_state.state import BadAddress
from kinto_buildhub.catalog.search_state.terms import Term
from kinto_buildhub.catalog.search_state.vocabulary import Vocabulary

from tests.server.catalog.search_state.vocabularies import VOCABULARY

REVISION = "829a3f99f2606759305e3db204185242566a4ca6"
ARCHIVE = "https://archive.mozilla.org/pub/firefox"
RELEASES = "pub/firefox/releases"

# What is pasted or typed, and what each part of it is understood as. "not" is left out; what has
# no label is searched as text.
CASES = [
    # Build IDs
    ("20170403083344", ["Build ID 20170403083344"]),
    ("2010011503", ["Build ID 2010011503…"]),
    ("201001150317", ["Build ID 201001150317…"]),
    ("20170403", ["Build ID 20170403…"]),
    ("201704", ["Build ID 201704…"]),
    ("20170403083344,", ["Build ID 20170403083344"]),
    ("2017-05-03-03-02-12", ["Build ID 20170503030212"]),
    ("2017-05-03-03-02-12-mozilla-central", ["Build ID 20170503030212"]),
    ("2008-08-01-03-mozilla-central", ["Build ID 2008080103…"]),
    ("build2", ["Build number 2"]),
    # Versions
    ("53.0b9", ["Version 53.0b9"]),
    ("53.0B9", ["Version 53.0b9"]),
    ("57.0a1", ["Version 57.0a1"]),
    ("52.0esr", ["Version 52.0esr"]),
    ("56.0rc1", ["Version 56.0rc1"]),
    ("56.0", ["Version 56.0"]),
    ("3.6", ["Version 3.6"]),
    ("38.0.5b1", ["Version 38.0.5b1"]),
    ("99.0", ["Version 99.0"]),
    ("54", ["Version 54.*"]),
    ("v54", ["Version 54.*"]),
    ("54.*", ["Version 54.*"]),
    ("54.x", ["Version 54.*"]),
    ("3.6.*", ["Version 3.6*"]),
    ("52.4", ["Version 52.4*"]),
    ("53.0b", ["Version 53.0b*"]),
    ("53.0b*", ["Version 53.0b*"]),
    ("53b9", ["Version 53.0b9"]),
    ("57a1", ["Version 57.0a1"]),
    ("52esr", ["Version 52.*esr"]),
    ("52 ESR", ["Version 52.*", "Channel esr"]),
    ("Firefox 53.0 Beta 9", ["Product firefox", "Version 53.0b9"]),
    ("53 beta 9 fr", ["Version 53.0b9", "Locale fr"]),
    ("52.0.1", ["Version 52.0.1*"]),
    # Revisions
    ("829a3f99f260", ["Revision 829a3f99f260"]),
    (REVISION, [f"Revision {REVISION}"]),
    (REVISION.upper(), [f"Revision {REVISION}"]),
    ("829a3f99", ["Revision 829a3f99…"]),
    ("829a3f9", ["Revision 829a3f9…"]),
    ("193849283746", ["Revision 193849283746"]),
    ("https://hg.mozilla.org/releases/mozilla-beta/rev/829a3f99f260", ["Revision 829a3f99f260"]),
    (
        f"https://hg.mozilla.org/mozilla-central/pushloghtml?changeset={REVISION}",
        [f"Revision {REVISION}"],
    ),
    (f"https://github.com/mozilla-firefox/firefox/commit/{REVISION}", [f"Revision {REVISION}"]),
    # Dates
    ("2017-06-01", ["Published 2017-06-01"]),
    ("2017/06/01", ["Published 2017-06-01"]),
    ("2017-06", ["Published 2017-06"]),
    ("2017", ["Published 2017"]),
    ("2017-06-01..2017-06-15", ["Published 2017-06-01 to 2017-06-15"]),
    ("2017-06..", ["Published from 2017-06"]),
    ("..2017", ["Published until 2017"]),
    ("4 Apr 2017", ["Published 2017-04-04"]),
    ("firefox June 2017 fr", ["Product firefox", "Published 2017-06", "Locale fr"]),
    ("before June 2017", ["Published before 2017-06"]),
    ("before 2017-06-01", ["Published before 2017-06-01"]),
    ("<2017-06-01", ["Published before 2017-06-01"]),
    ("until 1 September 2017", ["Published until 2017-09-01"]),
    ("since June 1, 2017", ["Published from 2017-06-01"]),
    ("after 2017", ["Published after 2017"]),
    ("-after 2017", ["not Published after 2017"]),
    ("build.date:<2017-06", ["build.date before 2017-06"]),
    ("from 2017-06-01 to 2017-06-15", ["Published 2017-06-01 to 2017-06-15"]),
    ("from 1 June 2017 to 15 June 2017 fr", ["Published 2017-06-01 to 2017-06-15", "Locale fr"]),
    ("2016 to 2017", ["Published 2016 to 2017"]),
    ("firefox between May 2017 and Jun 2017", ["Product firefox", "Published 2017-05 to 2017-06"]),
    ("-from 2016 until 2017", ["not Published 2016 to 2017"]),
    ("from 2017 to firefox", ["Published from 2017", "  to", "Product firefox"]),
    ("before 2016 to 2017", ["Published before 2016", "  to", "Published 2017"]),
    ("31 June 2017", ["Version 31.*", "Published 2017-06"]),
    ("before", ["  before"]),
    ("before firefox", ["  before", "Product firefox"]),
    ("2017-04-03T08:33:44Z", ["Built or published 2017-04-03T08:33:44Z"]),
    ("2017-04-03T10:33:44+02:00", ["Built or published 2017-04-03T08:33:44Z"]),
    # About the answer
    ("newest firefox nightly", ["Order newest first", "Product firefox", "Channel nightly"]),
    ("Latest", ["Order newest first"]),
    ("firefox 53.0 missing", ["Product firefox", "Version 53.0", "Missing builds all"]),
    # Record IDs
    ("firefox_beta_50-0b11_macosx_el", ["Record ID firefox_beta_50-0b11_macosx_el"]),
    (
        "firefox_nightly_2017-05-03-03-02-12_55-0a1_win64_en-US",
        ["Record ID firefox_nightly_2017-05-03-03-02-12_55-0a1_win64_en-us"],
    ),
    ("firefox_esr_52-0esr_linux-x86_64_en-us", ["Record ID firefox_52-0esr_linux-x86_64_en-us"]),
    ("firefox_beta_50-0b11", ["Record ID firefox_beta_50-0b11…"]),
    ("firefox_52-0_linux-x86_64", ["Record ID firefox_52-0_linux-x86_64…"]),
    (
        "http://localhost:8888/v1/buckets/build-hub/collections/releases/records/"
        "firefox_beta_50-0b11_macosx_el",
        ["Record ID firefox_beta_50-0b11_macosx_el"],
    ),
    ("http://localhost:8888/v1/catalog/builds/20170403083344", ["Build ID 20170403083344"]),
    # Files and folders of the archive
    (
        f"{ARCHIVE}/releases/50.0b11/mac/el/Firefox%2050.0b11.dmg",
        [f"File {RELEASES}/50.0b11/mac/el/Firefox 50.0b11.dmg"],
    ),
    (
        f"{ARCHIVE}/releases/50.0b11/mac/el/Firefox 50.0b11.dmg fr",
        [f"File {RELEASES}/50.0b11/mac/el/Firefox 50.0b11.dmg", "Locale fr"],
    ),
    (
        f"{ARCHIVE}/releases/3.5b4/win32/fr/Firefox Setup 3.5 Beta 4.exe",
        [f"File {RELEASES}/3.5b4/win32/fr/Firefox Setup 3.5 Beta 4.exe"],
    ),
    (
        "http://ftp.mozilla.org/pub/mozilla.org/firefox/releases/53.0/linux-x86_64/fr/"
        "firefox-53.0.tar.bz2",
        [f"File {RELEASES}/53.0/linux-x86_64/fr/firefox-53.0.tar.bz2"],
    ),
    (
        "https://download-installer.cdn.mozilla.net/pub/firefox/releases/53.0/win32/fr/"
        "Firefox%20Setup%2053.0.exe?x=1#top",
        [f"File {RELEASES}/53.0/win32/fr/Firefox Setup 53.0.exe"],
    ),
    ("download.cdn.mozilla.net/pub/firefox/releases/53.0/", [f"Folder {RELEASES}/53.0/"]),
    ("<https://archive.mozilla.org/pub/firefox/releases/53.0>", [f"Folder {RELEASES}/53.0/"]),
    ("/pub/firefox/releases/53.0b9/win32/", [f"Folder {RELEASES}/53.0b9/win32/"]),
    (f"{RELEASES}/53.0b9/SHA512SUMS.txt", [f"Folder {RELEASES}/53.0b9/"]),
    (
        "/pub/firefox/candidates/56.0-candidates/build6/linux-x86_64/en-US/firefox-56.0.json",
        ["Folder pub/firefox/candidates/56.0-candidates/build6/linux-x86_64/en-US/"],
    ),
    # Words, in any order and spelling
    ("firefox 54 linux fr", ["Product firefox", "Version 54.*", "OS linux", "Locale fr"]),
    ("fr LINUX 54 Firefox", ["Locale fr", "OS linux", "Version 54.*", "Product firefox"]),
    ("win32 win64", ["Platform win32", "Platform win64"]),
    ("windows osx macOS", ["OS win", "OS mac", "OS mac"]),
    ("win 64-bit", ["Platform win64"]),
    ("Windows 64 bit nightly", ["Platform win64", "Channel nightly"]),
    ("thunderbird 64-bit", ["Product thunderbird", "Platform 64-bit"]),
    ("linux64 x86_64", ["Platform linux-x86_64", "Platform x86_64"]),
    ("Mac OS X nightly", ["OS mac", "Channel nightly"]),
    ("Firefox Developer Edition", ["Product devedition"]),
    ("Firefox for Android 54", ["Product fenix", "Version 54.*"]),
    ("pt_br PT-pt", ["Locale pt-BR", "Locale pt-PT"]),
    ("pt", ["Locale pt (2 locales)"]),
    ("german Japanese", ["Locale de", "Locale ja (2 locales)"]),
    ("ja", ["Locale ja"]),
    ("firefox, thunderbird; beta", ["Product firefox", "Product thunderbird", "Channel beta"]),
    ("firefox-53.0", ["Product and version firefox 53.0"]),
    ("Firefox/54", ["Product and version firefox 54.*"]),
    # Fields
    ("version:54 locale:fr,de", ["Version 54.*", "Locale fr or de"]),
    ("target.locale:pt-br os:windows", ["Locale pt-BR", "OS win"]),
    ("build.id:20170403083344", ["Build ID 20170403083344"]),
    ("buildid:20170403*", ["Build ID 20170403…"]),
    ("rev:829a3f99f260", ["Revision 829a3f99f260"]),
    ("tree:releases/mozilla-beta", ["source.tree releases/mozilla-beta"]),
    ('build.cc:"/usr/bin/gcc -O2"', ["build.cc /usr/bin/gcc -O2"]),
    ("build.date:2017-06 published:2018", ["build.date 2017-06", "Published 2018"]),
    ("size:>50000000 build.number:1..2", ["Size >50000000", "Build number 1..2"]),
    ("candidate:*", ["target.candidate any"]),
    ("locale:tlh", ["Locale tlh"]),
    # Left out
    ("firefox -beta", ["Product firefox", "not Channel beta"]),
    ("-os:windows -54.0", ["not OS win", "not Version 54.0"]),
    ("-mac os x", ["not OS mac"]),
    ('-"os x" -"-"', ["not OS mac", "  --"]),
    # Nothing of all this
    ("zilla", ["  zilla"]),
    ("mozilla-central", ["  mozilla-central"]),
    ("firefox \N{EN DASH} linux", ["Product firefox", "  \N{EN DASH}", "OS linux"]),
    ("2017-13 2017-02-30", ["  2017-13", "  2017-02-30"]),
    ('"unclosed', ['  "unclosed']),
    ("", []),
]


@pytest.mark.parametrize(("text", "expected"), CASES, ids=[text for text, _ in CASES])
def test_pasted_texts_are_understood(text: str, expected: list[str]) -> None:
    assert [_shown(term) for term in understand(text, VOCABULARY)] == expected


def _shown(term: Term) -> str:
    return f"{'not ' if term.is_excluded else ''}{term.label or ' '} {term.value}"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("prodct:firefox", "There is no field prodct; is product meant?"),
        ("quux:firefox", "There is no field quux."),
        ("locale:", "locale has no value."),
        ("size:big", "size is a number: size:100, size:>100 or size:100..200."),
        ("size:>1..2", "size is a number: size:100, size:>100 or size:100..200."),
        (
            "published:yesterday",
            "published is a date: published:2017-06-01, published:2017-06 or published:2017..2018.",
        ),
        ("...", "Without letters and digits, it matches all."),
        ("firefx", "Is firefox meant?"),
        ("widnows", "Is windows meant?"),
        ("deb", ""),
        ("zilla", ""),
    ],
)
def test_a_text_says_what_may_be_wrong_with_it(text: str, hint: str) -> None:
    (term,) = understand(text, VOCABULARY)
    assert (term.label, term.hint) == ("", hint)


def test_a_term_knows_the_text_without_it() -> None:
    terms = understand('  firefox  -"os x"  54', VOCABULARY)
    assert [term.without for term in terms] == ['-"os x"  54', "firefox 54", 'firefox  -"os x"']


def test_words_of_one_facet_are_one_group_and_others_stand_alone() -> None:
    groups = [term.group for term in understand("win32 win64 fr zilla 64-bit", VOCABULARY)]
    assert groups == ["target.platform", "target.platform", "target.locale", "", ""]


def test_addresses_are_looked_up_below_the_archive_of_the_records() -> None:
    vocabulary = Vocabulary(archive_url="http://localhost:8889/")
    (term,) = understand("https://archive.mozilla.org/pub/firefox/a.exe", vocabulary)
    urls = ["http://localhost:8889/pub/firefox/a.exe", f"{ARCHIVE}/a.exe"]
    assert term.clause == {"terms": {"download.url": urls}}


def test_too_many_words_are_refused() -> None:
    understand("fr " * MAX_WORDS, VOCABULARY)
    with pytest.raises(BadAddress, match="'q' has 65 words"):
        understand("fr " * (MAX_WORDS + 1), VOCABULARY)


# Texts that look like something, in pieces that fit together in unexpected ways.
_PIECES = st.sampled_from(
    [
        *("firefox", "fr", "54", "53.0b", "2017", "-06", "-01", "..", "20170403083344", REVISION),
        *(
            "https://archive.mozilla.org/pub/",
            "firefox/",
            "Setup 1.exe",
            ".dmg",
            "/rev/",
            "?#",
            "<",
        ),
        *('"', "-", ":", ",", "*", "\\", " ", "\t", "\N{NO-BREAK SPACE}", "_", ">", "T08:33:44Z"),
        *("/rev/", "\0", "\N{RIGHT-TO-LEFT OVERRIDE}", "٣", "²", "İ", "ß", "~"),
        *NAMES,
        *OF_VALUES,
        *OF_LANGUAGES,
    ]
)
TEXTS = st.lists(_PIECES | st.text(max_size=5), max_size=12).map("".join) | st.text(max_size=200)


@given(TEXTS)
def test_every_word_is_in_exactly_one_term(text: str) -> None:
    terms = understand(text, VOCABULARY)
    assert [part for term in terms for part in term.text.split()] == text.split()


@given(TEXTS)
def test_the_text_without_a_term_lacks_just_that(text: str) -> None:
    terms = understand(text, VOCABULARY)
    for number, term in enumerate(terms):
        others = [each.text for each in [*terms[:number], *terms[number + 1 :]]]
        assert term.without.split() == " ".join(others).split()


def test_long_words_are_no_patterns() -> None:
    """The cost of a pattern grows with the square of its length."""
    (short,), (long,) = (understand("x" * length, VOCABULARY) for length in (40, 41))
    assert "wildcard" in str(short.clause)
    assert "wildcard" not in str(long.clause)


def test_hints_compare_with_what_most_builds_have() -> None:
    """Comparing with ten thousand values, for each of many words, took twenty seconds."""
    many = Vocabulary({"locale": {f"value-{number:05}": 1 for number in range(10_000)}})
    (common, rare) = understand("vaule-00007 vaule-07000", many)
    assert common.hint == "Is value-00007 meant?"
    assert rare.hint != "Is value-07000 meant?"


@pytest.mark.parametrize(
    ("code", "locales"),
    [("pt", ["pt-BR", "pt-PT"]), ("JA", ["ja", "ja-JP-mac"]), ("pt_br", []), ("p", []), ("", [])],
)
def test_locales_are_found_by_their_language(code: str, locales: list[str]) -> None:
    assert list(VOCABULARY.locales_of(code)) == locales
