"""The error of a filter."""


class BadFilter(Exception):
    """A filter without a meaning; the message names the parameter and what is expected.

    Attributes:
        parameter: name in the query string.
    """

    def __init__(self, parameter: str, problem: str) -> None:
        super().__init__(f"{parameter}: {problem}")
        self.parameter = parameter
