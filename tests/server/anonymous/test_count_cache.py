"""A count is kept until something is written, whatever that is and however it is written."""

import pytest
from kinto_buildhub.anonymous.count_cache import Counts
from kinto_buildhub.anonymous.permissions import APPLICATION_NAME

from tests.conftest import PUBLISHER_HEADERS


def count(place, query=""):
    return int(place.ask(query, method="HEAD").headers["Total-Records"])


def has_counted(place):
    """Tell whether the last thing that the database was asked is to count."""
    with place.connection.cursor() as cursor:
        cursor.execute(
            "SELECT query FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = %s"
            " ORDER BY query_start DESC LIMIT 1",
            (APPLICATION_NAME,),
        )
        return "listable" not in cursor.fetchone()[0]


def test_nothing_is_counted_twice_while_nothing_is_written(place):
    place.fill([{"made": "a"}, {"made": "b"}, {}])
    for query, expected in (("", 3), ("made=a", 1), ("has_made=true", 2), ("made=c", 0)):
        assert (count(place, query), has_counted(place)) == (expected, True)
        for _ in range(2):
            assert (count(place, query), has_counted(place)) == (expected, False)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO objects (id, parent_id, resource_name, data, last_modified, deleted)"
        " VALUES ('old', %(parent_id)s, 'record', '{}', '2001-01-01', false)",
        "DELETE FROM objects WHERE parent_id = %(parent_id)s AND id = 'r0'",
        "UPDATE objects SET deleted = true, last_modified = '2001-01-01'"
        " WHERE parent_id = %(parent_id)s AND id = 'r0'",
    ],
    ids=["an-old-timestamp", "without-a-trace", "an-old-tombstone"],
)
def test_writes_that_no_timestamp_tells_of_are_counted(place, statement):
    place.fill([{"made": "a"}, {"made": "b"}, {}])
    before = (count(place), place.ask(method="HEAD").headers["ETag"])
    with place.connection.cursor() as cursor:
        cursor.execute(statement, {"parent_id": place.path.removeprefix("/v1")})
    after = (count(place), place.ask(method="HEAD").headers["ETag"])
    assert abs(after[0] - before[0]) == 1
    assert after[1] == before[1]


def test_a_write_that_others_do_not_see_yet_is_counted_when_they_do(place):
    place.fill([{}, {}])
    assert count(place) == 2
    parent_id = place.path.removeprefix("/v1")
    place.connection.autocommit = False
    try:
        with place.connection.cursor() as cursor:
            cursor.execute("SAVEPOINT within")
            cursor.execute("DELETE FROM objects WHERE parent_id = %s AND id = 'r0'", (parent_id,))
            cursor.execute("RELEASE within")
        for _ in range(2):
            assert count(place) == 2
        # Others begin, and end, meanwhile.
        place.app.put_json(f"{place.path}/records/r5", {"data": {}}, headers=PUBLISHER_HEADERS)
        for _ in range(2):
            assert count(place) == 3
        place.connection.commit()
        for _ in range(2):
            assert count(place) == 2
    finally:
        place.connection.rollback()
        place.connection.autocommit = True


def test_each_place_and_filter_has_a_count_of_its_own(place, shared_place):
    place.fill([{"made": "1"}])
    shared_place.fill([{"made": "1"}, {"it": {"size": 1}}, {"it": {"size": True}}])
    for _ in range(2):
        assert (count(place), count(shared_place)) == (1, 3)
        assert count(shared_place, "it.size=1") == 1
        assert count(shared_place, "in_plain=1,true") == 0
        assert count(shared_place, "has_it.size=true") == 2


def test_what_no_state_is_known_of_is_counted_each_time():
    numbers = iter(range(10))
    counts = Counts()
    assert [counts.find("all", None, lambda: next(numbers)) for _ in range(3)] == [0, 1, 2]


def test_counts_do_not_fill_the_memory():
    counts = Counts()
    for number in range(3000):
        assert counts.find(number, "now", lambda number=number: number) == number
    assert len(counts._kept) <= 1000
