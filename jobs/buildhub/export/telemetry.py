"""Rows as in the table that data people have of the later service: ``--layout telemetry``.

What is known of that table is its groups and the names in them, which are in `NAMES`; all else here
is our own choice, and the page on exports says so. A row has every field, null if the record has
none, and nothing else: not the record's ID, and not that it is a candidate, which only the version
tells.
"""

from functools import partial
from typing import Any

from buildhub.export.documents import Document, field_value
from buildhub.export.formats import Format, open_ndjson
from buildhub.export.parquet import open_parquet

NAMES = (
    *("build.id", "build.date", "build.number", "build.as", "build.ld", "build.cc", "build.cxx"),
    *("build.host", "build.target"),
    *("download.url", "download.mimetype", "download.size", "download.date"),
    *("source.product", "source.tree", "source.revision", "source.repository"),
    *("target.platform", "target.os", "target.locale", "target.channel", "target.version"),
)

FORMATS = {
    each.name: each
    for each in (
        Format("ndjson", "telemetry.ndjson.gz", open_ndjson),
        Format("parquet", "telemetry.parquet", partial(open_parquet, names=NAMES)),
    )
}


def telemetry_row(document: Document) -> Document:
    """Return a record as a row."""
    row: dict[str, dict[str, Any]] = {}
    for name in NAMES:
        group, leaf = name.split(".")
        row.setdefault(group, {})[leaf] = field_value(document, name)
    return row
