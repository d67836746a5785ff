"""A local archive that behaves like archive.mozilla.org, for demos, tests and benchmarks.

Versions, days and locales are real; build IDs, revisions and sizes are made up, the same on every
run, and labelled wherever they show. This package shares no code with `buildhub.rules`: it knows
what it made, and is the second opinion that the rules are compared with.
"""

from .archive import SampleArchive, iter_objects
from .faults import Fault
from .inventory import INVENTORY_BUCKET
from .objects import Object
from .server import running_sample_archive

__all__ = [
    "INVENTORY_BUCKET",
    "Fault",
    "Object",
    "SampleArchive",
    "iter_objects",
    "running_sample_archive",
]
