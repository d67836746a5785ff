"""How Sphinx builds the documentation."""

from pathlib import Path

from buildhub.command.reference import commands_reference
from buildhub.settings import settings_reference
from buildhub_schema.reference import fields_reference
from kinto_buildhub.bulk.settings import settings_reference as bulk_settings_reference
from kinto_buildhub.coverage.settings import settings_reference as coverage_settings_reference
from kinto_buildhub.search.reference import language_reference
from kinto_buildhub.search.reference import settings_reference as search_settings_reference

project = "BuildHub"
author = "The BuildHub engineers"
html_title = "BuildHub"
html_theme = "furo"
extensions: list[str] = []
exclude_patterns = ["_build", "reference/_generated"]

# Pages that follow from tables in the code, so that they cannot disagree with it.
GENERATED = {
    "bulk": bulk_settings_reference,
    "commands": commands_reference,
    "coverage-settings": coverage_settings_reference,
    "fields": fields_reference,
    "settings": settings_reference,
    "search-language": language_reference,
    "search-settings": search_settings_reference,
}


def setup(app) -> None:
    """Write the generated parts before the pages that include them are read."""
    folder = Path(__file__).parent / "reference" / "_generated"
    folder.mkdir(exist_ok=True)
    for name, make in GENERATED.items():
        (folder / f"{name}.rst").write_text(make())
