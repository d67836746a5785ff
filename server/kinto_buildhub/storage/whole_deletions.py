"""Deletions without a limit delete everything, however much it is."""

from typing import Any

from kinto.core.storage import KintoObject


class WholeDeletions:
    """Mixin for Kinto's storage, which stops at ``storage_max_fetch_size`` objects.

    What was left of a deleted collection came back when it was made anew.
    """

    _max_fetch_size: int

    def delete_all(
        self, resource_name: str | None, parent_id: str, *args: Any, **kwargs: Any
    ) -> list[KintoObject]:
        """See Kinto's storage."""
        deleted: list[KintoObject] = []
        while True:
            found = super().delete_all(  # type: ignore[misc]
                resource_name, parent_id, *args, **kwargs
            )
            deleted += found
            if kwargs.get("limit") or len(found) < self._max_fetch_size:
                return deleted
