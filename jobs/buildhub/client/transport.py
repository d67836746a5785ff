"""Sends questions over requests, for programs that wait."""

import logging
import re
import threading
import time
from functools import partial
from typing import Any, TypeVar

import requests

from buildhub.aio.retries import BUSY_STATUSES, Busy, parse_wait_seconds, retry_blocking
from buildhub.client.downloads import CHUNK_BYTES, PartialFile, check_download, check_end
from buildhub.client.errors import BuildhubError
from buildhub.client.exchange import Answer, Question
from buildhub.client.options import CONNECT_SECONDS, USER_AGENT, Options

Value = TypeVar("Value")

logger = logging.getLogger("buildhub.client")

# How urllib3 names the address in front of what went wrong with it.
_CONNECTION = re.compile(r"^HTTPS?Connection(Pool)?\(.*?\): ")


class Transport:
    """Sends questions, and repeats them where that may help.

    Threads may share it: sessions of requests are not made for that, so each thread has its own.
    """

    def __init__(self, options: Options) -> None:
        self._options = options
        self._cache = options.open_cache()
        self._local = threading.local()
        self._sessions: list[requests.Session] = []
        self._wait_until = 0.0

    def ask(self, question: Question[Value]) -> Value:
        """Return the value of the answer.

        Raises:
            Unavailable: there is no answer, or the server is overloaded, also after the retries.
            Empty: nothing was found.
            BuildhubError: what `Question.answered` raises. Errors are logged, too.
        """
        try:
            return question.answered(self._send_or_keep(question))
        except BuildhubError as exc:
            logger.error("%s", exc)
            raise

    def download(self, url: str, file: PartialFile) -> None:
        """Fetch a file, and resume where an answer breaks off.

        Raises:
            Unavailable: that helps no longer.
            BrokenAnswer: it is not as long as its record says.
        """
        retry_blocking(self._options.retry_policy, partial(self._download_once, url, file))

    def close(self) -> None:
        """Close all connections."""
        for session in self._sessions:
            session.close()
        if self._cache is not None:
            self._cache.close()

    def _send_or_keep(self, question: Question[Any]) -> Answer:
        """Send a question, for an answer only if it is not the one that is kept."""
        if self._cache is None:
            return self._send(question)
        url = question.url(self._options.root)
        kept = self._cache.find(url, question)
        answer = self._send(question if kept is None else kept.asked_again(question))
        return self._cache.settle(url, question, kept, answer)

    def _send(self, question: Question[Any]) -> Answer:
        return retry_blocking(self._options.retry_policy, partial(self._send_once, question))

    def _send_once(self, question: Question[Any]) -> Answer:
        time.sleep(max(self._wait_until - time.monotonic(), 0.0))
        url = question.url(self._options.root)
        try:
            response = self._session().request(
                question.method,
                url,
                data=question.body,
                headers=self._options.headers(question, url),
                timeout=(CONNECT_SECONDS, self._options.timeout_seconds),
                allow_redirects=False,
            )
        except requests.RequestException as exc:
            raise Busy(f"{url}: {_describe(exc)}") from exc
        answer = Answer(url, response.status_code, response.headers, response.content)
        if answer.status in BUSY_STATUSES:
            raise Busy(answer.message, parse_wait_seconds(answer.headers))
        asked = parse_wait_seconds(answer.headers, name="Backoff")
        self._wait_until = time.monotonic() + self._options.retry_policy.waits.limit(asked)
        return answer

    def _download_once(self, url: str, file: PartialFile) -> None:
        timeout = (CONNECT_SECONDS, self._options.timeout_seconds)
        headers = {"User-Agent": USER_AGENT, **file.request_headers()}
        try:
            with self._session().get(url, headers=headers, timeout=timeout, stream=True) as answer:
                check_download(url, answer.status_code, answer.headers, file)
                with file.open(answer.status_code) as write:
                    for chunk in answer.iter_content(CHUNK_BYTES):
                        write(chunk)
        except requests.RequestException as exc:
            raise Busy(f"{url}: {_describe(exc)}") from exc
        check_end(url, file)

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            # Else requests would take credentials from the user's .netrc, which are not for us.
            session.auth = _without_credentials
            self._sessions.append(session)
        return session


def _without_credentials(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _describe(error: Exception) -> str:
    """Return the innermost sentence of what requests and urllib3 wrapped around each other."""
    inner = error
    while inner.args and isinstance(below := getattr(inner, "reason", inner.args[0]), Exception):
        inner = below
    return _CONNECTION.sub("", str(inner.args[0] if inner.args else inner))
