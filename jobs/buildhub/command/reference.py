"""The help texts of all commands, as a page of the documentation."""

from collections.abc import Iterator

import click

from buildhub.command import main

_WIDTH = 92


def commands_reference() -> str:
    """Return a section for each command, and one for each command of a group."""
    group = click.Context(main, info_name="buildhub")
    names = main.list_commands(group)
    return "\n".join(
        section
        for name in names
        for section in _iter_sections(f"buildhub {name}", main.get_command(group, name), "-")
    )


def _iter_sections(title: str, command: click.Command | None, underline: str) -> Iterator[str]:
    if command is None:
        raise LookupError(f"{title} is in the table of commands but cannot be loaded")
    context = click.Context(
        command, info_name=title, terminal_width=_WIDTH, max_content_width=_WIDTH
    )
    indented = "\n".join(f"   {line}".rstrip() for line in command.get_help(context).splitlines())
    yield f"{title}\n{underline * len(title)}\n\n.. code-block:: text\n\n{indented}\n"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            yield from _iter_sections(f"{title} {name}", command.get_command(context, name), "~")
