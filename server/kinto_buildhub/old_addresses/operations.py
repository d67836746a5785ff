"""What the description of the API says of the old addresses: what it says of the newer ones."""

from collections.abc import Iterator
from dataclasses import replace

from kinto_buildhub.api_docs.endpoints.builds import BUILDS
from kinto_buildhub.api_docs.endpoints.search import SEARCH
from kinto_buildhub.api_operations import BUCKET, COLLECTION, Operation

_OLD = {
    "get_records": "/api/records",
    "search_legacy": "/api/search",
    "post_search_legacy": "/api/search",
}


def _operations() -> Iterator[Operation]:
    for row in (*BUILDS, *SEARCH):
        if row.operation_id in _OLD:
            yield replace(
                row,
                path=_OLD[row.operation_id],
                at_root=True,
                operation_id=f"{row.operation_id}_by_old_address",
                description=f"As `{row.operation_id}` of the catalogue. {row.description}",
                tag="Old addresses",
                parameters=tuple(
                    each for each in row.parameters if each not in (BUCKET, COLLECTION)
                ),
                links=(),
            )


OPERATIONS = tuple(_operations())
