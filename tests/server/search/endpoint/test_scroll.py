"""All hits, a page at a time: scrolls and points in time."""

import time

import pytest
from kinto_buildhub.search.embedded import snapshots

from tests.conftest import PUBLISHER_HEADERS, make_record
from tests.server.search.collections import put_records, search_of

OS_MAC = {"term": {"target.os": "mac"}}


def scroll_all(app, path, body, parameters="", size=40):
    """Return all pages of a scroll."""
    page = app.post_json(f"{path}/_search?scroll=1m&size={size}{parameters}", body).json
    pages = []
    while page["hits"]["hits"]:
        pages.append(page)
        asked = {"scroll_id": page["_scroll_id"], "scroll": "1m"}
        page = app.post_json(f"{path}/_search/scroll", asked).json
    return pages


def ids_of(pages):
    return [hit["_id"] for page in pages for hit in page["hits"]["hits"]]


# The body, the parameters beside it, and the body of a search that finds the same at once.
SCROLLS = {
    "everything": ({}, "", {"sort": ["_doc"]}),
    "in the order of changes": ({"sort": ["_doc"]}, "", {"sort": ["_doc"]}),
    "backwards": ({"sort": [{"_doc": "desc"}]}, "", {"sort": [{"id": "desc"}]}),
    "some": ({"query": OS_MAC}, "", {"query": OS_MAC, "sort": ["_doc"]}),
    "by a query string": ({}, "&q=target.os:mac", {"query": OS_MAC, "sort": ["_doc"]}),
    "sorted": ({"sort": [{"target.os": "desc"}]}, "", {"sort": [{"target.os": "desc"}, "id"]}),
    "sorted in the address": ({}, "&sort=target.os", {"sort": ["target.os", "id"]}),
    "with gaps": ({"sort": ["build.date"]}, "", {"sort": ["build.date", "id"]}),
    "with gaps first": (
        {"sort": [{"build.id": {"missing": "_first"}}]},
        "",
        {"sort": [{"build.id": {"missing": "_first"}}, "id"]},
    ),
    "by a formatted date": (
        {"sort": [{"download.date": {"format": "strict_date_time"}}]},
        "",
        {"sort": ["download.date", "id"]},
    ),
    "with post_filter": ({"post_filter": OS_MAC}, "", {"query": OS_MAC, "sort": ["_doc"]}),
    "without source": ({"_source": False}, "", {"sort": ["_doc"]}),
}


@pytest.mark.parametrize("name", SCROLLS)
def test_a_scroll_returns_each_hit_once_in_its_order(search_app, filled_path, name):
    body, parameters, at_once = SCROLLS[name]
    pages = scroll_all(search_app, filled_path, body, parameters)
    whole = search_app.post_json(f"{filled_path}/_search", {**at_once, "size": 1000}).json
    assert ids_of(pages) == ids_of([whole])
    assert all(page["hits"]["total"] == whole["hits"]["total"] for page in pages)


def test_only_the_first_page_has_aggregations_and_no_page_shows_the_tie_break(
    search_app, filled_path
):
    body = {"aggs": {"os": {"terms": {"field": "target.os"}}}, "sort": ["target.os"]}
    first, *others = scroll_all(search_app, filled_path, body)
    assert len(first["aggregations"]["os"]["buckets"]) == 3
    assert all("aggregations" not in page for page in others)
    assert all(len(hit["sort"]) == 1 for page in others for hit in page["hits"]["hits"])
    (page, *_) = scroll_all(search_app, filled_path, {})
    assert "sort" not in page["hits"]["hits"][0]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_id_may_be_in_the_address(search_app, filled_path, method):
    first = search_app.get(f"{filled_path}/releases/_search?scroll=1m&size=298&_source=id").json
    found = []
    for address in (f"?scroll=1m&scroll_id={first['_scroll_id']}", f"/{first['_scroll_id']}"):
        page = search_app.request(f"{filled_path}/_search/scroll{address}", method=method).json
        found += ids_of([page])
    assert found == ["record-298", "record-299"]


def test_the_total_is_a_number_where_that_is_asked_for(search_app, filled_path):
    address = f"{filled_path}/_search?scroll=1m&rest_total_hits_as_int=true"
    first = search_app.get(address).json
    asked = {"scroll_id": first["_scroll_id"]}
    second = search_app.post_json(f"{filled_path}/_search/scroll", asked).json
    assert first["hits"]["total"] == second["hits"]["total"] == 300


RECORDS = [make_record(id=f"r-{number}", target__locale="fr") for number in range(6)]


def change(app, path):
    """Change, add and remove records, so that searches find that."""
    put_records(app, path, [make_record(id="r-5", target__locale="de"), make_record(id="r-6")])
    app.delete(f"{path}/records/r-4", headers=PUBLISHER_HEADERS)
    put_records(app, path, [make_record(id="r-0", target__locale="de")])
    found = app.get(f"{path}/_search?sort=id&size=20").json
    assert ids_of([found]) == ["r-0", "r-1", "r-2", "r-3", "r-5", "r-6"]


def locales_of(page):
    return [(hit["_id"], hit["_source"]["target"]["locale"]) for hit in page["hits"]["hits"]]


@pytest.mark.parametrize("sort", ["_doc", "id", "target.locale"])
def test_a_scroll_returns_what_was_there_when_it_began(search_app, empty_path, sort):
    put_records(search_app, empty_path, RECORDS)
    page = search_app.post_json(f"{empty_path}/_search?scroll=1m&size=2&sort={sort}", {}).json
    scroll_id, found = page["_scroll_id"], locales_of(page)
    change(search_app, empty_path)
    while page["hits"]["hits"]:
        # The same ID each time: the server knows how far the scroll is.
        asked = {"scroll_id": scroll_id}
        page = search_app.post_json(f"{empty_path}/_search/scroll", asked).json
        assert page["hits"]["total"]["value"] == 6
        found += locales_of(page)
    assert found == [(record["id"], "fr") for record in RECORDS]


def test_a_point_in_time_returns_what_was_there_when_it_began(search_app, empty_path):
    put_records(search_app, empty_path, RECORDS)
    pit = search_app.post(f"{empty_path}/releases/_pit?keep_alive=1m").json["id"]
    change(search_app, empty_path)
    body = {"pit": {"id": pit, "keep_alive": "1m"}, "sort": ["id"]}
    page = search_app.post_json(f"{empty_path}/_search", body).json
    assert locales_of(page) == [(record["id"], "fr") for record in RECORDS]
    assert page["hits"]["total"]["value"] == 6


@pytest.fixture
def other_app(search_app, search_folder, make_app):
    """Another process of the same server, as far as the embedded engine knows."""
    app = make_app(
        search_app.app.registry.settings["storage_url"],
        **{
            "kinto.search.path": str(search_folder),
            "kinto.search.leases": str(search_folder / "leases"),
        },
    )
    yield app
    search_of(app).follower.stop()
    search_of(app).engine.close()


def test_another_process_goes_on_with_a_scroll(search_app, filled_path, other_app):
    page = search_app.post_json(f"{filled_path}/_search?scroll=1m&size=100", {}).json
    found, asked = ids_of([page]), {"scroll_id": page["_scroll_id"]}
    for app in (other_app, search_app, other_app):
        page = app.post_json(f"{filled_path}/_search/scroll", asked).json
        found += ids_of([page])
    assert found == [f"record-{number:03}" for number in range(300)]


@pytest.mark.parametrize("keep", ["scroll", "pit"])
def test_what_is_not_used_for_its_time_expires(search_app, filled_path, keep, monkeypatch):
    if keep == "scroll":
        scroll_id = search_app.get(f"{filled_path}/_search?scroll=1ms&size=1").json["_scroll_id"]
        address, body = "_search/scroll", {"scroll_id": scroll_id}
    else:
        pit = search_app.post(f"{filled_path}/releases/_pit?keep_alive=1ms").json["id"]
        address, body = "_search", {"pit": {"id": pit}}
    search_app.post_json(f"{filled_path}/{address}", body)  # As long as a request takes.
    monkeypatch.setattr(snapshots, "GRACE_SECONDS", 0)
    time.sleep(0.01)
    answer = search_app.post_json(f"{filled_path}/{address}", body, status=404).json
    assert answer["error"]["type"] == "search_context_missing_exception"
    assert "it has expired" in answer["error"]["reason"]


@pytest.mark.parametrize(
    ("body", "parameters", "message"),
    [
        ({"size": 0}, "", "'size: 0'"),
        ({"from": 1}, "", "'from'"),
        ({"sort": ["id"], "search_after": ["x"]}, "", "'search_after'"),
        ({"collapse": {"field": "target.os"}}, "", "'collapse'"),
        ({"sort": ["_score"]}, "", "'sort by _score'"),
        ({"track_total_hits": False}, "", "'track_total_hits: false'"),
        ({"size": 10_001}, "", "from + size is at most"),
        ({}, "&scroll=soon", "scroll: "),
        ({}, "&scroll=25h", "scroll: expected at most 24h, got '25h'"),
        ({}, "&request_cache=true", "request_cache: a scroll is not cached"),
    ],
)
def test_what_does_not_work_with_scrolling_is_refused(
    search_app, filled_path, body, parameters, message
):
    address = f"{filled_path}/_search?scroll=1m{parameters}"
    assert message in search_app.post_json(address, body, status=400).json["message"]


WRONG_IDS = [
    "x",
    "",
    "ü",
    "eJyrVspPylKyUkrKLNFRSgWyAGVEBcg=",  # Not JSON of ours.
    "eJwBAP//",
    None,
    ["a", "b"],
    "a,b",
]


@pytest.mark.parametrize("scroll_id", WRONG_IDS)
def test_a_wrong_id_is_refused(search_app, filled_path, scroll_id):
    asked = {"scroll_id": scroll_id}
    search_app.post_json(f"{filled_path}/_search/scroll", asked, status=400)
    search_app.post_json(f"{filled_path}/_search", {"pit": {"id": scroll_id}}, status=400)


def test_the_id_of_another_collection_is_not_found(search_app, filled_path, empty_path):
    scroll_id = search_app.get(f"{filled_path}/_search?scroll=1m").json["_scroll_id"]
    asked = {"scroll_id": scroll_id}
    search_app.post_json(f"{empty_path}/_search/scroll", asked, status=404)
    pit = search_app.post(f"{filled_path}/releases/_pit?keep_alive=1m").json["id"]
    search_app.post_json(f"{empty_path}/_search", {"pit": {"id": pit}}, status=404)
    search_app.delete_json(f"{empty_path}/_pit", {"id": pit}, status=404)


def test_scrolls_and_points_in_time_can_be_ended(search_app, filled_path):
    address = f"{filled_path}/_search/scroll"
    ids = [
        search_app.get(f"{filled_path}/_search?scroll=1m&size=1").json["_scroll_id"]
        for _ in range(2)
    ]
    asked = {"scroll_id": ids}
    assert search_app.delete_json(address, asked).json == {"succeeded": True, "num_freed": 2}
    again = search_app.delete_json(address, asked, status=404).json
    assert again == {"succeeded": True, "num_freed": 0}
    search_app.post_json(address, {"scroll_id": ids[0]}, status=404)
    pit = {"id": search_app.post(f"{filled_path}/releases/_pit?keep_alive=1m").json["id"]}
    answer = search_app.delete_json(f"{filled_path}/_pit", pit).json
    assert answer == {"succeeded": True, "num_freed": 1}
    search_app.post_json(f"{filled_path}/_search", {"pit": pit}, status=404)
    search_app.delete_json(f"{filled_path}/_pit", pit, status=404)


@pytest.mark.parametrize(
    "sort", [["target.os"], ["_doc"], ["_shard_doc"], [{"build.date": {"missing": "_first"}}]]
)
def test_a_point_in_time_pages_without_gaps(search_app, filled_path, sort):
    pit = search_app.post(f"{filled_path}/releases/_pit?keep_alive=1m").json["id"]
    body = {"pit": {"id": pit, "keep_alive": "1m"}, "size": 70, "sort": sort}
    found = []
    while True:
        page = search_app.post_json(f"{filled_path}/_search", body).json
        assert page["pit_id"] == pit
        if not page["hits"]["hits"]:
            break
        found += ids_of([page])
        body["search_after"] = page["hits"]["hits"][-1]["sort"]
    assert len(found) == len(set(found)) == 300


@pytest.mark.parametrize(
    "address", ["_pit", "_pit?keep_alive=soon", "_pit?keep_alive=25h", "_pit?keep_alive=1m&x=1"]
)
def test_a_wrong_point_in_time_is_refused(search_app, filled_path, address):
    search_app.post(f"{filled_path}/releases/{address}", status=400)
