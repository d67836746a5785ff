"""Coverage: until when the catalogue is known to be complete, in a record per product and channel.

The jobs write these records to a second collection in the same bucket. The server reads them to say
what an empty result means. All times are those of the archive, as ``2018-08-08T09:31:05Z``; such
texts sort in order of time.
"""

from itertools import product
from typing import Any

from buildhub_schema.json_schema import DATE_PATTERN
from buildhub_schema.products import PRODUCT_NAMES

NIGHTLY_CHANNELS = ("nightly", "nightly-old-id")
"""Channels whose builds are in nightly folders."""

VERSION_CHANNELS = ("release", "beta", "esr", "aurora")
"""Channels whose builds are in folders named after versions: releases and candidates."""

PAIRS = tuple(product(PRODUCT_NAMES, VERSION_CHANNELS + NIGHTLY_CHANNELS))
"""Every product with every channel, including pairs that never had a build."""


def coverage_collection_id(collection_id: str) -> str:
    """Return the ID of the collection with the coverage of *collection_id*, in the same bucket."""
    return f"{collection_id}-coverage"


def coverage_id(product_name: str, channel: str) -> str:
    """Return the ID of a pair's record. No product name contains an underscore."""
    return f"{product_name}_{channel}"


def coverage_metadata() -> dict[str, Any]:
    """Return the metadata of the coverage collection."""
    return {"schema": coverage_schema(), "displayFields": ["id", "complete_until", "checked_until"]}


def coverage_schema() -> dict[str, Any]:
    """Return the JSON schema of a coverage record."""
    properties = {
        "product": {"type": "string"},
        "channel": {"type": "string"},
        "complete_until": _moment("Every build written until then is in the catalogue."),
        "checked_until": _moment("A job has checked everything written until then."),
        "checked_by": {"type": "string", "title": "That job: walk or load."},
        "checked_in_full_until": _moment(
            "The same, including folders that were considered finished."
        ),
        "followed_until": _moment("Time of the latest event that was processed."),
        "newest_build": {
            "type": "object",
            "title": "The newest build that a job has published.",
            "required": ["id", "date"],
            "properties": {"id": {"type": "string"}, "date": _moment("The date in its build ID.")},
        },
        "gaps": {
            "type": "object",
            "title": "What the latest check could not settle.",
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
