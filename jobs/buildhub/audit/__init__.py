"""The audit: archive, catalogue and search index, compared and repaired.

The archive's side is written to disk first, then three streams are merged in the order of record
IDs: what the archive has, what the catalogue has, what the index has. So memory does not grow with
the archive, and each side is read once.
"""

from buildhub.audit.job import audit

__all__ = ["audit"]
