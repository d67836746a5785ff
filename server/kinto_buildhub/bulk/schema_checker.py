"""Kinto's JSON schema validation, faster for valid records.

A compiled validator accepts most records. All others go through Kinto's own validation, which
decides and words the message. So only one direction has to hold: Kinto accepts what the compiled
validator accepts. It holds for the keywords listed here; schemas with any other are left to Kinto.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

import jsonschema.validators
import jsonschema_rs
from jsonschema.exceptions import SchemaError
from kinto.schema_validation import RefResolutionError, ValidationError

from kinto_buildhub.schema_errors import validate_schema

# Takes a record without its ``id``, and the ID.
QuickCheck = Callable[[dict[str, Any], str], bool]

# The server's own fields, which Kinto hides from schemas.
_HIDDEN_FIELDS = frozenset(("last_modified", "schema", "__permissions__"))

_COMPILERS: dict[type, Any] = {
    jsonschema.validators.Draft4Validator: jsonschema_rs.Draft4Validator,
    jsonschema.validators.Draft6Validator: jsonschema_rs.Draft6Validator,
    jsonschema.validators.Draft7Validator: jsonschema_rs.Draft7Validator,
    jsonschema.validators.Draft201909Validator: jsonschema_rs.Draft201909Validator,
    jsonschema.validators.Draft202012Validator: jsonschema_rs.Draft202012Validator,
}

_VALUE_KEYWORDS = frozenset(
    {"type", "required", "enum", "const", "minimum", "maximum", "minLength", "maxLength"}
    | {"minItems", "maxItems", "minProperties", "maxProperties"}
)
_SCHEMA_KEYWORDS = frozenset(("additionalProperties", "items", "not"))
_SCHEMA_LIST_KEYWORDS = frozenset(("allOf", "anyOf", "oneOf"))
# Kinto checks no formats.
_ANNOTATIONS = frozenset(
    ("$schema", "title", "description", "default", "examples", "format", "$comment")
)

# A pattern that means the same to Python's and Rust's regular expressions, or matches more in
# Python's: no classes beyond ASCII, no negated escapes, no look-around, no references.
_SIMPLE_PATTERN = re.compile(
    r"""(?: [^\\()\[\]{}]  |  \\[.\-/+*?()\[\]{}|^$]
          | \((?!\?) | \)  |  \[ (?: [^\\\[\]&~] | \\[.\-/+*?\]] )+ \]  |  \{[0-9]+(?:,[0-9]*)?\}
        )*""",
    re.VERBOSE,
)


class SchemaChecker:
    """Validates records against the schemas of their collection and their bucket."""

    def __init__(self, schemas: Iterable[dict[str, Any]]) -> None:
        self.schemas = tuple(schemas)
        self._quick_checks = [compile_quick_check(schema) for schema in self.schemas]

    def find_error(self, record: dict[str, Any], record_id: str) -> str | None:
        """Return the message with which PUT would refuse the record, if it would.

        Args:
            record: without its ``id``.
            record_id: its ID.
        """
        for schema, is_surely_valid in zip(self.schemas, self._quick_checks, strict=True):
            if is_surely_valid(record, record_id):
                continue
            error = _find_error({**record, "id": record_id}, schema)
            if error is not None:
                return error
        return None


def compile_quick_check(schema: dict[str, Any]) -> QuickCheck:
    """Return a check that is true only for records that Kinto's validation accepts as well."""
    hides_id = "id" not in schema.get("properties", {})
    # Kinto takes the hidden fields from the required ones too.
    hidden = {*_HIDDEN_FIELDS, "id"} if hides_id else {*_HIDDEN_FIELDS}
    required = [name for name in schema.get("required", []) if name not in hidden]
    schema = {name: value for name, value in schema.items() if name != "required"}
    if required:
        schema["required"] = required
    draft = jsonschema.validators.validator_for(schema)
    compiler = _COMPILERS.get(draft)
    if compiler is None or not _is_understood(schema):
        return _never
    try:
        draft.check_schema(schema)
        is_valid = compiler(schema, validate_formats=False, offline=True).is_valid
    except (SchemaError, ValueError):
        return _never

    def check(record: dict[str, Any], record_id: str) -> bool:
        if not _HIDDEN_FIELDS.isdisjoint(record):
            record = {name: record[name] for name in record.keys() - _HIDDEN_FIELDS}
        if not hides_id:
            record = {**record, "id": record_id}
        try:
            return bool(is_valid(record))
        except (ValueError, RecursionError):
            return False  # A value that it cannot read, such as a very large number.

    return check


def _never(record: dict[str, Any], record_id: str) -> bool:
    return False


def _is_understood(schema: Any) -> bool:
    if isinstance(schema, bool):
        return True
    return isinstance(schema, dict) and all(
        _is_understood_keyword(name, value) for name, value in schema.items()
    )


def _is_understood_keyword(name: str, value: Any) -> bool:
    if name in _VALUE_KEYWORDS or name in _ANNOTATIONS or name.startswith("x-"):
        return True
    if name == "pattern":
        return isinstance(value, str) and _SIMPLE_PATTERN.fullmatch(value) is not None
    if name == "properties":
        return isinstance(value, dict) and all(map(_is_understood, value.values()))
    if name in _SCHEMA_LIST_KEYWORDS:
        return isinstance(value, list) and all(map(_is_understood, value))
    return name in _SCHEMA_KEYWORDS and _is_understood(value)


def _find_error(record: dict[str, Any], schema: dict[str, Any]) -> str | None:
    try:
        validate_schema(record, schema, id_field="id", ignore_fields=tuple(_HIDDEN_FIELDS))
    except ValidationError as exc:
        return _message(exc.field, exc.message)
    except RefResolutionError as exc:
        return _message("schema", str(exc))
    except SchemaError as exc:
        # A schema can be good in draft 7, which Kinto asks for, and bad in the draft it names.
        return _message("schema", exc.message)
    except RecursionError:
        return "The record is nested too deep for its schema."
    return None


def _message(name: Any, description: str) -> str:
    """Word an error as Kinto's 400 does."""
    return description if str(name) in description else f"{name} in body: {description}"
