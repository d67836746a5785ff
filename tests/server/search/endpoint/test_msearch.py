"""Several searches in one request: which lines belong together, and what a header may say."""

import json

import pytest

FENNEC = {"query": {"term": {"source.product": "fennec"}}, "size": 0}
ALL = {"size": 0}
BLANK = None
NOT_FOUND, WRONG = 404, 400

# The lines, and for each answer the total or the status of its error.
REQUESTS = {
    "headers without content": ([{}, FENNEC, {}, ALL], [51, 300]),
    "an empty header line": ([{}, FENNEC, BLANK, ALL], [51, 300]),
    "empty header lines": ([BLANK, FENNEC, BLANK, ALL], [51, 300]),
    "a line break before the first header": ([BLANK, {}, FENNEC], [51]),
    "line breaks at the end": ([{}, FENNEC, BLANK, BLANK], [51]),
    "an empty body line": ([{}, BLANK, {}, FENNEC], [WRONG, 51]),
    "another index": ([{"index": "other"}, ALL, {}, FENNEC], [NOT_FOUND, 51]),
    "the index": ([{"index": "releases"}, FENNEC, {"index": ["releases"]}, ALL], [51, 300]),
    "a pattern": ([{"index": "rel*"}, FENNEC, {"index": "other*"}, ALL], [51, NOT_FOUND]),
    "all": ([{"index": "_all"}, ALL, {"index": "*"}, ALL, {"index": ""}, ALL], [300, 300, 300]),
    "one of two": ([{"index": ["releases", "other"]}, ALL], [NOT_FOUND]),
    "one of two, as text": ([{"index": "releases,other"}, ALL], [NOT_FOUND]),
    "no index": ([{"index": None}, ALL], [300]),
    "what tunes a search": (
        [{"preference": "x", "routing": "y", "request_cache": True}, ALL],
        [300],
    ),
    "the search type": ([{"search_type": "dfs_query_then_fetch"}, ALL], [300]),
    "a wrong search type": ([{"search_type": "scan"}, ALL, {}, ALL], [WRONG, 300]),
    "an unknown option": ([{"indx": "releases"}, ALL, {}, ALL], [WRONG, 300]),
    "no object": ([[], ALL, {}, ALL], [WRONG, 300]),
    "no text": ([{"index": {}}, ALL, {}, ALL], [WRONG, 300]),
}


@pytest.mark.parametrize("name", REQUESTS)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["", "CRLF"])
def test_each_search_is_answered_by_itself(search_app, filled_path, name, line_end):
    lines, expected = REQUESTS[name]
    body = "".join(("" if line is BLANK else json.dumps(line)) + line_end for line in lines)
    responses = search_app.post(f"{filled_path}/_msearch", body).json["responses"]
    found = [
        each["status"] if "error" in each else each["hits"]["total"]["value"] for each in responses
    ]
    assert found == expected


def test_a_header_that_is_not_json_is_an_error_of_its_own(search_app, filled_path):
    answer = search_app.post(f"{filled_path}/_msearch", 'x\n{"size": 0}\n{}\n{}\n').json
    assert [each["status"] for each in answer["responses"]] == [400, 200]


def test_a_header_without_a_body_is_refused(search_app, filled_path):
    search_app.post(f"{filled_path}/_msearch", "{}\n{}\n{}\n", status=400)
