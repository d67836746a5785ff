"""What a page must never cause, in any window of a test."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, WebError


class Watch:
    """Collects what the pages of a test cause: messages, errors, requests to other hosts.

    Violations of the Content-Security-Policy are messages on the console.

    Attributes:
        complaints: each as a line to read.
    """

    def __init__(self) -> None:
        self.complaints: list[str] = []

    def follow(self, context: BrowserContext, site: str, expected: Iterable[str]) -> None:
        """Watch the windows of a context.

        Args:
            site: the address of the server; every request goes there.
            expected: parts of messages that the test is about. Chromium itself reports each
                response with an error, and each that does not come.
        """
        host = urlsplit(site).netloc
        expected = tuple(expected)

        def on_console(message: ConsoleMessage) -> None:
            if not any(each in message.text for each in expected):
                self._add(f"console: {message.type}: {message.text} {message.location}")

        def on_error(error: WebError) -> None:
            self._add(f"error: {error.error}")

        def on_request(request: Request) -> None:
            address = urlsplit(request.url)
            if address.scheme != "data" and address.netloc != host:
                self._add(f"request to another host: {request.url}")

        context.on("console", on_console)
        context.on("weberror", on_error)
        context.on("request", on_request)

    def _add(self, complaint: str) -> None:
        self.complaints.append(complaint)
