"""The help texts of all commands, as a page of the documentation."""

import click

from buildhub.command import main

_WIDTH = 92


def commands_reference() -> str:
    """Return a section for each command, in reStructuredText."""
    group = click.Context(main, info_name="buildhub")
    names = main.list_commands(group)
    return "\n".join(_section(name, main.get_command(group, name)) for name in names)


def _section(name: str, command: click.Command | None) -> str:
    if command is None:
        raise LookupError(f"buildhub {name} is in the table of commands but cannot be loaded")
    title = f"buildhub {name}"
    context = click.Context(
        command, info_name=title, terminal_width=_WIDTH, max_content_width=_WIDTH
    )
    indented = "\n".join(f"   {line}".rstrip() for line in command.get_help(context).splitlines())
    return f"{title}\n{'-' * len(title)}\n\n.. code-block:: text\n\n{indented}\n"
