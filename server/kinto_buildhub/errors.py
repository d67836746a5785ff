"""What stops a server from starting, in words for whoever starts it."""


class StartError(Exception):
    """The server cannot start. The message names the thing and says what would do."""
