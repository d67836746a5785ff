"""A filled template is the record that the rule builds."""

from datetime import UTC, datetime, timedelta, timezone

import orjson
import pytest
from buildhub.rules.entry import Entry
from buildhub.rules.fast.record_templates import RecordTemplates
from buildhub.rules.metadata import Metadata
from buildhub.rules.paths import Build, parse_build, parse_path
from buildhub.rules.records import build_record
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.jobs.rules.archive_paths import spellings, targets

ARCHIVE_URL = "https://archive.example/"
FOLDER = "pub/firefox/releases/50.0/linux-x86_64"

texts = st.none() | st.text(min_size=1, max_size=8) | st.just('"\\u0000"') | st.just("%s{0}\0")
metadata = st.none() | st.builds(
    Metadata,
    build_id=st.none() | st.sampled_from(["20180828172101", "2011052003", "20110520"]),
    channel=st.none() | st.sampled_from(["beta", "esr", "default"]),
    repository=texts.filter(lambda text: text != "\0"),
    cc=texts.filter(lambda text: text != "\0"),
)
zones = st.sampled_from([UTC, timezone(timedelta(hours=-8))])
moments = st.datetimes(datetime(1000, 1, 2), timezones=zones)  # noqa: DTZ001 - the zone follows.

expiries = st.none() | moments


def builds_of(target) -> list[Build]:
    found = (parse_path(path) for path in sorted(spellings(target)))
    return [each for each in found if isinstance(each, Build)]


@settings(max_examples=30, deadline=None)
@given(
    targets(),
    st.lists(metadata, min_size=1, max_size=3),
    st.lists(
        st.tuples(moments, st.integers(0, 2**53), st.sampled_from([None, "0" * 32]), expiries),
        min_size=1,
        max_size=5,
    ),
    st.none() | st.integers(1, 20),
)
def test_a_line_is_the_record_that_the_rule_builds(target, found_metadata, files, number):
    templates = RecordTemplates(ARCHIVE_URL)
    for place, build in enumerate(builds_of(target)[::20]):
        modified, size, md5, expires = files[place % len(files)]
        entry = Entry(build.path, size, modified, md5=md5, expires=expires)
        found = found_metadata[place % len(found_metadata)]
        record = build_record(build, entry, found, archive_url=ARCHIVE_URL, candidate_number=number)
        line = templates.find_template(build, entry, found, number).fill(build, entry)
        assert line == orjson.dumps(record) + b"\n"


def made(
    templates: RecordTemplates, locale: str, metadata: Metadata | None, number: int | None = None
):
    """Return the template and the record of one locale's build."""
    build = parse_build(f"{FOLDER}/{locale}/firefox-50.0.tar.bz2")
    entry = Entry(build.path, 1, datetime(2016, 11, 15, tzinfo=UTC))
    template = templates.find_template(build, entry, metadata, number)
    return template, orjson.loads(template.fill(build, entry))


def test_locales_share_a_template_unless_more_than_the_locale_differs():
    templates = RecordTemplates(ARCHIVE_URL)
    first, second = Metadata(build_id="20161104212021"), Metadata(build_id="20161105212021")
    german, _ = made(templates, "de", first, 3)
    french, record = made(templates, "fr", first, 3)
    assert german is french
    assert (record["id"], record["target"]["locale"]) == ("firefox_50-0_linux-x86_64_fr", "fr")
    assert record["build"]["id"] == "20161104212021"
    for metadata, number in ((second, 3), (first, 3), (first, 4), (None, None), (None, 5)):
        _, record = made(templates, "fr", metadata, number)
        built = record.get("build", {})
        assert built.get("id") == (metadata and metadata.build_id)
        assert built.get("number") == number


def test_the_archive_url_may_contain_what_json_escapes():
    build = parse_build(f"{FOLDER}/de/firefox-50.0.tar.bz2")
    entry = Entry(build.path, 1, datetime(2018, 6, 20, tzinfo=UTC))
    url = 'https://archive.example/"\\é/'
    templates = RecordTemplates(url)
    line = templates.find_template(build, entry, None, None).fill(build, entry)
    assert orjson.loads(line)["download"]["url"] == url + build.path


def test_a_rounded_size_is_refused():
    build = parse_build(f"{FOLDER}/de/firefox-50.0.tar.bz2")
    templates = RecordTemplates(ARCHIVE_URL)
    known = Entry(build.path, 1, datetime(2016, 11, 15, tzinfo=UTC))
    template = templates.find_template(build, known, None, None)
    with pytest.raises(ValueError, match="exact size"):
        template.fill(build, known._replace(size=None))
