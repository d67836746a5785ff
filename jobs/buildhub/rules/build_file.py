"""A build and its file."""

from typing import NamedTuple

from buildhub.rules.build import Build
from buildhub.rules.entry import Entry


class BuildFile(NamedTuple):
    """A build, and the archive's entry of its file."""

    build: Build
    entry: Entry
