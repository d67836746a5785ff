"""What aiohttp raises, and how it reads."""

import aiohttp

BROKEN = (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, TimeoutError)
"""A connection cannot be made, breaks, or takes too long."""


def describe_error(error: BaseException) -> str:
    """Say what broke, also for errors whose own text is empty."""
    if isinstance(error, TimeoutError) and not str(error):
        return "no answer in time"
    if isinstance(error, aiohttp.TooManyRedirects):
        return f"redirects without end, {len(error.history)} so far"
    return str(error) or type(error).__name__
