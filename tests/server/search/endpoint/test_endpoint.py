"""The endpoints, in the real app."""

import json

import pytest

from tests.conftest import PUBLISHER_HEADERS, make_record
from tests.server.search.collections import make_collection, put_records
from tests.server.search.endpoint.test_anonymous import ON_KINTO_PATH


def test_the_legacy_endpoint_returns_the_total_as_a_number(search_app, filled_path):
    answer = search_app.post_json(f"{filled_path}/search", {"size": 1}).json
    assert answer["hits"]["total"] == 300
    assert len(answer["hits"]["hits"]) == 1


def test_the_current_endpoint_returns_the_total_as_an_object(search_app, filled_path):
    answer = search_app.post_json(f"{filled_path}/_search", {}).json
    assert answer["hits"]["total"] == {"value": 300, "relation": "eq"}
    assert len(answer["hits"]["hits"]) == 10


def test_a_record_comes_back_as_the_store_has_it(search_app, filled_path):
    stored = search_app.get(f"{filled_path}/records/record-001").json["data"]
    query = {"query": {"ids": {"values": ["record-001"]}}}
    hits = search_app.post_json(f"{filled_path}/search", query).json["hits"]["hits"]
    assert [hit["_source"] for hit in hits] == [stored]


def test_searches_see_writes_changes_and_deletions(search_app, empty_path):
    record = make_record()
    total = {"query": {"term": {"target.locale": "fr"}}}

    put_records(search_app, empty_path, [record])
    assert search_app.post_json(f"{empty_path}/search", total).json["hits"]["total"] == 1

    put_records(search_app, empty_path, [make_record(target__locale="de")])
    assert search_app.post_json(f"{empty_path}/search", total).json["hits"]["total"] == 0
    assert search_app.post_json(f"{empty_path}/search", {}).json["hits"]["total"] == 1

    search_app.delete(f"{empty_path}/records/{record['id']}", headers=PUBLISHER_HEADERS)
    assert search_app.post_json(f"{empty_path}/search", {}).json["hits"]["total"] == 0


def test_json_is_taken_under_any_content_type(search_app, filled_path):
    body = json.dumps({"query": {"term": {"target.os": "mac"}}, "size": 0})
    totals = []
    for content_type in (
        "application/json",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/vnd.elasticsearch+json; compatible-with=9",
    ):
        answer = search_app.post(
            f"{filled_path}/search", body, headers={"Content-Type": content_type}
        )
        totals.append(answer.json["hits"]["total"])
    assert len(set(totals)) == 1
    assert totals[0] > 0


def test_the_url_may_contain_a_query_string(search_app, filled_path):
    answer = search_app.get(f"{filled_path}/search?q=target.os:mac&size=2&sort=id:desc").json
    found = [hit["_source"]["target"]["os"] for hit in answer["hits"]["hits"]]
    assert found == ["mac", "mac"]


@pytest.mark.parametrize("url", ["search", "_search?rest_total_hits_as_int=true"])
def test_totals_of_inner_hits_are_numbers_too(search_app, filled_path, url):
    top = {"top_hits": {"size": 1}}
    body = {
        "size": 1,
        "collapse": {"field": "target.os", "inner_hits": {"name": "others", "size": 1}},
        "aggs": {"top": top, "all": {"filter": {"match_all": {}}, "aggs": {"top": top}}},
    }
    answer = search_app.post_json(f"{filled_path}/{url}", body).json
    assert answer["hits"]["total"] == 300
    assert answer["hits"]["hits"][0]["inner_hits"]["others"]["hits"]["total"] > 0
    aggregations = answer["aggregations"]
    assert aggregations["top"]["hits"]["total"] == 300
    assert aggregations["all"]["top"]["hits"]["total"] == 300


@pytest.mark.parametrize("keyed", [True, False])
def test_filters_in_a_list_have_their_names_as_keys(search_app, filled_path, keyed):
    filters = {"mac": {"term": {"target.os": "mac"}}}
    agg = {"filters": {"filters": filters, "keyed": keyed, "other_bucket_key": "rest"}}
    answer = search_app.post_json(f"{filled_path}/_search", {"size": 0, "aggs": {"x": agg}}).json
    buckets = answer["aggregations"]["x"]["buckets"]
    names = list(buckets) if keyed else [bucket["key"] for bucket in buckets]
    assert names == ["mac", "rest"]


@pytest.mark.parametrize(
    ("endpoint", "parameters", "message"),
    [
        pytest.param("search", "sise=3", "is 'size' meant?", id="search"),
        pytest.param("_search", "timeout=abc", "expected a number", id="timeout"),
        pytest.param("_search", "rest_total_hits_as_int=1", "expected true", id="flag"),
        pytest.param("_count", "size=3", "unknown parameter 'size'", id="count"),
        pytest.param("_count", "terminate_after=3", "expected 0", id="count-option"),
        pytest.param("_msearch", "size=3", "unknown parameter 'size'", id="msearch"),
    ],
)
def test_a_parameter_without_effect_is_refused(
    search_app, filled_path, endpoint, parameters, message
):
    url, body = f"{filled_path}/{endpoint}?{parameters}", "{}\n{}\n"
    answer = search_app.post(url, body if endpoint == "_msearch" else "{}", status=400).json
    assert message in answer["message"]
    kintos = search_app.post(
        url, body if endpoint == "_msearch" else "{}", headers=ON_KINTO_PATH, status=400
    ).json
    assert answer == kintos


def test_parameters_that_change_nothing_are_taken(search_app, filled_path):
    parameters = "preference=_local&routing=a&request_cache=true&search_type=dfs_query_then_fetch"
    assert search_app.get(f"{filled_path}/search?size=0&{parameters}").json["hits"]["total"] == 300


def test_options_may_be_in_the_url(search_app, filled_path):
    url = f"{filled_path}/_search?size=1&sort=id&track_scores=true&version=true"
    [hit] = search_app.get(f"{url}&stored_fields=a&docvalue_fields=target.os").json["hits"]["hits"]
    assert hit["_score"] == 1.0
    assert hit["_version"] > 0
    assert "_source" not in hit
    assert list(hit["fields"]) == ["target.os"]


def test_a_count_may_demand_a_score(search_app, filled_path):
    for least, expected in (("1", 300), ("1.5", 0)):
        answer = search_app.get(f"{filled_path}/_count?min_score={least}").json
        assert answer["count"] == expected


def test_an_answer_contains_what_filter_path_names(search_app, filled_path):
    url = f"{filled_path}/_search?size=1&sort=id"
    answer = search_app.get(f"{url}&filter_path=hits.total.value,hits.hits._id").json
    assert answer == {"hits": {"total": {"value": 300}, "hits": [{"_id": "record-000"}]}}
    again = search_app.get(
        f"{url}&filter_path=hits.total.value,hits.hits._id", headers=ON_KINTO_PATH
    ).json
    assert again == answer
    answer = search_app.get(f"{filled_path}/_count?filter_path=-_shards").json
    assert answer == {"count": 300}


def test_a_count_returns_the_number_of_matches(search_app, filled_path):
    query = {"query": {"term": {"target.os": "mac"}}}
    count = search_app.post_json(f"{filled_path}/_count", query).json["count"]
    assert count == search_app.post_json(f"{filled_path}/search", query).json["hits"]["total"]


def test_one_wrong_search_does_not_fail_the_others(search_app, filled_path):
    lines = [{}, {"size": 0}, {}, {"query": {"foo": {}}}, {}, {"query": {"match_none": {}}}]
    body = "".join(json.dumps(line) + "\n" for line in lines)
    answer = search_app.post(f"{filled_path}/_msearch", body).json["responses"]
    assert [each["status"] for each in answer] == [200, 400, 200]
    assert answer[0]["hits"]["total"]["value"] == 300
    assert "unknown query 'foo'" in answer[1]["error"]["reason"]


def test_the_mapping_is_that_of_the_collection(search_app, filled_path):
    answer = search_app.get(f"{filled_path}/_mapping").json
    ((_, found),) = answer.items()
    metadata = search_app.get(filled_path).json["data"]["index:schema"]
    assert found["mappings"] == metadata


def test_an_index_name_between_host_and_endpoint_is_the_collection(search_app, filled_path):
    assert search_app.post_json(f"{filled_path}/releases/_count", {}).json["count"] == 300
    missing = search_app.post_json(f"{filled_path}/other/_search", {}, status=404)
    assert "no such index [other]" in missing.json["message"]


def test_a_parameter_of_the_mapping_is_known_or_refused(search_app, filled_path):
    known = search_app.get(f"{filled_path}/_mapping?local=true&pretty")
    assert known.json == search_app.get(f"{filled_path}/_mapping").json
    refused = search_app.get(f"{filled_path}/_mapping?filter_paht=a", status=400).json
    assert refused["error"]["reason"].startswith("unknown parameter 'filter_paht'; expected one of")


def test_a_collection_without_a_mapping_is_not_searchable(search_app, empty_path):
    path = empty_path.replace("/releases", "/plain")
    search_app.put_json(path, {}, headers=PUBLISHER_HEADERS)
    answer = search_app.post_json(f"{path}/search", {}, status=404)
    assert "has no index:schema" in answer.json["message"]


def test_searching_needs_permission_to_read(search_app):
    path = make_collection(search_app, read=())
    search_app.post_json(f"{path}/search", {}, status=401)
    other = {"Authorization": "Basic b3RoZXI6b3RoZXI="}
    for endpoint in ("search", "_search", "_count", "_mapping"):
        search_app.get(f"{path}/{endpoint}", headers=other, status=403)
    search_app.get(f"{path}/search", headers=PUBLISHER_HEADERS, status=200)


def test_a_revoked_permission_ends_at_once(search_app, empty_path):
    search_app.post_json(f"{empty_path}/search", {})
    bucket = empty_path.partition("/collections")[0]
    search_app.patch_json(bucket, {"permissions": {"read": []}}, headers=PUBLISHER_HEADERS)
    search_app.post_json(f"{empty_path}/search", {}, status=401)


def test_an_error_has_kintos_shape(search_app, filled_path):
    answer = search_app.post_json(f"{filled_path}/search", {"query": {"foo": {}}}, status=400)
    assert answer.json["code"] == 400
    assert "unknown query 'foo'" in answer.json["message"]
    assert answer.json["details"]["path"] == "query"


def test_a_page_of_another_origin_may_search(search_app, filled_path):
    answer = search_app.options(
        f"{filled_path}/search",
        headers={
            "Origin": "https://example.org",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type",
        },
    )
    assert answer.headers["Access-Control-Allow-Origin"] in ("*", "https://example.org")
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert "content-type" in answer.headers["Access-Control-Allow-Headers"].lower()


def test_answers_carry_what_official_clients_check_and_no_backoff(search_app, filled_path):
    answer = search_app.post_json(f"{filled_path}/_search", {})
    assert answer.headers["X-Elastic-Product"] == "Elasticsearch"
    assert "Backoff" not in answer.headers


def test_deleting_all_records_empties_the_index(search_app, empty_path):
    put_records(search_app, empty_path, [make_record()])
    search_app.delete(f"{empty_path}/records", headers=PUBLISHER_HEADERS)
    assert search_app.post_json(f"{empty_path}/search", {}).json["hits"]["total"] == 0


def test_switched_off_search_says_how_to_switch_it_on(app, collection_path):
    answer = app.post_json(f"{collection_path}/search", {}, status=503)
    assert "kinto.search.path" in answer.json["message"]
    assert "Retry-After" in answer.headers
