"""What a JSON schema finds wrong with a record, all of it, each with the field that it is about."""

import re
from collections.abc import Iterable
from typing import Any

import kinto.schema_validation
import kinto.views.records
from jsonschema.exceptions import ValidationError
from jsonschema.validators import validator_for
from kinto.schema_validation import validate

# More do not help, and a schema may find any number.
_MAX_ERRORS = 20

_MISSING = re.compile(r"'(.+)' is a required property")


def includeme(config: Any) -> None:
    """Have Kinto's views validate with `validate_schema`; Kinto has no setting for that."""
    kinto.schema_validation.validate_schema = validate_schema
    kinto.views.records.validate_schema = validate_schema


def validate_schema(
    data: dict[str, Any],
    schema: dict[str, Any],
    id_field: str,
    ignore_fields: Iterable[str] = (),
) -> None:
    """Validate as Kinto does, and report all errors.

    Args:
        id_field: the name of a record's ID, which is validated if the schema mentions it.
        ignore_fields: those of the server, which are not validated.

    Raises:
        ValidationError: with the first field in ``field``, and all errors in ``message``.
        RefResolutionError: a reference in the schema leads nowhere.
    """
    hidden = set(ignore_fields)
    if id_field not in schema.get("properties", {}):
        hidden.add(id_field)
    required = [name for name in schema.get("required", []) if name not in hidden]
    schema = {name: value for name, value in schema.items() if name != "required"}
    if required:
        schema["required"] = required
    data = {name: value for name, value in data.items() if name not in hidden}
    try:
        validate(data, schema)
    except ValidationError:
        raise _describe(data, schema) from None


def _describe(data: dict[str, Any], schema: dict[str, Any]) -> ValidationError:
    errors = sorted(validator_for(schema)(schema).iter_errors(data), key=_field)
    (first, *others), left_out = errors[:_MAX_ERRORS], len(errors) - _MAX_ERRORS
    parts = [first.message, *(_name_field(error) for error in others)]
    if left_out > 0:
        parts.append(f"and {left_out} more")
    described = ValidationError("; ".join(parts))
    described.field = _field(first) or "data"  # type: ignore[attr-defined]
    return described


def _name_field(error: ValidationError) -> str:
    field = _field(error)
    return error.message if field in error.message else f"{field}: {error.message}"


def _field(error: ValidationError) -> str:
    """Return the dotted path of the field that an error is about; "" for the record itself."""
    missing = _MISSING.fullmatch(error.message)
    names = [*error.absolute_path, *(missing.groups() if missing else ())]
    return ".".join(map(str, names))
