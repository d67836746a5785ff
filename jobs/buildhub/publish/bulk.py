"""Publishing through the server's bulk endpoint."""

import asyncio
import gzip
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import orjson

from buildhub.aio.retries import Busy, parse_wait_seconds, retry
from buildhub.counts.published import PublishedCounts
from buildhub.publish.answers import (
    LONGEST_ANSWER_BYTES,
    MismatchedAnswer,
    RecordAnswer,
    iter_lines,
    parse_answer,
    parse_object,
)
from buildhub.publish.kept_fields import KEPT
from buildhub.publish.server import Server

CAPABILITY = "bulk"

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

# Level 1 makes records a seventh as long, at 100 MB/s. Higher levels are not worth their time.
_GZIP_LEVEL = 1


class BulkTransport:
    """Sends lines, and counts what became of each.

    Args:
        server: with a bulk endpoint.
        counts: takes what became of each record.
        compress: whether requests are gzipped; by default unless the server is on this machine.
        longest_answer_bytes: limit for one line of an answer.
    """

    def __init__(
        self,
        server: Server,
        counts: PublishedCounts,
        *,
        compress: bool | None = None,
        longest_answer_bytes: int = LONGEST_ANSWER_BYTES,
    ) -> None:
        self.lines_per_request = server.settings.lines_per_request
        self._server = server
        self._counts = counts
        self._url = f"{server.collection}/bulk"
        self._address = f"{self._url}?keep={','.join(KEPT)}"
        # To this machine, compressing costs more than it saves.
        is_distant = urlsplit(server.url).hostname not in _LOOPBACK
        self._compress = is_distant if compress is None else compress
        self._longest_answer_bytes = longest_answer_bytes
        self._wait_until = 0.0

    async def send(self, lines: list[bytes]) -> None:
        """Publish *lines*, each a record as JSON with ``\\n`` at its end.

        When the answer breaks off, only lines that it did not cover are sent again; the server
        answers a line when it is stored for good.

        Raises:
            Refused: the server will not have it from this account.
            Unavailable: it does not answer, also after the retries.
        """
        waiting = list(lines)

        async def attempt() -> bool:
            await self._wait_for_backoff()
            return await self._post(waiting)

        if not await retry(self._server.client.retry_policy, attempt):
            # Larger than the server takes in one request: two smaller ones.
            half = len(waiting) // 2
            await self.send(waiting[:half])
            await self.send(waiting[half:])

    async def _post(self, waiting: list[bytes]) -> bool:
        """Send once, and remove from *waiting* what is answered. False where it was too much."""
        headers = {"Content-Type": "application/x-ndjson"}
        body = b"".join(waiting)
        if self._compress:
            body = await asyncio.to_thread(gzip.compress, body, _GZIP_LEVEL)
            headers["Content-Encoding"] = "gzip"
        client = self._server.client
        async with client.open_response(
            "POST", self._address, data=body, headers=headers
        ) as response:
            if response.status == 413:
                return self._is_record_too_large(waiting, await response.text())
            if response.status >= 400:
                self._server.raise_for_status(
                    response.status, await response.read(), response.headers
                )
            self._note_backoff(response)
            await self._read_answer(response, waiting)
        return True

    async def _read_answer(self, response: aiohttp.ClientResponse, waiting: list[bytes]) -> None:
        """Count what the answer says became of *waiting*, and remove that from it.

        An answer that breaks off is believed as far as it goes, one that does not match what was
        sent not at all: to send everything again is harmless.
        """
        answers: list[RecordAnswer] = []
        try:
            is_whole = await self._read_lines(response, waiting, answers)
        except MismatchedAnswer as exc:
            answers.clear()
            raise Busy(f"{self._url}: {exc}") from exc
        finally:
            for each in answers:
                self._counts.add(each.status, each.record_id, each.error)
            del waiting[: len(answers)]
        if not is_whole:
            raise Busy(f"{self._url}: the answer broke off after {len(answers)} lines")

    async def _read_lines(
        self, response: aiohttp.ClientResponse, sent: list[bytes], answers: list[RecordAnswer]
    ) -> bool:
        """Put what the lines say into *answers*; return whether the last line came."""
        async for line in iter_lines(response.content, self._longest_answer_bytes):
            if not line.endswith(b"\n"):
                return False
            parsed = parse_object(line)
            if "status" not in parsed:
                self._check_end(parsed, len(sent), len(answers))
                return True
            if len(answers) == len(sent):
                raise MismatchedAnswer(
                    f"the answer has more lines than the {len(sent)} that were sent"
                )
            answers.append(parse_answer(parsed, sent[len(answers)]))
        return False

    def _check_end(self, last: dict[str, Any], sent_count: int, answered_count: int) -> None:
        """Raise what the last line says: it is a summary, or the error that ended the answer."""
        error = last.get("error")
        if isinstance(error, dict):
            self._server.raise_for_status(_code(error), orjson.dumps(error), {})
        if "summary" not in last:
            raise MismatchedAnswer(
                f"expected a status or a summary, got {orjson.dumps(last)[:80]!r}"
            )
        if answered_count < sent_count:
            raise MismatchedAnswer(f"{sent_count} lines were sent, and {answered_count} answered")

    def _is_record_too_large(self, waiting: list[bytes], message: str) -> bool:
        """Count a single record that is too large; return False where it is one of several."""
        if len(waiting) > 1:
            return False
        record_id = str(orjson.loads(waiting[0]).get("id"))
        self._counts.add("too large", record_id, message)
        waiting.clear()
        return True

    def _note_backoff(self, answer: aiohttp.ClientResponse) -> None:
        asked = parse_wait_seconds(answer.headers, name="Backoff")
        if asked is not None:
            wait = self._server.client.retry_policy.waits.limit(asked)
            self._wait_until = asyncio.get_running_loop().time() + wait

    async def _wait_for_backoff(self) -> None:
        wait = self._wait_until - asyncio.get_running_loop().time()
        if wait > 0:
            await asyncio.sleep(wait)


def _code(error: dict[str, Any]) -> int:
    """Return the status in Kinto's error object; where there is none, that of a server's fault."""
    code = error.get("code")
    return code if isinstance(code, int) and code >= 400 else 500
