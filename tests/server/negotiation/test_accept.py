"""What a header ``Accept`` says of versions and of errors."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from kinto_buildhub.negotiation.accept import (
    UnknownVersion,
    names_version,
    prefers_problem,
    translate_accept,
)

JSON = "application/json"
PROBLEM = "application/problem+json"

# Tokens of the header in any order, which random text does not find.
PIECES = (
    *("application/v1", "application/v7", "application/V1+json", JSON, PROBLEM, "*/*", "text/html"),
    *("application/*", ";", ",", "q=", "0.5", "1", "0", " ", '"', "version=1", "\t", "é", "\\"),
)
HEADERS = st.lists(st.sampled_from(PIECES)).map("".join) | st.text(st.characters(max_codepoint=255))


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        pytest.param("application/v1", JSON, id="version"),
        pytest.param("application/V1+JSON;q=0.5", f"{JSON};q=0.5", id="version-as-json"),
        pytest.param("text/html, application/v1", f"text/html, {JSON}", id="among-others"),
        pytest.param("application/v7, application/v1;q=0.3", f"{JSON};q=0.3", id="either-version"),
        pytest.param("application/v7, */*;q=0.1", "*/*;q=0.1", id="other-version-or-anything"),
        pytest.param(PROBLEM, f"{PROBLEM}, {JSON};q=0.001", id="problem"),
        pytest.param(f"{PROBLEM};q=0", f"{PROBLEM};q=0", id="no-problem"),
        pytest.param("application/vnd.elasticsearch+json;compatible-with=8", None, id="vendor"),
        pytest.param("application/v1;;q=x", None, id="broken"),
        pytest.param("", None, id="empty"),
    ],
)
def test_versions_and_problems_become_json(accept, expected):
    assert translate_accept(accept) == (accept if expected is None else expected)


@pytest.mark.parametrize(
    "accept",
    ["application/v7", "application/v2+json;q=0.5", "application/v01", "application/v7,*/*;q=0"],
)
def test_other_versions_are_refused_and_those_that_exist_named(accept):
    with pytest.raises(UnknownVersion, match="this server has application/v1; got application/v"):
        translate_accept(accept)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        pytest.param(PROBLEM, True, id="alone"),
        pytest.param(f"{JSON}, {PROBLEM}", True, id="both"),
        pytest.param(f"{PROBLEM};q=0.9, {JSON}", False, id="json-preferred"),
        pytest.param(f"{PROBLEM}, {JSON};q=0.9", True, id="problem-preferred"),
        pytest.param(f"{PROBLEM};charset=utf-8", True, id="with-parameters"),
        pytest.param(f"{PROBLEM};q=0", False, id="refused"),
        pytest.param("*/*", False, id="anything"),
        pytest.param("application/*", False, id="any-application"),
        pytest.param(JSON, False, id="json"),
        pytest.param("", False, id="empty"),
    ],
)
def test_problems_are_preferred_where_they_are_named(accept, expected):
    assert prefers_problem(accept) is expected


@given(HEADERS)
@example("application/v" + "9" * 5000)
def test_any_header_is_translated_or_refused(accept):
    prefers_problem(accept)
    try:
        translated = translate_accept(accept)
    except UnknownVersion:
        assert names_version(accept)
    else:
        assert translate_accept(translated) is not None
