"""``buildhub export``: the whole catalogue as files, each run one snapshot.

`snapshot` reads the catalogue as it is at one timestamp, `layouts` write it: as records in some
`formats`, as rows that data people know (`telemetry`), or as a tree (`static`). `folder` puts whole
sets of files in place. `job` does it for everything, or for what has changed since.
"""

from buildhub.export.job import Exported, export, export_changes

__all__ = ["Exported", "export", "export_changes"]
