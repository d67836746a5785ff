"""What the description of the API says of the files at the root of the host."""

from kinto_buildhub.api_docs.components import TEXT
from kinto_buildhub.api_operations import Access, Answer, Operation, Schema

_TYPE = "image/vnd.microsoft.icon"


def _file(
    path: str,
    operation_id: str,
    summary: str,
    description: str,
    content: dict[str, Schema],
    *,
    errors: tuple[int, ...] = (),
) -> Operation:
    return Operation(
        "GET",
        path,
        operation_id,
        summary,
        description,
        "Server",
        {200: Answer("The file.", content, ("Cache-Control",))},
        errors=errors,
        access=Access.EVERYONE,
        at_root=True,
    )


OPERATIONS = (
    _file(
        "/robots.txt",
        "get_robots",
        "Read what robots may read",
        "See RFC 9309.",
        {"text/plain": TEXT},
    ),
    _file(
        "/.well-known/security.txt",
        "get_security_contacts",
        "Read whom to tell of a security problem",
        "See RFC 9116. 404 if the operator has named nobody.",
        {"text/plain": TEXT},
        errors=(404,),
    ),
    _file(
        "/favicon.ico",
        "get_favicon",
        "Get the icon of the pages",
        "For browsers that do not look for a page's own.",
        {_TYPE: {"contentMediaType": _TYPE}},
    ),
)
