"""What a run could not settle: counted by product and area, with some examples named."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from buildhub_schema.coverage import NIGHTLY_CHANNELS
from buildhub_schema.products import PRODUCTS_BY_NAME

from buildhub.rules.walkable_folders import AREAS, below_product, products_of

# An operator looks into these before running again; the rest is only counted.
_EXAMPLES = 20

Scope = tuple[str, str]
"""Products, separated by spaces where they share a folder, and ``nightly`` or ``versions``.

"" stands for every product, or for both areas.
"""

_NIGHTLY, _VERSIONS = "nightly", "versions"


@dataclass(slots=True)
class _Left:
    reasons: Counter[str] = field(default_factory=Counter)
    examples: list[tuple[str, str]] = field(default_factory=list)

    def include(self, other: "_Left") -> None:
        self.reasons.update(other.reasons)
        room = _EXAMPLES - len(self.examples)
        self.examples += other.examples[: max(room, 0)]


class Unsettled:
    """Things left out, each with its reason."""

    def __init__(self) -> None:
        self._by_scope: dict[Scope, _Left] = {}

    def note(self, scope: Scope, name: str, reason: str) -> None:
        """Note one thing: a path of the archive, or what else names it."""
        self._left(scope).include(_Left(Counter([reason]), [(name, reason)]))

    def include(self, other: "Unsettled") -> None:
        """Add what another part of the run left."""
        for scope, left in other._by_scope.items():
            self._left(scope).include(left)

    def of(self, product: str, channel: str) -> dict[str, Any]:
        """Return what may be missing of a product's channel, as coverage reports it."""
        area = _NIGHTLY if channel in NIGHTLY_CHANNELS else _VERSIONS
        found = _Left()
        for scope, left in self._by_scope.items():
            if product in (scope[0].split() or [product]) and scope[1] in ("", area):
                found.include(left)
        return {
            "count": found.reasons.total(),
            "reasons": dict(found.reasons.most_common()),
            "examples": [{"path": path, "reason": reason} for path, reason in found.examples],
        }

    def _left(self, scope: Scope) -> _Left:
        return self._by_scope.setdefault(scope, _Left())


def path_scope(path: str) -> Scope:
    """Return what is incomplete when a file or folder of the archive is left out.

    Anything else, as an inventory's part, may hold builds of all kinds.
    """
    products = products_of(path)
    if not products:
        return "", ""
    area = (*below_product(path), "")[0]
    return " ".join(products), _area(area)


def record_scope(record_id: str) -> Scope:
    """Return what is incomplete when a record is not there."""
    product, channel, *_ = (*record_id.split("_"), "")
    if product not in PRODUCTS_BY_NAME:
        return "", ""
    return product, _NIGHTLY if channel.startswith(_NIGHTLY) else _VERSIONS


def _area(folder: str) -> str:
    if folder == _NIGHTLY:
        return _NIGHTLY
    return _VERSIONS if folder in AREAS else ""
