"""Where people read the source of a revision."""

import re
from urllib.parse import urlsplit

_REVISION = re.compile(r"[0-9a-f]{7,40}", re.IGNORECASE)
# How the sites that builds name show a revision.
_PAGES = {"hg.mozilla.org": "rev", "github.com": "commit"}
_SCHEMES = frozenset({"http", "https"})


def source_link(repository: object, revision: object) -> str | None:
    """Return the page of a revision; None if no site is known that shows it."""
    if not isinstance(repository, str) or not isinstance(revision, str):
        return None
    page = _PAGES.get(_host(repository) or "")
    if page is None or not _REVISION.fullmatch(revision):
        return None
    return f"{repository.rstrip('/').removesuffix('.git')}/{page}/{revision}"


def _host(url: str) -> str | None:
    """Return the host of a web address; None for any other text.

    A user, a port or a backslash before the path stays: where such an address leads, browsers and
    Python do not agree.
    """
    try:
        parts = urlsplit(url)
        return parts.netloc.lower() if parts.scheme in _SCHEMES else None
    except ValueError:
        return None
