"""What goes wrong with a question for the newest build."""


class NoBuild(Exception):
    """There is no such build; the text says why."""


class BadParameter(Exception):
    """A parameter that is unknown, or whose value cannot be read.

    Attributes:
        name: of the parameter; the text says what is wrong with it.
    """

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name
