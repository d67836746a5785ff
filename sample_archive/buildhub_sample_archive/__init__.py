"""A local archive that behaves like archive.mozilla.org, for demos, tests and benchmarks.

Versions, dates and locales are real. Build IDs, revisions and sizes are made up, the same on every
run, and labelled as sample data. This package shares no code with `buildhub.rules`: it knows what
each of its files is, so tests can check the rules against it. Of all other packages it imports the
release history alone: facts, no rules.
"""

from buildhub_sample_archive.archive import SampleArchive, iter_objects
from buildhub_sample_archive.http.faults import Fault
from buildhub_sample_archive.http.server import running_sample_archive
from buildhub_sample_archive.inventories.inventory import INVENTORY_BUCKET
from buildhub_sample_archive.objects import Object

__all__ = [
    "INVENTORY_BUCKET",
    "Fault",
    "Object",
    "SampleArchive",
    "iter_objects",
    "running_sample_archive",
]
