"""Style sheets and scripts, under a name that changes with their content.

One hash for the whole folder, so that modules find each other by relative names.
"""

import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any, NamedTuple, Self

from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response

PATH = "/catalog/static/{hash}/{name}"

_YEAR_SECONDS = 365 * 24 * 3600


class StaticFile(NamedTuple):
    """One file."""

    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class StaticFiles:
    """All files of the folder.

    Attributes:
        hash: of all their names and content.
        files: by name.
    """

    hash: str
    files: Mapping[str, StaticFile]

    @classmethod
    def packaged(cls) -> Self:
        """Read those of the package; they are a few dozen kilobytes."""
        digest, files = hashlib.sha256(), {}
        folder = resources.files("kinto_buildhub.catalog").joinpath("static")
        for path in sorted(folder.iterdir(), key=lambda each: each.name):
            content = path.read_bytes()
            digest.update(b"%s\0%d\0%s" % (path.name.encode(), len(content), content))
            content_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            files[path.name] = StaticFile(content, content_type)
        return cls(digest.hexdigest()[:16], files)


def static_view(request: Any) -> Response:
    """Send a file, which may be kept for a year. An old name is not found, and so never kept."""
    static: StaticFiles = request.registry.buildhub_catalog_static
    file = static.files.get(request.matchdict["name"])
    if file is None or request.matchdict["hash"] != static.hash:
        raise HTTPNotFound
    response = Response(
        file.content,
        content_type=file.content_type,
        charset="UTF-8" if file.content_type.startswith("text/") else None,
    )
    response.cache_control = f"public, max-age={_YEAR_SECONDS}, immutable"
    return response
