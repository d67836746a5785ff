"""What operations share in the OpenAPI document: schemas, headers, errors, ways to sign in."""

from buildhub_schema import json_schema

from kinto_buildhub.api_operations import Schema

TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer", "minimum": 0}
TIMESTAMP: Schema = {
    "type": "integer",
    "minimum": 0,
    "description": "Milliseconds since 1970; no two changes of a collection have the same.",
}
ANY_OBJECT: Schema = {"type": "object"}

_PERMISSIONS: Schema = {
    "type": "object",
    "description": "Who else has which permission, as a list of user and group IDs for each. "
    "Answers contain it for those who may write the object.",
    "additionalProperties": {"type": "array", "items": TEXT},
}


def reference(name: str) -> Schema:
    """Return a reference to a schema of this module."""
    return {"$ref": f"#/components/schemas/{name}"}


def list_of(items: Schema) -> Schema:
    """Return the schema of Kinto's answer with several objects."""
    return {
        "type": "object",
        "required": ["data"],
        "properties": {"data": {"type": "array", "items": items}},
    }


def one_of(data: Schema) -> Schema:
    """Return the schema of Kinto's answer with one object."""
    return {
        "type": "object",
        "required": ["data"],
        "properties": {"data": data, "permissions": reference("Permissions")},
    }


def schemas() -> dict[str, Schema]:
    """Return all schemas by name."""
    return {
        "Build": _build(),
        "Object": _object({}),
        "Deleted": {
            "type": "object",
            "description": "What is left of an object that was deleted.",
            "required": ["id", "last_modified", "deleted"],
            "properties": {"id": TEXT, "last_modified": TIMESTAMP, "deleted": {"const": True}},
        },
        "Group": _object({"members": {"type": "array", "items": TEXT}}),
        "Permissions": _PERMISSIONS,
        "Error": _ERROR,
        "SearchError": _SEARCH_ERROR,
        "SearchAnswer": _SEARCH_ANSWER,
        "Hit": _HIT,
    }


def _object(properties: dict[str, Schema]) -> Schema:
    return {
        "type": "object",
        "description": "An object; it has the fields that were written, besides these.",
        "properties": {"id": TEXT, "last_modified": TIMESTAMP, **properties},
    }


def _build() -> Schema:
    """Return the schema of a record of the catalogue, as it is read."""
    schema = json_schema()
    schema.pop("$schema")
    schema["description"] = "One downloadable build."
    schema["required"] = ["id", "last_modified", *schema["required"]]
    schema["properties"] |= {
        "id": TEXT,
        "last_modified": TIMESTAMP,
        "schema": {**WHOLE, "description": "The schema that the record was checked against."},
    }
    return schema


_ERROR: Schema = {
    "type": "object",
    "description": "An error, as Kinto describes it.",
    "required": ["code", "errno", "error"],
    "properties": {
        "code": {"type": "integer", "description": "The HTTP status."},
        "errno": {
            "type": "integer",
            "description": "The kind of error: "
            "[Kinto's numbers](https://docs.kinto-storage.org/en/stable/api/1.x/errors.html).",
        },
        "error": {**TEXT, "description": "The name of the HTTP status."},
        "message": {**TEXT, "description": "What is wrong, and what was expected."},
        "info": {**TEXT, "description": "An address with more about the error."},
        "details": {"description": "What the error is about, for programs."},
    },
}
_SEARCH_ERROR: Schema = {
    "type": "object",
    "description": "An error with Elasticsearch's keys, and Kinto's beside them; `filter_path` "
    "leaves parts out.",
    "properties": {
        **{name: value for name, value in _ERROR["properties"].items() if name != "error"},
        "status": {"type": "integer", "description": "The HTTP status."},
        "error": {
            "type": "object",
            "properties": {
                "type": {**TEXT, "description": "Elasticsearch's name of the error."},
                "reason": {**TEXT, "description": "What is wrong, and what was expected."},
                "root_cause": {"type": "array", "items": ANY_OBJECT},
            },
        },
    },
}
_HIT: Schema = {
    "type": "object",
    "description": "A record that was found.",
    "properties": {
        "_index": TEXT,
        "_id": {**TEXT, "description": "ID of the record."},
        "_score": {"type": ["number", "null"]},
        "_source": {**ANY_OBJECT, "description": "The record, or the parts that were asked for."},
        "sort": {"type": "array", "description": "The values that it was sorted by."},
    },
}
_SEARCH_ANSWER: Schema = {
    "type": "object",
    "description": "What was found. `filter_path` leaves parts out.",
    "properties": {
        "took": {**WHOLE, "description": "Milliseconds that the search took."},
        "timed_out": {"type": "boolean"},
        "_shards": ANY_OBJECT,
        "_scroll_id": {**TEXT, "description": "For the next page, of a search with `scroll`."},
        "hits": {
            "type": "object",
            "properties": {
                "total": {
                    "description": "How many records match.",
                    "oneOf": [
                        WHOLE,
                        {
                            "type": "object",
                            "properties": {"value": WHOLE, "relation": {"enum": ["eq", "gte"]}},
                        },
                    ],
                },
                "max_score": {"type": ["number", "null"]},
                "hits": {"type": "array", "items": reference("Hit")},
            },
        },
        "aggregations": {**ANY_OBJECT, "description": "The answer to each aggregation, by name."},
    },
}

HEADERS: dict[str, tuple[str, Schema]] = {
    "ETag": ("Tag of this version, for `If-Match` and `If-None-Match`.", TEXT),
    "Last-Modified": ("The same as a date.", TEXT),
    "Cache-Control": ("How long the answer may be kept.", TEXT),
    "Accept-Ranges": ("`bytes`: parts may be asked for.", TEXT),
    "Content-Range": ("Which bytes of how many these are.", TEXT),
    "Location": ("The address to go to.", TEXT),
    "Next-Page": ("Address of the next page; missing on the last one.", TEXT),
    "Total-Records": ("The number of all objects that match.", {"type": "string"}),
    "Total-Objects": ("The number of all objects that match.", {"type": "string"}),
    "Complete-Until": ("Every build written before this time is in the answer.", TEXT),
}
"""The headers of answers: name, description, schema."""

ERRORS = {
    400: "The request is not valid; `message` names the parameter or field.",
    401: "This needs credentials, or those that were sent are wrong.",
    403: "The user does not have the permission.",
    404: "There is no such object, or no such address.",
    405: "The address does not take this method.",
    406: "None of the media types that are accepted can be sent.",
    409: "This would break a rule of uniqueness.",
    412: "The object has changed since the version in `If-Match`, or exists already "
    "(`If-None-Match: *`).",
    413: "The body is longer than the server takes.",
    414: "The address is longer than the server takes.",
    415: "The body has another media type than the operation takes.",
    416: "The part that is asked for begins after the end; `Content-Range` says where that is.",
    429: "Too many requests; `Retry-After` says when to try again.",
    501: "This server is set up, or started, so that it cannot do that.",
    503: "The server cannot answer now; `Retry-After` says when to try again.",
    504: "The search took longer than a search may take.",
}
"""What a status of an error means."""

EVERY_OPERATION = (400, 403, 405, 406, 414, 429, 503)
"""The errors that any request may be answered with."""

BASIC = {
    "basic": {
        "type": "http",
        "scheme": "basic",
        "description": "Name and password of an account.",
    }
}
