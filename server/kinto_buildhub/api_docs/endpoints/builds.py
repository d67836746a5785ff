"""The records of a collection, with filters by the fields of a build."""

from typing import Any

from buildhub_schema import FIELDS, Field, Kind

from kinto_buildhub.api_docs.components import TEXT, WHOLE, reference
from kinto_buildhub.api_docs.endpoints.kinto_parameters import FILTERS
from kinto_buildhub.api_docs.endpoints.resources import Resource, resource_operations
from kinto_buildhub.api_operations import BUCKET, COLLECTION, Parameter
from kinto_buildhub.filters.openapi import PARAMETERS

BUILD_ID = "20170403075439"
RECORD_ID = "firefox_beta_53-0b9_win64_fr"

BUILD: dict[str, dict[str, Any]] = {
    "source": {
        "product": "firefox",
        "tree": "releases/mozilla-beta",
        "revision": "967934a63f40d9fb85ba0136a5573dc556aec4dc",
        "repository": "https://hg.mozilla.org/releases/mozilla-beta",
    },
    "target": {
        "version": "53.0b9",
        "locale": "fr",
        "channel": "beta",
        "platform": "win64",
        "os": "win",
    },
    "build": {"id": BUILD_ID, "date": "2017-04-03T07:54:39Z", "number": 1},
    "download": {
        "url": "https://archive.mozilla.org/pub/firefox/releases/53.0b9/win64/fr/"
        "Firefox Setup 53.0b9.exe",
        "size": 43816730,
        "mimetype": "application/msdos-windows",
        "date": "2017-04-04T12:46:14Z",
    },
}

_EXAMPLES = {
    f"{group}.{leaf}": value for group, fields in BUILD.items() for leaf, value in fields.items()
} | {
    "target.candidate": 2,
    "build.as": "ml64.exe",
    "build.ld": "link",
    "build.cc": "cl.exe",
    "build.cxx": "cl.exe",
    "build.host": "x86_64-pc-mingw32",
    "build.target": "x86_64-pc-mingw32",
    "source.hg_revision": "967934a63f40d9fb85ba0136a5573dc556aec4dc",
    "source.git_revision": "5c1f0e9d8b7a6f5e4d3c2b1a0f9e8d7c6b5a4f3e",
    "download.md5": "7454b0d773000f790f15b867ee152049",
    "download.expires": "2027-07-20T21:07:39Z",
    "download.expired": "2027-07-21T03:00:00Z",
}
_FILLED_IN = "target.version"


def _filter(field: Field) -> Parameter:
    return Parameter(
        field.name,
        field.help,
        _EXAMPLES[field.name],
        WHOLE if field.kind is Kind.LONG else TEXT,
        filled_in=field.name == _FILLED_IN,
    )


_RECORD = Resource(
    "record",
    "Builds",
    "/buckets/{bucket_id}/collections/{collection_id}/records",
    RECORD_ID,
    BUILD,
    {"build": BUILD["build"] | {"number": 2}},
    "A record of the catalogue is one downloadable build.",
    (BUCKET, COLLECTION),
    read={"anyOf": [reference("Build"), reference("Object")]},
    listed=(reference("Build"), reference("Object")),
    filters=(
        *(_filter(field) for field in FIELDS),
        *(
            Parameter(name, description, example, WHOLE if isinstance(example, int) else TEXT)
            for name, description, example in PARAMETERS
        ),
        FILTERS,
    ),
)

BUILDS = resource_operations(_RECORD)
