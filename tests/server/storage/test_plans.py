"""What the database reads for an answer: no more than it has to."""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import psycopg2
import pytest
from kinto.core.storage import Filter, Sort
from kinto.core.utils import COMPARISON
from kinto_buildhub.run.migrate import migrate
from kinto_buildhub.storage.bitmap_scans import only_bitmaps
from kinto_buildhub.storage.index_statistics import IndexStatistics
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.event import listen, remove
from sqlalchemy.exc import DataError

from tests.conftest import kinto_settings
from tests.server.storage.conftest import connected_storage

PARENT_ID = "/buckets/build-hub/collections/releases"
BY_CHANGE = Sort("last_modified", -1)
RECORD_COUNT, FENNEC_COUNT = 20_000, 2_000

# Each of the first tenth is Fennec, and each tenth of all is for Android.
_FILL = """
INSERT INTO objects (id, parent_id, resource_name, last_modified, data, deleted)
SELECT n::text, %(parent_id)s, 'record', timestamp '2020-01-01' + n * interval '1 s',
       jsonb_build_object(
           'source', jsonb_build_object(
               'product', CASE WHEN n <= 2000 THEN 'fennec' ELSE 'firefox' END),
           'target', jsonb_build_object(
               'os', CASE WHEN mod(n, 10) = 0 THEN 'android' ELSE 'win' END),
           'download', jsonb_build_object(
               'size', n,
               'date', to_char(timestamp '2020-01-01' + n * interval '1 h', 'YYYY-MM-DD'))),
       false
  FROM generate_series(1, 20000) AS n
"""


@pytest.fixture(scope="module")
def database(make_database) -> str:
    url: str = make_database()
    migrate(kinto_settings(url), progress=lambda _: None)
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE objects DISABLE TRIGGER USER")
            cursor.execute(_FILL, {"parent_id": PARENT_ID})
            cursor.execute("VACUUM ANALYZE objects")
    return url


@pytest.fixture
def storage(database) -> Iterator[Any]:
    with connected_storage(database) as storage:
        yield storage


def equal(field: str, value: str) -> Filter:
    return Filter(field, value, COMPARISON.EQ)


def listed(storage: Any, filters: list[Filter], sorting: list[Sort]) -> list[str]:
    rows = storage.list_rows("record", PARENT_ID, filters=filters, sorting=sorting, limit=10)
    return [row.id for row in rows]


def scans(storage: Any, ask: Callable[[], Any]) -> list[dict[str, Any]]:
    """Let *ask* ask, and return the nodes of the plan of it that read records."""
    statements: list[Any] = []
    engine = storage.client.session_factory.get_bind()

    def note(*event: Any) -> None:
        statements.append(event[2:4])

    listen(engine, "before_cursor_execute", note)
    ask()
    remove(engine, "before_cursor_execute", note)
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        for sql, parameters in statements:
            if "objects" in sql:
                sql = f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}"
            cursor.execute(sql, parameters)
            if "objects" in sql:
                found = list(_iter_scans(cursor.fetchone()[0][0]["Plan"]))
    return found


def _iter_scans(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if node.get("Relation Name") == "objects" and node["Actual Loops"]:
        yield node
    for child in node.get("Plans", ()):
        yield from _iter_scans(child)


def rows_read(nodes: list[dict[str, Any]]) -> float:
    return sum(node["Actual Rows"] + node.get("Rows Removed by Filter", 0) for node in nodes)


@pytest.mark.parametrize("direction", [-1, 1])
def test_the_last_changed_of_a_product_that_ended_are_read_alone(storage, direction):
    sorting = [Sort("last_modified", direction)]
    wanted = [equal("source.product", "fennec")]
    expected = range(FENNEC_COUNT, FENNEC_COUNT - 10, -1) if direction < 0 else range(1, 11)
    assert listed(storage, wanted, sorting) == [str(number) for number in expected]
    nodes = scans(storage, lambda: listed(storage, wanted, sorting))
    assert {node["Index Name"][:33] for node in nodes} == {"buildhub_releases_source_product_"}
    assert rows_read(nodes) < 200


def test_so_they_are_when_more_is_asked_of_them(storage):
    wanted = [equal("source.product", "fennec"), Filter("target.os", "win", COMPARISON.NOT)]
    assert listed(storage, wanted, [BY_CHANGE]) == [str(n) for n in range(2000, 1900, -10)]
    assert rows_read(scans(storage, lambda: listed(storage, wanted, [BY_CHANGE]))) < 400


def test_where_few_records_tell_nothing_all_of_the_value_are_read(storage):
    wanted = [equal("source.product", "fennec"), Filter("download.size", 20, COMPARISON.LT)]
    assert listed(storage, wanted, [BY_CHANGE]) == [str(n) for n in range(19, 9, -1)]


@pytest.mark.parametrize("direction", [-1, 1])
def test_the_first_of_a_rare_value_are_met_near_the_start_of_the_order(storage, direction):
    sorting = [Sort("download.size", direction), BY_CHANGE]
    wanted = [equal("target.os", "android")]
    expected = range(RECORD_COUNT, RECORD_COUNT - 100, -10) if direction < 0 else range(10, 101, 10)
    assert listed(storage, wanted, sorting) == [str(number) for number in expected]
    nodes = scans(storage, lambda: listed(storage, wanted, sorting))
    assert {node["Index Name"][:31] for node in nodes} == {"buildhub_releases_download_size"}
    assert rows_read(nodes) < 20


def test_what_lies_at_the_end_of_the_order_is_found_in_the_index(storage):
    sorting = [Sort("download.size", -1), BY_CHANGE]
    wanted = [equal("source.product", "fennec")]
    assert listed(storage, wanted, sorting) == [str(n) for n in range(2000, 1990, -1)]
    nodes = scans(storage, lambda: listed(storage, wanted, sorting))
    assert sum(node["Actual Rows"] for node in nodes) <= FENNEC_COUNT


def test_a_frequent_value_is_counted_by_its_index(storage):
    storage._statistics = IndexStatistics(storage.client, rare_count=1_000)

    def count() -> int:
        wanted = [equal("target.os", "android")]
        return int(storage.count_all("record", PARENT_ID, filters=wanted))

    assert count() == RECORD_COUNT // 10
    [scan] = scans(storage, count)
    assert scan["Node Type"] == "Bitmap Heap Scan"
    [index] = scan["Plans"]
    assert index["Index Name"].startswith("buildhub_releases_target_os_")


@pytest.mark.parametrize("options", [{}, {"isolation_level": "AUTOCOMMIT"}])
def test_other_plans_are_possible_again_after_a_count(database, options):
    engine = create_engine(make_url(database).set(drivername="postgresql+psycopg2"), **options)
    with engine.connect() as connection:

        def settings() -> list[str]:
            names = ("enable_seqscan", "enable_indexscan", "work_mem")
            return [connection.execute(text(f"SHOW {name}")).scalar() or "" for name in names]

        before = settings()
        with only_bitmaps(connection):
            assert settings() == ["off", "off", "64MB"]
        assert settings() == before
        with pytest.raises(DataError), only_bitmaps(connection):
            connection.execute(text("SELECT 1 / 0"))
        connection.rollback()
        assert settings() == before
    engine.dispose()
