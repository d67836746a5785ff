"""The later catalogue service's addresses: ``/api/search`` and ``/api/records``.

Its clients move by changing a host name, so they are at the root of the host. Each is another name
of an address of the catalogue's collection, which is put in its place before anything looks at the
request: permissions, errors, headers and the fast path are those of that address.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from pyramid.httpexceptions import HTTPMethodNotAllowed

from kinto_buildhub.api_operations import describe_operations
from kinto_buildhub.collection_context import COLLECTION
from kinto_buildhub.execution import Environ, Execute, Layer, Response, add_layer, refuse
from kinto_buildhub.old_addresses.operations import OPERATIONS


class _Address(NamedTuple):
    """What an old address stands for: an address below the collection, and what may be sent."""

    endpoint: str
    methods: tuple[str, ...]


_READ = ("GET", "HEAD", "OPTIONS")
ADDRESSES: Mapping[str, _Address] = {
    "/api/search": _Address("search", (*_READ, "POST")),
    "/api/records": _Address("records", _READ),
}
_PATH = re.compile(rf"(?P<address>{'|'.join(ADDRESSES)})/?")


def includeme(config: Any) -> None:
    """Translate addresses before requests are executed."""
    add_layer(config, Layer.OLD_ADDRESSES, _wrap)
    describe_operations(config, *OPERATIONS)


def _wrap(router: Any, execute: Execute) -> Execute:
    registry = router.registry

    def translate(environ: Environ) -> Response:
        found = _PATH.fullmatch(environ.get("PATH_INFO", ""))
        if found is None:
            return execute(environ)
        address = ADDRESSES[found["address"]]
        bucket_id, collection_id = registry.buildhub_catalog_collection
        collection = COLLECTION.format(bucket_id=bucket_id, collection_id=collection_id)
        environ["PATH_INFO"] = f"/{registry.route_prefix}{collection}/{address.endpoint}"
        if environ["REQUEST_METHOD"] not in address.methods:
            allowed = HTTPMethodNotAllowed(headers={"Allow": ", ".join(address.methods)})
            return refuse(router, environ, allowed)
        return execute(environ)

    return translate
