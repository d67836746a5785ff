"""What metadata files say, in every form that the archive has."""

import json
from pathlib import Path

import pytest
from buildhub.errors import BadMetadata
from buildhub.rules.metadata import Metadata, parse_metadata
from hypothesis import given
from hypothesis import strategies as st

SAMPLES = Path(__file__).parents[2] / "archive" / "metadata"
NIGHTLY = (
    "pub/firefox/nightly/2011/01/2011-01-26-03-mozilla-central/firefox-4.0b11pre.en-US.mac.txt"
)

FORMS = [
    pytest.param(
        "firefox-50.0b11.json",
        Metadata(
            build_id="20161027110534",
            channel="beta",
            repository="https://hg.mozilla.org/releases/mozilla-beta",
            revision="829a3f99f2606759305e3db204185242566a4ca6",
            as_="$(CC)",
            cc="/usr/bin/ccache /builds/slave/build/gcc/bin/gcc -std=gnu99",
            cxx="/usr/bin/ccache /builds/slave/build/gcc/bin/g++ -std=gnu++11",
            ld="ldd",
            host="x86_64-pc-linux-gnu",
            target="x86_64-pc-linux-gnu",
        ),
        id="the build's JSON, with the variable's name in the repository",
    ),
    pytest.param(
        "firefox-70.0.buildhub.json",
        Metadata(
            build_id="20191016161957",
            channel="release",
            repository="https://hg.mozilla.org/releases/mozilla-release",
            revision="0123456789abcdef0123456789abcdef01234567",
            as_="clang-cl",
            cc="clang-cl",
            cxx="clang-cl",
            host="x86_64-pc-mingw32",
            target="x86_64-pc-mingw32",
        ),
        id="buildhub.json",
    ),
    pytest.param(
        "one-line.txt",
        Metadata(
            build_id="20110126030333",
            repository="http://hg.mozilla.org/mozilla-central",
            revision="e0fc18b3bc41",
            repository_assumed=True,
        ),
        id="build ID and revision in a line",
    ),
    pytest.param(
        "two-lines-crlf.txt",
        Metadata(
            build_id="20120410030550",
            repository="http://hg.mozilla.org/mozilla-central",
            revision="0123456789ab",
        ),
        id="two lines as Windows ends them",
    ),
    pytest.param(
        "three-lines.txt",
        Metadata(
            build_id="20180320040210",
            repository="https://hg.mozilla.org/comm-central",
            revision="0123456789abcdef0123456789abcdef01234567",
        ),
        id="three lines, the first revision is the product's",
    ),
    pytest.param("linux64_info.txt", Metadata(build_id="20180621125625"), id="keys and values"),
]


@pytest.mark.parametrize(("name", "expected"), FORMS)
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_every_form_is_parsed(name, line_end, expected):
    body = (SAMPLES / name).read_bytes().replace(b"\r\n", b"\n").replace(b"\n", line_end)
    assert parse_metadata(body, path=NIGHTLY) == expected


def test_the_repository_that_one_line_leaves_out_is_the_branch_of_its_folder():
    found = parse_metadata(
        b"20100526031115 0123456789ab\n", path=NIGHTLY.replace("mozilla-central", "comm-central")
    )
    assert found.repository == "http://hg.mozilla.org/comm-central"
    assert found.repository_assumed


@pytest.mark.parametrize(
    ("changes", "host"),
    [
        ({"host": "x86_64-apple-darwin"}, "x86_64-apple-darwin"),
        ({"host": "", "host_alias": "i686-pc-linux-gnu"}, "i686-pc-linux-gnu"),
        ({}, None),
    ],
)
def test_the_host_has_two_names(changes, host):
    body = json.dumps({"buildid": "20250101000000", **changes}).encode()
    assert parse_metadata(body, path="x.json").host == host


@pytest.mark.parametrize(
    "body",
    [
        (SAMPLES / "error.xml").read_bytes(),
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"buildid": null}',
        b'{"buildid": "yesterday"}',
        b'{"build": {"id": 20191016161957}}',
        b'{"buildid": "20191016161957\\u0000"}',
        b"<html>Not Found</html>",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
    ids=lambda body: repr(body[:20]),
)
def test_anything_else_is_refused_with_its_path(body):
    with pytest.raises(BadMetadata, match=r"^pub/x\.json: expected .*, got "):
        parse_metadata(body, path="pub/x.json")


def parse_or_message(body: bytes) -> Metadata | str:
    try:
        return parse_metadata(body, path="x")
    except BadMetadata as error:
        return str(error)


@given(st.binary() | st.from_regex(r"[0-9]{14}[ \r\n]+[0-9a-fhtps:/]+").map(str.encode))
def test_any_bytes_are_metadata_or_refused(body):
    found = parse_or_message(body)
    assert found.isprintable() if isinstance(found, str) else found.build_id


values = st.none() | st.integers() | st.text() | st.dictionaries(st.text(), st.text())


@given(st.dictionaries(st.sampled_from(["build", "cc", "moz_source_repo", "host"]), values))
def test_any_json_with_a_build_id_is_metadata(document):
    found = parse_or_message(json.dumps(document | {"buildid": "20191016161957"}).encode())
    if isinstance(document.get("build"), dict):
        assert isinstance(found, str)
    else:
        assert found.build_id == "20191016161957"
        assert all(text is None or text.isprintable() for text in (found.cc, found.repository))


def test_values_that_a_database_refuses_are_left_out():
    found = parse_metadata(
        b'{"buildid": "20191016161957", "cc": "a\\u0000", "ld": "\\ud800"}', path="x"
    )
    assert (found.cc, found.ld) == (None, None)
