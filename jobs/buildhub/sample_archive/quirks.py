"""Every oddity of the archive that is known, each with paths that show it."""

from functools import cache

from .objects import Folder


@cache
def quirk_folder() -> Folder:
    """Return the folder of all quirks."""
    return Folder()
