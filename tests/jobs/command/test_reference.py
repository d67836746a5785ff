"""The generated page of commands."""

from buildhub.command import COMMANDS
from buildhub.command.reference import commands_reference


def test_every_command_is_on_the_page_with_its_help():
    page = commands_reference()
    for name in COMMANDS:
        assert f"buildhub {name}\n-------" in page
        assert f"Usage: buildhub {name}" in page


def test_the_commands_of_a_group_are_below_it():
    _, _, page = commands_reference().partition("\nbuildhub credentials\n---")
    for name in ("request", "approve", "show", "rotate", "revoke", "list", "create", "account"):
        assert f"\nbuildhub credentials {name}\n~~~~" in page
