"""The indexes that schemas ask for, and making them while others read and write."""

import json
import re
import threading
import time

import psycopg2
import pytest
from buildhub_schema import FIELDS, json_schema
from kinto.core.storage import Filter, Sort
from kinto.core.utils import COMPARISON
from kinto_buildhub.run.migrate import migrate
from kinto_buildhub.storage.index_statistics import REFRESH_SECONDS, IndexStatistics
from kinto_buildhub.storage.indexes import EQUALITY, PREFIX, ensure_indexes, wanted_indexes
from sqlalchemy.event import listen

from tests.conftest import PUBLISHER_HEADERS, kinto_settings, make_record
from tests.server.storage.conftest import connected_storage

PARENT_ID = "/buckets/build-hub/collections/releases"


def nothing(_):
    pass


@pytest.fixture
def database(make_database):
    url = make_database()
    migrate(kinto_settings(url), progress=nothing)
    return url


@pytest.fixture
def connection(database):
    connection = psycopg2.connect(database)
    connection.autocommit = True
    yield connection
    connection.close()


def names(connection):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class JOIN pg_index ON indexrelid = pg_class.oid "
            "WHERE indrelid = 'objects'::regclass AND starts_with(relname, %s) ORDER BY 1",
            (PREFIX,),
        )
        return [name for (name,) in cursor.fetchall()]


def expected_names(schema=None, parent_id=PARENT_ID):
    indexes = [EQUALITY, *wanted_indexes(json_schema(), PARENT_ID)]
    indexes += wanted_indexes(schema, parent_id) if schema else []
    return sorted(index.name for index in indexes)


@pytest.mark.parametrize(
    ("properties", "columns"),
    [
        pytest.param({"a": {"type": "string"}}, [], id="unmarked"),
        pytest.param({"a": {"x-sortable": True}}, ["(data->'a'), last_modified"], id="sortable"),
        pytest.param(
            {"p": {"x-published": True}, "a": {"x-facet": True}},
            ["last_modified, (jsonb_hash(data->'a'))", "(data->'a'), (data->'p'), last_modified"],
            id="facet-by-publication",
        ),
        pytest.param(
            {"a": {"x-facet": True}},
            ["last_modified, (jsonb_hash(data->'a'))", "(data->'a'), last_modified"],
            id="facet-alone",
        ),
        pytest.param(
            {"p": {"x-published": True}, "a": {"x-facet": True}, "b": {"x-sortable": True}},
            [
                "last_modified, (jsonb_hash(data->'a'))",
                "(data->'a'), (data->'p'), last_modified",
                "(data->'b'), last_modified, (jsonb_hash(data->'a'))",
            ],
            id="sortable-carries-facets",
        ),
        pytest.param(
            {"p": {"x-published": True, "x-sortable": True, "x-facet": True}},
            ["last_modified, (jsonb_hash(data->'p'))", "(data->'p'), last_modified"],
            id="published-facet",
        ),
        pytest.param(
            {"p": {"x-published": True}, "a": {"x-facet": True, "x-sortable": True}},
            ["last_modified, (jsonb_hash(data->'a'))", "(data->'a'), (data->'p'), last_modified"],
            id="both-need-one",
        ),
        pytest.param(
            {"g": {"properties": {"it's": {}, "b": {"x-sortable": True}}}},
            ["(data->'g'->'b'), last_modified"],
            id="nested",
        ),
        pytest.param({"a": {"type": "array", "x-facet": True}}, [], id="arrays-have-no-order"),
        pytest.param({"it's": {"x-sortable": True}}, [], id="kinto-cannot-sort-by-that-name"),
    ],
)
def test_the_indexes_that_a_schema_asks_for(properties, columns):
    wanted = wanted_indexes({"properties": properties}, "/buckets/b/collections/c")
    predicate = (
        "WHERE parent_id = '/buckets/b/collections/c' AND resource_name = 'record' AND NOT deleted"
    )
    assert [index.definition for index in wanted] == [f"({c}) {predicate}" for c in columns]


def test_a_stored_schema_asks_for_the_same_indexes_as_the_one_it_was_made_from(connection):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::jsonb", (json.dumps(json_schema()),))
        [stored] = cursor.fetchone()
    assert list(stored["properties"]) != list(json_schema()["properties"])
    wanted, again = (wanted_indexes(schema, PARENT_ID) for schema in (json_schema(), stored))
    assert sorted(map(str, again)) == sorted(map(str, wanted))


def test_names_tell_definitions_apart_and_fit():
    indexes = wanted_indexes(json_schema(), PARENT_ID)
    indexes += wanted_indexes(json_schema(), "/buckets/" + "b" * 100 + "/collections/releases")
    assert len({index.name for index in indexes}) == len(indexes)
    assert max(len(index.name) for index in indexes) <= 63


def test_every_sortable_field_and_facet_of_ours_is_found_in_the_statistics(database):
    with connected_storage(database) as storage:
        fields = IndexStatistics(storage.client).fields(PARENT_ID)
    assert fields == {
        field.name: "download.date" if field.facet else ""
        for field in FIELDS
        if field.sortable or field.facet
    }


def test_the_statistics_are_read_again_after_a_while(database, connection):
    now = 0.0
    with connected_storage(database) as storage:
        statistics = IndexStatistics(storage.client, clock=lambda: now)
        before = statistics.fields(PARENT_ID)
        with connection.cursor() as cursor:
            for name in names(connection):
                cursor.execute(f"DROP INDEX {name}")
        assert statistics.fields(PARENT_ID) == before
        now += REFRESH_SECONDS
        assert statistics.fields(PARENT_ID) == {}


def test_a_second_migration_does_nothing(database, connection):
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname, pg_relation_filenode(oid) FROM pg_class ORDER BY 1")
        before = cursor.fetchall()
        lines = []
        migrate(kinto_settings(database), progress=lines.append)
        cursor.execute("SELECT relname, pg_relation_filenode(oid) FROM pg_class ORDER BY 1")
        assert cursor.fetchall() == before
    assert lines == []


def test_unfinished_and_outdated_indexes_are_replaced(connection):
    expected = names(connection)
    assert expected == expected_names()
    broken = expected[0]
    with connection.cursor() as cursor:
        # What a build that was interrupted leaves behind.
        cursor.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass", (broken,)
        )
        cursor.execute(f"CREATE INDEX {PREFIX}of_yesterday ON objects (last_modified)")
        cursor.execute("CREATE INDEX somebody_elses ON objects (last_modified)")
    lines = []
    ensure_indexes(connection, progress=lines.append)
    assert names(connection) == expected
    assert f"Dropping unfinished index {broken}." in lines
    assert f"Dropping outdated index {PREFIX}of_yesterday." in lines
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indisvalid FROM pg_index WHERE indexrelid = ANY(%s::regclass[])",
            ([broken, "somebody_elses"],),
        )
        assert cursor.fetchall() == [(True,), (True,)]


def test_what_an_earlier_version_made_serves_until_the_new_is_there(database, connection):
    """It carried the facets themselves, and knew nothing of their hashes."""
    expected = names(connection)
    hashed = [i for i in wanted_indexes(json_schema(), PARENT_ID) if "jsonb_hash" in i.definition]
    old_names = [index.name[:-10] + "0123456789" for index in hashed]
    with connection.cursor() as cursor:
        for index, old_name in zip(hashed, old_names, strict=True):
            cursor.execute(f"DROP INDEX {index.name}")
            columns = re.sub(r"jsonb_hash\((data[^)]*)\)", r"\1", index.definition)
            cursor.execute(f"CREATE INDEX {old_name} ON objects {columns}")
        cursor.execute("SELECT stxname FROM pg_statistic_ext WHERE stxname ~ 'target_os'")
        [(new_statistics,)] = cursor.fetchall()
        cursor.execute(f"DROP STATISTICS {new_statistics}")
        cursor.execute(
            "CREATE STATISTICS buildhub_target_os_0 ON (data->'target'->'os') FROM objects"
        )
    with connected_storage(database) as storage:
        statistics = IndexStatistics(storage.client)
        assert statistics.carried(PARENT_ID) == frozenset()
        fields = statistics.fields(PARENT_ID)
    lines = []
    ensure_indexes(connection, progress=lines.append)
    assert [line.split()[0] for line in lines] == ["Building"] * len(hashed) + ["Dropping"] * len(
        hashed
    )
    assert {line.split()[-1].rstrip(".") for line in lines[len(hashed) :]} == set(old_names)
    assert names(connection) == expected
    with connected_storage(database) as storage:
        statistics = IndexStatistics(storage.client)
        assert statistics.fields(PARENT_ID) == fields
        assert statistics.carried(PARENT_ID) == {field.name for field in FIELDS if field.facet}
    with connection.cursor() as cursor:
        cursor.execute("SELECT stxname FROM pg_statistic_ext WHERE stxname ~ 'target_os'")
        assert cursor.fetchall() == [(new_statistics,)]


def test_a_value_and_its_hash_are_not_taken_for_two_conditions(connection):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO objects (id, parent_id, resource_name, data, deleted)"
            " SELECT n::text, %s, 'record', jsonb_build_object('target', jsonb_build_object("
            " 'channel', CASE WHEN n <= 50 THEN 'esr' ELSE 'nightly' END)), false"
            " FROM generate_series(1, 500) n",
            (PARENT_ID,),
        )
        cursor.execute("ANALYZE objects")
        cursor.execute(
            "EXPLAIN (FORMAT JSON) SELECT 1 FROM objects"
            " WHERE data->'target'->'channel' = '\"esr\"'"
            " AND jsonb_hash(data->'target'->'channel') = jsonb_hash('\"esr\"')"
        )
        assert cursor.fetchone()[0][0]["Plan"]["Plan Rows"] == 50


def test_a_stored_schema_with_marks_gets_indexes_of_its_own(make_app, database, connection):
    app = make_app(database)
    schema = {"properties": {"name": {"type": "string", "x-sortable": True}}}
    app.put_json("/v1/buckets/other", headers=PUBLISHER_HEADERS)
    path = "/v1/buckets/other/collections/things"
    app.put_json(path, {"data": {"schema": schema}}, headers=PUBLISHER_HEADERS)
    ensure_indexes(connection, progress=nothing)
    assert names(connection) == expected_names(schema, "/buckets/other/collections/things")
    app.delete(path, headers=PUBLISHER_HEADERS)
    ensure_indexes(connection, progress=nothing)
    assert names(connection) == expected_names()


def test_postgresql_knows_how_frequent_the_values_of_an_indexed_field_are(connection):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO objects (id, parent_id, resource_name, data, deleted)"
            " SELECT n::text, %s, 'record', jsonb_build_object('target', jsonb_build_object("
            " 'channel', CASE WHEN n <= 5 THEN 'esr' ELSE 'nightly' END)), false"
            " FROM generate_series(1, 500) n",
            (PARENT_ID,),
        )
        cursor.execute("CREATE STATISTICS buildhub_of_yesterday ON (id || 'x') FROM objects")
        ensure_indexes(connection, progress=nothing)
        cursor.execute("ANALYZE objects")
        estimates = []
        for value in ("nightly", "esr"):
            cursor.execute(
                "EXPLAIN (FORMAT JSON) SELECT 1 FROM objects WHERE"
                " data->'target'->'channel' = to_jsonb(%s::text)",
                (value,),
            )
            estimates.append(cursor.fetchone()[0][0]["Plan"]["Plan Rows"])
        cursor.execute("SELECT count(*) FROM pg_statistic_ext WHERE stxname ~ 'yesterday'")
        assert cursor.fetchone() == (0,)
    assert estimates == [495, 5]


def test_a_value_that_few_records_have_is_rare(database, connection):
    with connected_storage(database) as storage:
        assert not IndexStatistics(storage.client, rare_count=100).is_rare("target.channel", "esr")
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO objects (id, parent_id, resource_name, data, deleted)"
                " SELECT n::text, %s, 'record', jsonb_build_object('target', jsonb_build_object("
                " 'channel', CASE WHEN n <= 5 THEN 'esr' ELSE 'nightly' END)), false"
                " FROM generate_series(1, 500) n",
                (PARENT_ID,),
            )
            cursor.execute("ANALYZE objects")
        statistics = IndexStatistics(storage.client, rare_count=100)
        values = ["nightly", "esr", "beta", 5, None]
        rare = [statistics.is_rare("target.channel", value) for value in values]
        assert rare == [False, True, True, True, True]
        assert not statistics.is_rare("source.revision", "a")


def test_about_how_many_records_a_value_has_is_known(database, connection):
    with connected_storage(database) as storage:
        unknown = IndexStatistics(storage.client)
        assert unknown.count("target.channel", "esr") == 0
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO objects (id, parent_id, resource_name, data, deleted)"
                " SELECT n::text, %s, 'record', jsonb_build_object('target', jsonb_build_object("
                " 'channel', CASE WHEN n <= 50 THEN 'esr' ELSE 'nightly' END)),"
                " false FROM generate_series(1, 4000) n",
                (PARENT_ID,),
            )
            cursor.execute("ANALYZE objects")
        statistics = IndexStatistics(storage.client)
        counts = [statistics.count("target.channel", value) for value in ("esr", "nightly", "x")]
        assert counts == [pytest.approx(50), pytest.approx(3950), 0]


def test_a_rare_value_is_read_by_its_index_whatever_the_order(database, connection):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE objects DISABLE TRIGGER USER")
        # The rare ones changed first, so that reading by time would meet them last.
        cursor.execute(
            "INSERT INTO objects (id, parent_id, resource_name, last_modified, data, deleted)"
            " SELECT n::text, %s, 'record', timestamp '2020-01-01' + n * interval '1 s',"
            " jsonb_build_object('source', jsonb_build_object('product', CASE WHEN n <= 300"
            " THEN 'fennec' ELSE 'firefox' END), 'filler', repeat(md5(n::text), 20)), false"
            " FROM generate_series(1, 30000) n",
            (PARENT_ID,),
        )
        cursor.execute("ANALYZE objects")
    with connected_storage(database) as storage:
        used = [index_used(storage, connection, value) for value in ("firefox", "fennec")]
    assert used[0].startswith("buildhub_releases_by_change")
    assert used[1].startswith("buildhub_releases_source_product")


def index_used(storage, connection, product):
    """The index by which the last changed records of a product are found."""
    statements = []
    engine = storage.client.session_factory.get_bind()
    listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2:4]))
    query = {
        "filters": [Filter("source.product", product, COMPARISON.EQ)],
        "sorting": [Sort("last_modified", -1)],
    }
    storage.list_all("record", PARENT_ID, **query, limit=10)
    sql, parameters = statements[-1]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}", parameters)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    return re.search(r"Scan.* (?:using|on) (idx_\w+|buildhub_\w+)", plan)[1]


def test_a_value_too_long_for_an_index_costs_the_index_of_its_field_only(connection):
    wanted = wanted_indexes(json_schema(), PARENT_ID)
    victims = {i.name: i.purpose for i in wanted if "((data->'target'->'version')" in i.definition}
    assert len(victims) == 1
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {', '.join(victims)}")
        cursor.execute(
            "INSERT INTO objects (id, parent_id, resource_name, data, deleted) SELECT 'long', %s,"
            " 'record', jsonb_build_object('target', jsonb_build_object('version',"
            " (SELECT string_agg(md5(n::text), '') FROM generate_series(1, 200) n))), false",
            (PARENT_ID,),
        )
    lines = []
    ensure_indexes(connection, progress=lines.append)
    for purpose in victims.values():
        assert any(sentence.startswith(f"Leaving out the index {purpose}:") for sentence in lines)
    assert names(connection) == [name for name in expected_names() if name not in victims]


def test_the_first_of_a_facet_are_found_without_reading_the_others(database, connection):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE objects DISABLE TRIGGER USER")
        # The big files are all of one product: in descending order the other one comes last.
        cursor.execute(
            "INSERT INTO objects (id, parent_id, resource_name, last_modified, data, deleted)"
            " SELECT n::text, %s, 'record', timestamp '2020-01-01' + n * interval '1 s',"
            " jsonb_build_object('download', jsonb_build_object('size', n),"
            " 'source', jsonb_build_object('product', CASE WHEN n <= 10000"
            " THEN 'fennec' ELSE 'firefox' END)), false FROM generate_series(1, 20000) n",
            (PARENT_ID,),
        )
        cursor.execute("ANALYZE objects")
        cursor.execute("VACUUM objects")
        cursor.execute(
            "EXPLAIN (ANALYZE, FORMAT JSON) SELECT data FROM objects WHERE parent_id = %s"
            " AND resource_name = 'record' AND NOT deleted"
            " AND jsonb_hash(data->'source'->'product') = jsonb_hash('\"fennec\"')"
            " AND data->'source'->'product' = '\"fennec\"'"
            " ORDER BY data->'download'->'size' DESC, last_modified DESC LIMIT 10",
            (PARENT_ID,),
        )
        [scan] = cursor.fetchone()[0][0]["Plan"]["Plans"]
    assert scan["Index Name"].startswith("buildhub_releases_download_size")
    assert "product" in scan["Index Cond"]
    assert scan["Rows Removed by Filter"] == 0


def test_a_live_database_is_migrated_while_writers_write(make_app, make_database):
    url = make_database()
    app = make_app(url)
    app.put_json("/v1/buckets/build-hub", headers=PUBLISHER_HEADERS)
    app.put_json(f"/v1{PARENT_ID}", headers=PUBLISHER_HEADERS)
    done, written, slowest = threading.Event(), [], [0.0]

    def write():
        while not done.is_set():
            record_id = f"r{len(written)}"
            start = time.monotonic()
            app.put_json(
                f"/v1{PARENT_ID}/records/{record_id}",
                {"data": make_record(id=record_id)},
                headers=PUBLISHER_HEADERS,
            )
            slowest[0] = max(slowest[0], time.monotonic() - start)
            written.append(record_id)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while len(written) < 20:
            time.sleep(0.01)
        migrate(kinto_settings(url), progress=nothing)
        during = len(written)
    finally:
        done.set()
        writer.join()
    assert during > 20
    assert slowest[0] < 5
    found = app.get(f"/v1{PARENT_ID}/records?_sort=download.date", headers=PUBLISHER_HEADERS)
    assert {record["id"] for record in found.json["data"]} == set(written)


def test_two_migrations_at_once_both_succeed(make_database):
    url = make_database()
    errors, lines = [], []

    def run():
        try:
            migrate(kinto_settings(url), progress=lines.append)
        except Exception as exc:  # noqa: BLE001 - whatever it is, the test has to show it.
            errors.append(exc)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert sum(f"Building index 1 of {len(expected_names())}" in line for line in lines) == 1


def test_autovacuum_comes_by_soon_after_a_load(connection):
    with connection.cursor() as cursor:
        cursor.execute("SELECT reloptions FROM pg_class WHERE relname = 'objects'")
        options = cursor.fetchone()[0]
    assert "autovacuum_vacuum_insert_scale_factor=0" in options
