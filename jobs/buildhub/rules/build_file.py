"""A build and the file it was recognised from."""

from typing import NamedTuple

from buildhub.rules.build import Build
from buildhub.rules.entry import Entry


class BuildFile(NamedTuple):
    """A build, and the file that it is."""

    build: Build
    entry: Entry
