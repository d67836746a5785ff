"""Builds are found by the short and by the long form of their revision."""

import pytest

from tests.conftest import PUBLISHER_HEADERS, make_record

SHORT, LONG = "0123456789ab", "0123456789abcdef0123456789abcdef01234567"
OTHER = "0123456789ac" + LONG[12:]


@pytest.fixture
def records(app, collection_path):
    path = f"{collection_path}/records"
    for record_id, revision in {"s": SHORT, "l": LONG, "o": OTHER, "n": None}.items():
        record = make_record(id=record_id, source__revision=revision)
        app.put_json(f"{path}/{record_id}", {"data": record}, headers=PUBLISHER_HEADERS)
    return path


@pytest.mark.parametrize("headers", [{}, PUBLISHER_HEADERS], ids=["anonymous", "publisher"])
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (f"source.revision={SHORT}", "ls"),
        (f'source.revision="{SHORT}"', "ls"),
        (f"eq_source.revision={SHORT}", "ls"),
        (f"source.revision={LONG}", "ls"),
        (f"source.revision={OTHER}", "o"),
        (f"source.revision={OTHER[:12]}", "o"),
        (f"source.revision={SHORT}&in_id=l,o", "l"),
        (f"source.revision={LONG}&in_source.revision={LONG}", "ls"),
        (f"source.revision={SHORT}&min_source.revision={LONG}", "l"),
        ("source.revision=ffffffffffff", ""),
        (f"source.revision={SHORT.upper()}", "ls"),
        (f"source.revision={LONG.upper()}", "ls"),
        (f"in_source.revision={LONG.upper()},{OTHER}", "los"),
        (f"not_source.revision={LONG.upper()}&has_source.revision=true", "o"),
        (f"like_source.revision={SHORT[:10]}", "los"),
        (f"min_source.revision={LONG[:20]}&max_source.revision={OTHER[:20]}", "l"),
        (f"in_source.revision={SHORT}", "ls"),
        (f"in_source.revision={LONG}", "ls"),
        (f"in_source.revision={LONG},{OTHER}", "los"),
        (f"in_source.revision={LONG}&in_source.revision={OTHER}", "los"),
        (f'in_source.revision=["{LONG}"]', "ls"),
        (f"in_source.revision={LONG},default", "ls"),
        (f"not_source.revision={LONG}&has_source.revision=true", "o"),
        (f"exclude_source.revision={OTHER}&has_source.revision=true", "ls"),
        (f"exclude_source.revision={LONG},{OTHER}&has_source.revision=true", ""),
    ],
)
def test_a_revision_is_found_in_both_lengths(app, records, headers, query, expected):
    answer = app.get(f"{records}?{query}", headers=headers)
    assert "".join(sorted(record["id"] for record in answer.json["data"])) == expected


@pytest.mark.parametrize(
    "revision", ["default", "17", "bad", "Tip of 2017", LONG.replace("a", "x")]
)
def test_what_is_no_revision_is_found_as_it_is(app, records, revision):
    record = make_record(id="d", source__revision=revision)
    app.put_json(f"{records}/d", {"data": record}, headers=PUBLISHER_HEADERS)
    for query in ({"source.revision": revision}, {"in_source.revision": f"{LONG},{revision}"}):
        found = {each["id"] for each in app.get(records, query).json["data"]}
        assert found - {"s", "l"} == {"d"}


@pytest.mark.parametrize("revision", [SHORT, LONG, LONG.upper()])
def test_the_pages_of_a_revision_can_be_followed(app, records, revision):
    url, found = f"{records}?source.revision={revision}&_limit=1", []
    while url:
        answer = app.get(url)
        found += [record["id"] for record in answer.json["data"]]
        url = answer.headers.get("Next-Page")
    assert sorted(found) == ["l", "s"]


@pytest.mark.parametrize(
    "query",
    [
        f"in_source.revision={SHORT},{OTHER}",
        f"in_source.revision={SHORT}&in_source.revision={OTHER}",
        f"not_source.revision={SHORT}",
        f'exclude_source.revision=["{SHORT}"]',
    ],
)
def test_short_revisions_are_refused_where_they_would_not_find_all(app, records, query):
    message = app.get(f"{records}?{query}", status=400).json["message"]
    assert "expected revisions of 40 digits; one of 12" in message
    assert f"source.revision={SHORT}" in message


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        (f"source.revision={SHORT[:10]}", f"source.revision: {{}}10: {SHORT[:10]}; like_source.r"),
        (f"source.revision={SHORT[:11].upper()}", "source.revision: {}11: 0123456789A"),
        (f'eq_source.revision="{LONG[:20]}"', "eq_source.revision: {}20: 0123456789abcdef0123"),
        (f"source.revision={LONG}0", "source.revision: {}41: 0"),
        ("source.revision=1234567890", "source.revision: {}10: 1234567890"),
        (f"in_source.revision={LONG},{SHORT[:7]}", "in_source.revision: {}7: 0123456"),
        (f'exclude_source.revision=["{LONG[:39]}"]', "exclude_source.revision: {}39: 0"),
        (f"not_source.revision={LONG[:13]}", "not_source.revision: {}13: 0"),
    ],
)
def test_revisions_of_a_length_that_no_record_has_are_refused(app, records, query, problem):
    message = app.get(f"{records}?{query}", status=400).json["message"]
    assert problem.format("expected a revision of 12 or 40 digits, got ") in message
