"""The parameters of lists of records that Kinto does not have, for the OpenAPI description."""

from typing import Any

import colander
from kinto.core.openapi import OpenAPI
from kinto.views.records import Record

PARAMETERS = (
    (
        "gte",
        "`field,value`: the field is the value or greater. May be repeated.",
        "download.date,2017-04-01",
    ),
    (
        "lt",
        "`field,value`: the field is less than the value. May be repeated.",
        "download.date,2017-05-01",
    ),
    ("date_range", "Published in the last N days, from 00:00 UTC of the first.", 7),
)
"""Name, description and an example, whose type is that of the parameter; all are optional."""

_TYPES = {str: colander.String, int: colander.Integer}


def describe() -> None:
    """Add the parameters to what Kinto describes; it keeps that for all servers of a process."""
    if add_parameters not in OpenAPI.schema_transformers:
        OpenAPI.schema_transformers = [*OpenAPI.schema_transformers, add_parameters]


def add_parameters(schema: Any, args: dict[str, Any]) -> Any:
    """Return the request schema of a view with the parameters, if it is one of lists of records."""
    if args.get("klass") is Record and "_limit" in schema["querystring"]:
        for name, description, example in PARAMETERS:
            node = colander.SchemaNode(
                _TYPES[type(example)](), name=name, missing=colander.drop, description=description
            )
            schema["querystring"].add(node)
    return schema
