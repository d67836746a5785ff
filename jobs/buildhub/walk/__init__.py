"""The walk: from the archive's own listings to published records, only what is new."""

from buildhub.walk.job import walk

__all__ = ["walk"]
