"""What can be wrong with a filter."""


class BadFilter(Exception):
    """A filter that means nothing; its text names the parameter and says what would do.

    Attributes:
        parameter: name in the query string.
    """

    def __init__(self, parameter: str, problem: str) -> None:
        super().__init__(f"{parameter}: {problem}")
        self.parameter = parameter
