"""Records as tables, with both drivers: columns, types, and what is not installed."""

import datetime
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pandas
import polars
import pyarrow
import pytest
from buildhub.client import tables
from buildhub_schema.fields import FIELDS, Kind

from tests.jobs.client.conftest import Client
from tests.jobs.served_catalogue import RECORDS

NAMES = ["id", *(field.name for field in FIELDS), "last_modified", "schema"]
NUMBERS = {"last_modified", "schema"} | {f.name for f in FIELDS if f.kind is Kind.LONG}
TIMES = {field.name for field in FIELDS if field.kind is Kind.DATE}
RECORD = next(each for each in RECORDS if each["build"]["id"] == "20170403075439")


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few records are several batches."""
    monkeypatch.setattr(tables, "_RECORDS_PER_BATCH", 4)


def types(text: Any, number: Any, time: Any) -> list[Any]:
    return [number if name in NUMBERS else time if name in TIMES else text for name in NAMES]


def check(row: dict[str, Any]) -> None:
    """Check the row of `RECORD`."""
    assert row["build.id"] == "20170403075439"
    assert row["download.size"] == RECORD["download"]["size"]
    assert row["build.date"] == datetime.datetime(2017, 4, 3, 7, 54, 39, tzinfo=datetime.UTC)
    assert row["target.version"] == RECORD["target"]["version"]


def test_arrow(hub: Client) -> None:
    table = hub.table("to_arrow")
    assert table.column_names == NAMES
    assert table.schema.types == types(
        pyarrow.string(), pyarrow.int64(), pyarrow.timestamp("ms", tz="UTC")
    )
    rows = table.to_pylist()
    assert [row["id"] for row in rows] == sorted(record["id"] for record in RECORDS)
    check(next(row for row in rows if row["id"] == RECORD["id"]))
    assert {row["source.revision"] for row in rows if row["target.version"] == "3.0"} == {None}


def test_pandas(hub: Client) -> None:
    frame = hub.table("to_pandas", channel="beta")
    assert list(frame.columns) == NAMES
    assert [str(each) for each in frame.dtypes] == types(
        "string[pyarrow]", "int64[pyarrow]", "timestamp[ms, tz=UTC][pyarrow]"
    )
    check(frame[frame["id"] == RECORD["id"]].iloc[0].to_dict())
    # As floats, numbers that are missing here and there would lose their last digits.
    assert frame["target.candidate"].dropna().tolist() == [1]


def test_polars(hub: Client) -> None:
    frame = hub.table("to_polars", channel="beta")
    assert frame.columns == NAMES
    assert frame.dtypes == types(
        polars.String, polars.Int64, polars.Datetime("ms", time_zone="UTC")
    )
    check(frame.row(by_predicate=polars.col("id") == RECORD["id"], named=True))


EMPTY: list[tuple[str, Callable[[Any], int]]] = [
    ("to_arrow", lambda table: table.num_rows),
    ("to_pandas", len),
    ("to_polars", len),
]


@pytest.mark.parametrize(("form", "count"), EMPTY)
def test_nothing_is_a_table_with_all_columns(
    hub: Client, form: str, count: Callable[[Any], int]
) -> None:
    table = hub.table(form, version="99.0")
    assert count(table) == 0
    assert len(table.columns) == len(NAMES)


def test_what_was_met_already_is_not_in_the_table(hub: Client) -> None:
    whole = [row["id"] for row in hub.table("to_arrow").to_pylist()]
    assert hub.table("to_arrow", after=whole[2], limit=5)["id"].to_pylist() == whole[3:8]


def test_what_was_found_can_be_a_table(hub: Client) -> None:
    found = hub.find("53.0b9 fr")
    assert found.to_arrow()["id"].to_pylist() == [record.id for record in found.records]
    assert isinstance(found.to_pandas(), pandas.DataFrame)
    assert isinstance(found.to_polars(), polars.DataFrame)


MISSING = [
    ("to_arrow", "pyarrow", "buildhub[arrow]"),
    ("to_pandas", "pandas", "buildhub[pandas]"),
    ("to_polars", "polars", "buildhub[polars]"),
]


@pytest.mark.parametrize(("form", "package", "extra"), MISSING)
def test_what_has_to_be_installed_is_named_before_anything_is_asked(
    form: str, package: str, extra: str
) -> None:
    program = (
        f"import sys; sys.modules[{package!r}] = None; from buildhub import BuildHub\n"
        f"BuildHub('http://127.0.0.1:1/v1').builds().{form}()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert f"ImportError: a table needs {package}: install {extra}" in done.stderr
