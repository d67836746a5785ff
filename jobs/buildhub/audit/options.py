"""What an audit is asked to do, and its bounds."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class AuditLimits:
    """Bounds and waits of an audit. Tests pass others.

    Attributes:
        deleted_share: the largest share of the compared records that a repair deletes without
            ``--force``: an archive that seems to have lost more is not believed so easily.
        deleted_count: the number of records that it deletes from a catalogue of any size.
        rechecked_count: the largest number of index findings that are rechecked one by one;
            where there are more, a repair rebuilds the index.
        index_checks: how often they are checked again. The index follows within moments, so what
            differs after the last check differs.
        index_wait_seconds: the wait before each of these checks.
        repair_rounds: how often the server is asked to index the same records.
        repair_wait_seconds: the wait after each round, and between looks at a new index.
        rebuild_seconds: how long a rebuild may take; four million records take some minutes.
    """

    deleted_share: float = 0.05
    deleted_count: int = 10
    rechecked_count: int = 10_000
    index_checks: int = 4
    index_wait_seconds: float = 1.0
    repair_rounds: int = 20
    repair_wait_seconds: float = 0.5
    rebuild_seconds: float = 1800.0


@dataclass(frozen=True, slots=True)
class AuditOptions:
    """What an audit is asked to do.

    Attributes:
        listings: read the archive's own listings instead of its inventories.
        versions: the only versions to compare.
        since: compare only builds whose files are from this day or later.
        paths_only: compare only what paths and inventories contain, and request no metadata.
        skip_incomplete: builds whose build ID is not known need not be in the catalogue.
        check_shipped: check the list of shipped versions.
        check_archive: compare the archive; without it only the index is compared.
        check_index: compare the search index.
        repair: correct what is found.
        force: delete extra records even if they are many.
        shown_count: the number of findings of a kind that are listed; all are counted.
        limits: bounds and waits.
    """

    listings: bool = False
    versions: frozenset[str] = frozenset()
    since: date | None = None
    paths_only: bool = False
    skip_incomplete: bool = False
    check_shipped: bool = True
    check_archive: bool = True
    check_index: bool = True
    repair: bool = False
    force: bool = False
    shown_count: int = 20
    limits: AuditLimits = AuditLimits()
