"""How long a branch stays open: until then, walks look at it again."""

from datetime import timedelta

from buildhub.rules.walkable_folders import below_product

_DAYS_OPEN = {
    # Repacks in other languages follow within hours, on a bad day within two.
    "releases": timedelta(days=3),
    # A version may be built again until it is released.
    "candidates": timedelta(days=14),
    "nightly": timedelta(days=3),
}
"""How long after its youngest file a branch stays open, by area."""

# How long a branch waits for missing metadata. Whatever is older will not get any: most builds
# before 2012 have none.
_DAYS_OPEN_FOR_METADATA = timedelta(days=30)


def open_until(branch: str, newest: float, newest_undescribed: float) -> float:
    """Return until when a finished branch is looked at again, in seconds since 1970.

    Args:
        branch: its path.
        newest: when its youngest file was written.
        newest_undescribed: when its youngest build that is not fully described was written; 0
            without one.
    """
    area = below_product(branch)[0]
    return max(
        newest + _DAYS_OPEN[area].total_seconds(),
        newest_undescribed + _DAYS_OPEN_FOR_METADATA.total_seconds(),
    )
