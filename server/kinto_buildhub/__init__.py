"""The Kinto plugin: what BuildHub adds to a stock server. One module a capability."""

from typing import Any


def includeme(config: Any) -> None:
    """Plug each capability in; this list is the table of contents."""
    config.include("kinto_buildhub.leftovers")
    config.include("kinto_buildhub.filters")
    config.include("kinto_buildhub.old_ids")
    config.include("kinto_buildhub.bulk")
    config.include("kinto_buildhub.express")
    config.include("kinto_buildhub.search")
    config.include("kinto_buildhub.coverage")
    config.include("kinto_buildhub.nesting")
