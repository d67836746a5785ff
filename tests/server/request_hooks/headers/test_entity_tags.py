"""Weak entity tags and lists of them, as proxies send them."""

import pytest
from kinto_buildhub.request_hooks.headers.entity_tags import strong_tag

from tests.conftest import PUBLISHER_HEADERS, make_record


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('"5"', '"5"'),
        ('W/"5"', '"5"'),
        (' W/"5" ', '"5"'),
        ('"5", "7"', '"7"'),
        ('W/"10",W/"9", "8"', '"10"'),
        ('"5-gzip"', '"5"'),
        ('W/"5--gzip", "4-br"', '"5"'),
        ('"5-gzipped"', '"5-gzipped"'),
        ("*", "*"),
        ("*B~7", '"*B~7"'),
        ('"05"', '"5"'),
        ("W/5", '"5"'),
        ('"W/5"', '"5"'),
        ('W/"5', '"5"'),
        ('"W/"5"', '"5"'),
        ('"W/"5", W/"6"', '"6"'),
        ('"5', '"5'),
        ('5"', '5"'),
        ("5", "5"),
        ('w/"5"', 'w/"5"'),
        ('"a"', '"a"'),
        ('"5" "6"', '"5" "6"'),
        ("", ""),
        ('"5",' * 5000 + "x", '"5",' * 5000 + "x"),
    ],
)
def test_the_latest_tag_as_a_strong_one(value, expected):
    assert strong_tag(value) == expected


@pytest.fixture
def records(app, collection_path):
    path = f"{collection_path}/records"
    app.put_json(f"{path}/a", {"data": make_record(id="a")}, headers=PUBLISHER_HEADERS)
    return path


@pytest.mark.parametrize("headers", [{}, PUBLISHER_HEADERS], ids=["anonymous", "publisher"])
@pytest.mark.parametrize("form", ["W/{}", '"5", {}', 'W/"5", W/{}', '"5-gzip", {}'])
def test_a_weak_tag_works_as_the_strong_one(app, records, headers, form):
    for path in (records, f"{records}/a"):
        tag = form.format(app.get(path, headers=headers).headers["ETag"])
        app.get(path, headers={**headers, "If-None-Match": tag}, status=304)
        app.get(path, headers={**headers, "If-None-Match": 'W/"5"'}, status=200)
    body = {"data": make_record(id="a")}
    matching = {**PUBLISHER_HEADERS, "If-Match": tag}
    app.put_json(f"{records}/a", body, headers=matching, status=200)
    app.put_json(f"{records}/a", body, headers=matching, status=412)


@pytest.mark.parametrize("headers", [{}, PUBLISHER_HEADERS], ids=["anonymous", "publisher"])
def test_a_weak_tag_bounds_a_poll(app, records, headers):
    tag = app.get(records, headers=headers).headers["ETag"]
    count = len(app.get(f"{records}?_since=W/{tag}", headers=headers).json["data"])
    assert count == 0
    assert len(app.get(f'{records}?_since=W/"5"', headers=headers).json["data"]) == 1
    assert len(app.get(f"{records}?_before=W/{tag}", headers=headers).json["data"]) == 0
    assert len(app.get(f"{records}?gt_last_modified=W/{tag}", headers=headers).json["data"]) == 0
    assert len(app.get(f"{records}?min_last_modified=W/{tag}", headers=headers).json["data"]) == 1
    number = tag.strip('"')
    for mangled in (f'W/"{number}', f"W/{number}", f'"W/{number}"'):
        assert app.get(f"{records}?_since={mangled}", headers=headers).json["data"] == []
    suffixed = f'{tag[:-1]}-gzip"'
    assert len(app.get(f"{records}?_since={suffixed}", headers=headers).json["data"]) == 0


@pytest.mark.parametrize("header", ["If-Match", "If-None-Match"])
def test_what_only_begins_with_a_star_is_refused(app, records, header):
    headers = {**PUBLISHER_HEADERS, header: "*B~7"}
    for path in (records, f"{records}/a"):
        assert "integer" in app.get(path, headers=headers, status=400).json["message"]
    app.delete(f"{records}/a", headers=headers, status=400)


def test_a_list_of_tags_means_nothing_outside_of_headers(app, records):
    app.get(f'{records}?_since="5","6"', status=400)
    app.delete(f'{records}/a?last_modified="5","6"', headers=PUBLISHER_HEADERS, status=400)
