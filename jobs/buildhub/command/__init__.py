"""The command ``buildhub``: one group, whose commands are imported when they are run."""

import importlib

import click

COMMANDS: dict[str, str] = {
    "serve": "buildhub.command.server.serving:serve",
    "demo": "buildhub.command.demo.demo:demo",
    "load": "buildhub.command.load:command",
    "walk": "buildhub.command.walk:command",
    "listen": "buildhub.command.listen:command",
    "audit": "buildhub.command.audit:command",
    "find": "buildhub.command.find:find",
    "download": "buildhub.command.find:download",
    "watch": "buildhub.command.watch:command",
    "export": "buildhub.command.export:command",
    "mcp": "buildhub.command.mcp:command",
    "record": "buildhub.command.record:command",
    "records": "buildhub.command.records:command",
    "init": "buildhub.command.init:command",
    "reindex": "buildhub.command.server.serving:reindex",
    "credentials": "buildhub.command.server.credentials:credentials",
    "migrate": "buildhub.command.server.serving:migrate",
    "install-units": "buildhub.command.install_units:command",
}
"""Where each command is defined, as ``module:attribute``, in the order of the help text."""


class LazyGroup(click.Group):
    """A group that imports a command when it is used.

    ``buildhub record`` does not wait for the imports of a server.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the table's order."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command; None where there is no command of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="buildhub")
def main() -> None:
    """BuildHub: a catalogue of every build that Mozilla ships.

    Settings are read from the command line, then from the environment; `buildhub COMMAND --help`
    lists both. Secrets are read only from the environment or from files.
    """
