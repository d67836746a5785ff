"""How requests name the fields of an index on a cluster, and write values for them."""

import re
from typing import Any

from buildhub_schema.versions import version_order

from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language.name_patterns import is_like
from kinto_buildhub.search.mapping import Field, Mapping


class IndexFields:
    """The fields of an index of *mapping*."""

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping

    def name(self, field: str) -> str:
        """Return the name of *field* in the index."""
        known = self.mapping.get(field)
        return known.computed_name if known is not None and known.is_computed else field

    def id_name(self) -> str:
        """Return the name of the field by which no two records tie.

        Raises:
            BadQuery: the mapping has none. A cluster sorts by its own only with what it keeps.
        """
        for field in self.mapping.fields.values():
            if field.source == ("id",) and field.type == "keyword":
                return field.name
        raise BadQuery("on a cluster this works if the mapping has a keyword field 'id'", "sort")

    def is_text(self, field: str) -> bool:
        """Return whether *field* is analyzed, as far as is known."""
        known = self.mapping.get(field)
        return known is None or known.type == "text"

    def value(self, field: str, value: Any) -> Any:
        """Return *value* as it compares with the indexed values of *field*."""
        known = self.mapping.get(field)
        if known is None or isinstance(value, bool):
            return value
        if known.is_computed:
            return version_order(str(value))
        # Beside a date in text, some servers refuse a number, and others read it as a year.
        return str(value) if known.type == "date" else value

    def computed(self) -> list[Field]:
        """Return the computed fields, whose values are in no record's source."""
        return [field for field in self.mapping.fields.values() if field.is_computed]

    def with_boosts(self, patterns: tuple[tuple[str, float], ...]) -> list[str]:
        """Return the fields that *patterns* match, each with its boost; all without patterns.

        They are written out, as the index has fields that are not in the mapping.
        """
        found: dict[str, float] = {}
        for pattern, boost in patterns or (("*", 1.0),):
            if "*" in pattern:
                names = [
                    field.name
                    for field in self.mapping.fields.values()
                    if not field.is_computed and is_like(field.name, pattern)
                ]
            else:
                names = [self.name(pattern)]
            found.update(dict.fromkeys(names, boost))
        return [name if boost == 1.0 else f"{name}^{boost}" for name, boost in found.items()]

    def query_text(self, text: str) -> str:
        """Return a text in Lucene's syntax with the index's names of the fields in it."""
        for field in self.computed():
            name = re.escape(field.name)
            named = rf"(?<![\w.]){name}(?=:)|(?<=_exists_:){name}(?![\w.])"
            text = re.sub(named, field.computed_name, text)
        return text
