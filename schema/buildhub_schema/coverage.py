"""Coverage: how far the catalogue is known to be complete, a small record a product and channel.

The jobs write these records, into a collection beside the catalogue's; the server reads them to
say what an empty answer means. All moments are of the archive, as ``2018-08-08T09:31:05Z``: such
texts sort as the moments do.
"""

from itertools import product
from typing import Any

from buildhub_schema.json_schema import DATE_PATTERN
from buildhub_schema.products import PRODUCT_NAMES

NIGHTLY_CHANNELS = ("nightly", "nightly-old-id")
"""Channels whose builds lie in the archive's folders of nightlies."""

VERSION_CHANNELS = ("release", "beta", "esr", "aurora")
"""Channels whose builds lie in folders named by version: releases and candidates."""

PAIRS = tuple(product(PRODUCT_NAMES, VERSION_CHANNELS + NIGHTLY_CHANNELS))
"""Every product with every channel. Of some there never was a build, which is worth knowing too."""


def coverage_collection_id(collection_id: str) -> str:
    """Return the collection that holds the coverage of *collection_id*, in the same bucket."""
    return f"{collection_id}-coverage"


def coverage_id(product_name: str, channel: str) -> str:
    """Return the ID of a pair's record; no product has an underscore in its name."""
    return f"{product_name}_{channel}"


def coverage_metadata() -> dict[str, Any]:
    """Return what stands in the collection beside its records."""
    return {"schema": coverage_schema(), "displayFields": ["id", "complete_until", "checked_until"]}


def coverage_schema() -> dict[str, Any]:
    """Return the JSON schema of a record of coverage."""
    properties = {
        "product": {"type": "string"},
        "channel": {"type": "string"},
        "complete_until": _moment("Every build written until then is in the catalogue."),
        "checked_until": _moment("A job has looked at everything written until then."),
        "checked_by": {"type": "string", "title": "The job that did: walk or load."},
        "checked_in_full_until": _moment("The same, with all that was believed to be finished."),
        "followed_until": _moment("Time of the latest event that was worked on."),
        "newest_build": {
            "type": "object",
            "title": "The youngest build that a job has published.",
            "required": ["id", "date"],
            "properties": {"id": {"type": "string"}, "date": _moment("The moment in its ID.")},
        },
        "gaps": {
            "type": "object",
            "title": "What the job that checked last could not settle.",
            "required": ["count", "reasons", "examples"],
            "properties": {
                "count": {"type": "integer", "minimum": 0},
                "reasons": {"type": "object", "additionalProperties": {"type": "integer"}},
                "examples": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["path", "reason"],
                        "properties": {"path": {"type": "string"}, "reason": {"type": "string"}},
                    },
                },
            },
        },
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "additionalProperties": False,
        "required": ["product", "channel"],
        "properties": properties,
    }


def _moment(title: str) -> dict[str, Any]:
    return {"type": "string", "title": title, "pattern": DATE_PATTERN}
