"""The reference page of the fields, in reStructuredText."""

from collections.abc import Iterator

from buildhub_schema.fields import FIELDS, Field, Kind, iter_groups

_TYPES = {Kind.KEYWORD: "text", Kind.DATE: "date and time", Kind.LONG: "whole number"}


def fields_reference() -> str:
    """Return a section with a table for each group of fields, in the table's order."""
    lines: list[str] = []
    for group, fields in iter_groups(FIELDS):
        lines += [f"``{group}``", "~" * (len(group) + 4), ""]
        lines += [".. list-table::", "   :header-rows: 1", "   :widths: 26 14 20 40", ""]
        lines += _row("Field", "Type", "Use", "Meaning")
        for field in fields:
            lines += _row(f"``{field.name}``", _type(field), ", ".join(_uses(field)), _help(field))
        lines.append("")
    return "\n".join(lines)


def _row(*cells: str) -> list[str]:
    first, *others = cells
    return [f"   * - {first}", *(f"     - {cell}" for cell in others)]


def _type(field: Field) -> str:
    return f"{_TYPES[field.kind]}, {field.unit}" if field.unit else _TYPES[field.kind]


def _uses(field: Field) -> Iterator[str]:
    if field.required:
        yield "required"
    if field.facet:
        yield "facet"
    if field.sortable:
        yield "sortable"
    if field.version:
        yield f"in search by version: ``{field.name}.order``"


def _help(field: Field) -> str:
    parts = [field.help]
    if field.choices:
        parts.append(f"One of {', '.join(f'``{choice}``' for choice in field.choices)}.")
    if field.inferred:
        parts.append(f"*Inferred:* {field.inferred[0].lower()}{field.inferred[1:]}")
    return " ".join(parts)
