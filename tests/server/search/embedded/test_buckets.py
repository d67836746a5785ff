"""What is below a bucket is counted within it, also where Elasticsearch 9.2 counts more."""

from pathlib import Path

from kinto_buildhub.search.embedded.engine import EmbeddedEngine
from kinto_buildhub.search.engine import Change
from kinto_buildhub.search.index_names import IndexId
from kinto_buildhub.search.language.request import parse_request
from kinto_buildhub.search.mapping import Mapping

from tests.server.search.conftest import LIMITS, decoded
from tests.server.search.small_cases import SMALL_MAPPING, SMALL_RECORDS


def test_terms_below_missing_count_the_records_of_their_range(tmp_path: Path) -> None:
    # The field is in no record, and Elasticsearch counts as if the range above were not there.
    below = {
        "missing": {"field": "nope"},
        "aggs": {"t": {"terms": {"field": "tags", "size": 1, "missing": "none"}}},
    }
    ranges = {"field": "d", "ranges": [{"to": "2018-01-01"}, {"from": "2018-01-01"}]}
    body = {"size": 0, "aggs": {"x": {"date_range": ranges, "aggs": {"m": below}}}}
    index, mapping = IndexId("build-hub", "small"), Mapping(SMALL_MAPPING)
    engine = EmbeddedEngine(tmp_path, "test", LIMITS)
    engine.ensure(index, mapping)
    changes = [Change(each["id"], each["last_modified"], each) for each in SMALL_RECORDS]
    engine.apply(index, changes, changes[-1].timestamp)
    answer = decoded(engine.search(index, mapping, parse_request(body, LIMITS)))
    engine.close()
    earlier, later = (each["m"] for each in answer["aggregations"]["x"]["buckets"])
    assert (earlier["doc_count"], later["doc_count"]) == (1, 4)
    assert earlier["t"]["buckets"] == [{"key": "a", "doc_count": 1}]
    assert later["t"]["buckets"] == [{"key": "b", "doc_count": 2}]
