"""What has changed for clients of the API, newest first: the one table of its pages and its feed.

Add a row at the top in the commit that changes what a client sends, or is sent.
"""

from datetime import date
from enum import Enum
from typing import NamedTuple


class Kind(Enum):
    """What a client may have to do."""

    ADDED = "added"
    """Nothing."""
    CHANGED = "changed"
    """Look whether it relied on what was before."""
    REMOVED = "removed"
    """Use something else."""


class Change(NamedTuple):
    """One change.

    Attributes:
        name: unique and permanent; its place on the page, and in the feed its ID.
        text: plain sentences: what is different, and what to do.
    """

    day: date
    kind: Kind
    name: str
    title: str
    text: str


CHANGES = (
    Change(
        date(2026, 12, 1),
        Kind.ADDED,
        "bulk-keep",
        "Records in bulk can leave fields as they are",
        "POST /buckets/{bucket}/collections/{collection}/bulk?keep=download.md5 leaves the field "
        "as it is stored where a record does not have it and the rest of its object is the same.",
    ),
    Change(
        date(2026, 12, 1),
        Kind.ADDED,
        "changes",
        "A collection tells of its changes as they happen",
        "GET /buckets/{bucket}/collections/{collection}/changes is a stream of Server-Sent Events; "
        "Last-Event-ID and _since go on without a gap. Experimental.",
    ),
    Change(
        date(2026, 12, 1),
        Kind.ADDED,
        "exports",
        "The whole catalogue as files",
        "/v1/exports/ lists the files of exports and sends them, or parts of them.",
    ),
    Change(
        date(2026, 12, 1),
        Kind.ADDED,
        "credentials",
        "Programs have credentials of their own",
        "API tokens, in Authorization, and Hawk signatures; /v1/credentials asks for them. "
        "Accounts work as before.",
    ),
    Change(
        date(2026, 12, 1),
        Kind.CHANGED,
        "cache-control",
        "Caches may keep public reads, and ask whether they are current",
        "Cache-Control is `no-cache` in place of `no-cache, no-store`, for reads with credentials "
        "`private, no-cache`. A server may allow a time in which nobody has to ask.",
    ),
    Change(
        date(2026, 12, 1),
        Kind.ADDED,
        "rates",
        "A server may limit the rate of requests, and refuse scripts without a name",
        "Status 429 with Retry-After, RateLimit and RateLimit-Policy; status 403 for the "
        "User-Agent that a library sends by itself. Both are off unless the operator wants them.",
    ),
    Change(
        date(2026, 12, 1),
        Kind.ADDED,
        "old-addresses",
        "The addresses of the later service answer",
        "/api/search and /api/records have the answers of `search` and `records`.",
    ),
    Change(
        date(2026, 12, 1),
        Kind.ADDED,
        "latest",
        "The newest build of a channel has an address that stays",
        "/v1/latest/{product}/{channel}/{platform}/{locale} leads to the file; ?before= names a "
        "day in the past.",
    ),
    Change(
        date(2026, 12, 1),
        Kind.CHANGED,
        "compression",
        "All answers worth it can be had compressed",
        "With Accept-Encoding: gzip or zstd. The ETag of a compressed answer differs from that of "
        "the same answer as it is, and either is taken wherever a tag is.",
    ),
    Change(
        date(2026, 12, 1),
        Kind.CHANGED,
        "encoded-addresses",
        "Spaces are encoded in the addresses that pages, feeds and CSV give",
        "`download.url` of records has literal spaces, as before.",
    ),
    Change(
        date(2026, 12, 1),
        Kind.ADDED,
        "openapi",
        "The API is described in OpenAPI 3.1",
        "/v1/openapi.json has every operation with its parameters, answers and examples, and "
        "/v1/docs/ is the same in a browser. /v1/__api__ stays, and is valid Swagger 2.0 now.",
    ),
    Change(
        date(2026, 11, 30),
        Kind.CHANGED,
        "compressed-json",
        "Compressed JSON is refused with status 415",
        "It was refused with 400, as JSON that does not parse. Bulk requests may be compressed.",
    ),
    Change(
        date(2026, 11, 30),
        Kind.ADDED,
        "accept-version",
        "The version of the API can be asked for in Accept",
        "Accept: application/v1 is served. A version that the server does not have is answered "
        "with status 406, which names those that it has.",
    ),
    Change(
        date(2026, 11, 30),
        Kind.ADDED,
        "problem-json",
        "Errors can be had as application/problem+json",
        "With that type in Accept, errors have the keys of RFC 9457 beside Kinto's.",
    ),
    Change(
        date(2026, 11, 30),
        Kind.CHANGED,
        "broken-json",
        "Errors of broken JSON name line and column",
        "The status is 400, as before.",
    ),
    Change(
        date(2026, 11, 30),
        Kind.CHANGED,
        "misspelt-filters",
        "Misspelt fields and parameters of lists are refused",
        "?target.versoin=53.0 found nothing; now it is answered with status 400 and the nearest "
        "name that exists. This holds for collections whose schema allows no other fields.",
    ),
    Change(
        date(2026, 11, 30),
        Kind.CHANGED,
        "elastic-errors",
        "Errors at _search and its like have Elasticsearch's shape",
        "`error` is an object there, and Kinto's other keys stay beside it. Errors at `search` "
        "are as before.",
    ),
    Change(
        date(2026, 11, 30),
        Kind.ADDED,
        "catalogue-data",
        "The pages of the catalogue can be had as JSON, CSV and Atom",
        "Add .json, .csv or .atom to their address.",
    ),
)
