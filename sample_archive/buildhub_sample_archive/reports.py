"""Inventory reports of the archive's bucket, as Google Cloud Storage writes them."""

import csv
import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

from buildhub_sample_archive import made_up
from buildhub_sample_archive.archive import SampleArchive
from buildhub_sample_archive.http.bucket_listing import ARCHIVE_BUCKET
from buildhub_sample_archive.http.bucket_objects import object_resource
from buildhub_sample_archive.objects import walk

FORMATS = ("csv", "parquet")

FIELDS = (
    *("project", "bucket", "name", "location", "size", "timeCreated", "timeDeleted", "updated"),
    *("storageClass", "etag", "retentionExpirationTime", "crc32c", "md5Hash", "generation"),
    *("metageneration", "contentType", "contentEncoding", "timeStorageClassUpdated"),
)
"""Those of a report whose configuration names no others."""

_NUMBERS = ("size", "generation", "metageneration")
_SHARDS = 3
_MOMENT = "2024-06-01T00:00"
_SNAPSHOT = "2024-06-01T00:31:07Z"
_ROWS_AT_A_TIME = 10_000


def write_report(
    archive: SampleArchive,
    folder: Path,
    form: str = "csv",
    *,
    has_header: bool = True,
    delimiter: str = ",",
) -> Path:
    """Write a report to *folder*, the manifest last; return the manifest's path.

    Args:
        form: ``csv`` or ``parquet``.
        has_header: the first line of CSV has the names of the columns.
        delimiter: between the values of CSV.

    Raises:
        ValueError: unknown form.
    """
    if form not in FORMATS:
        raise ValueError(f"form {form!r} of a report: expected one of {', '.join(FORMATS)}")
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{UUID(int=made_up.number('report', archive.size.name))}_{_MOMENT}"
    paths = [folder / f"{stem}_{number}.{form}" for number in range(_SHARDS)]
    if form == "csv":
        count = _write_csv(archive, paths, has_header=has_header, delimiter=delimiter)
    else:
        count = _write_parquet(archive, paths)
    document = {
        "report_config": {"display_name": "daily", "object_metadata_report_options": {}},
        "records_processed": str(count),
        "snapshot_time": _SNAPSHOT,
        "shard_count": len(paths),
        "report_shards_file_names": [path.name for path in paths],
    }
    manifest = folder / f"{stem}_manifest.json"
    manifest.write_text(json.dumps(document, indent=2))
    return manifest


def _write_csv(
    archive: SampleArchive, paths: Sequence[Path], *, has_header: bool, delimiter: str
) -> int:
    count = 0
    with ExitStack() as stack:
        files = [stack.enter_context(path.open("w", newline="")) for path in paths]
        writers = [csv.writer(file, delimiter=delimiter, lineterminator="\n") for file in files]
        for writer in writers if has_header else ():
            writer.writerow(FIELDS)
        for row in _iter_rows(archive):
            # In no order: neighbours are in different shards.
            writers[count % len(writers)].writerow(row.values())
            count += 1
    return count


def _write_parquet(archive: SampleArchive, paths: Sequence[Path]) -> int:
    # Only Parquet needs it.
    import pyarrow
    from pyarrow.parquet import ParquetWriter

    types = dict.fromkeys(_NUMBERS, pyarrow.int64())
    schema = pyarrow.schema([(name, types.get(name, pyarrow.string())) for name in FIELDS])
    count, waiting = 0, []
    with ExitStack() as stack:
        writers = [stack.enter_context(ParquetWriter(path, schema)) for path in paths]
        for row in _iter_rows(archive):
            waiting.append({name: row[name] or None for name in FIELDS} | _numbers(row))
            count += 1
            if len(waiting) == _ROWS_AT_A_TIME:
                writers[count // _ROWS_AT_A_TIME % len(writers)].write_table(
                    pyarrow.Table.from_pylist(waiting, schema)
                )
                waiting.clear()
        writers[0].write_table(pyarrow.Table.from_pylist(waiting, schema))
    return count


def _numbers(row: dict[str, str]) -> dict[str, int]:
    return {name: int(row[name]) for name in _NUMBERS}


def _iter_rows(archive: SampleArchive) -> Iterator[dict[str, str]]:
    for prefix, files in walk(archive.root):
        for file in files:
            yield _row(object_resource(ARCHIVE_BUCKET, prefix + file.name, file))


def _row(resource: dict[str, Any]) -> dict[str, str]:
    values = {"project": "100000000000", "location": "us"} | resource
    return {name: str(values.get(name, "")) for name in FIELDS}
