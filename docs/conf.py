"""How Sphinx builds the documentation."""

from functools import partial
from pathlib import Path

from buildhub.command.reference import commands_reference
from buildhub.settings import settings_reference
from buildhub_schema.reference import fields_reference
from kinto_buildhub.search.language.reference import language_reference
from kinto_buildhub.settings import settings_reference as server_settings_reference

project = "BuildHub"
author = "The BuildHub engineers"
html_title = "BuildHub"
html_theme = "furo"
extensions = ["sphinx_copybutton"]
# The button copies what is typed: without prompts, and without the output.
copybutton_prompt_text = "$ "
copybutton_line_continuation_character = "\\"
exclude_patterns = ["_build", "reference/_generated"]

# Pages that follow from tables in the code, so that they cannot disagree with it.
GENERATED = {
    "bulk": partial(server_settings_reference, "bulk."),
    "commands": commands_reference,
    "coverage-settings": partial(server_settings_reference, "buildhub.coverage_"),
    "fields": fields_reference,
    "settings": settings_reference,
    "search-language": language_reference,
    "search-settings": partial(server_settings_reference, "search.", "elasticsearch."),
    "server-settings": server_settings_reference,
}


def setup(app) -> None:
    """Write the generated parts before the pages that include them are read."""
    folder = Path(__file__).parent / "reference" / "_generated"
    folder.mkdir(exist_ok=True)
    for name, make in GENERATED.items():
        (folder / f"{name}.rst").write_text(make())
