"""Errors that stop a server from starting::

StartError          the message names the thing and what would help
  SettingsError     a setting is unknown, or its value cannot work; nothing was done
"""

from collections.abc import Sequence


class StartError(Exception):
    """The server cannot start. The message names the thing and what would help."""


class SettingsError(StartError):
    """Settings cannot work.

    Attributes:
        problems: a sentence for each.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)
