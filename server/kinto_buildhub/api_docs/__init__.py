"""``/v1/openapi.json``: the API as OpenAPI 3.1, and ``/v1/docs/``: the same in a browser.

`endpoints` has the rows of what Kinto and the older capabilities answer; newer ones have theirs
beside their views (`kinto_buildhub.api_operations`). `document` makes the document of them, of what
they share (`components`), and of answers that the tests have recorded (`examples`). `routes` says
which of them the server has, and `swagger` mends what Kinto makes of its own views.
`pages` are Swagger UI over the document, and `changes`: what has changed for clients.
"""

from typing import Any

from kinto_buildhub.api_docs.endpoints import OPERATIONS
from kinto_buildhub.api_operations import describe_operations


def includeme(config: Any) -> None:
    """Add the rows, the views and the API capability."""
    describe_operations(config, *OPERATIONS)
    config.include("kinto_buildhub.api_docs.swagger")
    config.scan("kinto_buildhub.api_docs.views")
    config.scan("kinto_buildhub.api_docs.pages")
    config.add_api_capability(
        "openapi",
        description="The API as OpenAPI 3.1, and in a browser.",
        url="https://buildhub.readthedocs.io/en/latest/api/openapi.html",
    )
