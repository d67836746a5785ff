"""The view of the document."""

from hashlib import blake2b
from typing import Any

import orjson
from kinto.core import Service
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED

from kinto_buildhub.api_docs.document import build_document
from kinto_buildhub.version import version_info

openapi = Service(name="openapi-document", path="/openapi.json", description="The API, described")


@openapi.get(permission=NO_PERMISSION_REQUIRED)  # type: ignore[untyped-decorator]
def document_view(request: Any) -> Response:
    """Send the document, which is made once."""
    registry = request.registry
    body = getattr(registry, "buildhub_openapi", None)
    if body is None:
        document = build_document(registry, version=version_info()["version"])
        body = registry.buildhub_openapi = orjson.dumps(document)
    response = Response(body, content_type="application/json", charset="UTF-8")
    response.etag = blake2b(body, digest_size=12).hexdigest()
    response.cache_control = "no-cache"
    response.conditional_response = True
    return response
