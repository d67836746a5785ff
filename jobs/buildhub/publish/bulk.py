"""Publishing through the server's bulk endpoint."""

import asyncio
import gzip
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import orjson

from buildhub.aio.retries import Busy, parse_wait_seconds, retry
from buildhub.counts.published import PublishedCounts
from buildhub.publish.answers import Answer, Contradiction, iter_lines, read_answer, read_object
from buildhub.publish.server import Server

CAPABILITY = "bulk"

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

# Level 1 packs records to a seventh at 100 MB/s; what more effort saves is not worth its time.
_PACKING_LEVEL = 1


class BulkTransport:
    """Sends lines, and counts what the server says became of each."""

    def __init__(self, server: Server, counts: PublishedCounts) -> None:
        self._server = server
        self._counts = counts
        self._url = f"{server.collection}/bulk"
        # On this machine packing costs more than it saves.
        self._packs = urlsplit(server.url).hostname not in _LOOPBACK
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
        """Send once, taking from *waiting* what is answered. False where it was too much."""
        headers = {"Content-Type": "application/x-ndjson"}
        body = b"".join(waiting)
        if self._packs:
            body = await asyncio.to_thread(gzip.compress, body, _PACKING_LEVEL)
            headers["Content-Encoding"] = "gzip"
        client = self._server.client
        async with client.open_response("POST", self._url, data=body, headers=headers) as response:
            if response.status == 413:
                return self._is_hopeless(waiting, await response.text())
            if response.status >= 400:
                self._server.raise_for_status(
                    response.status, await response.read(), response.headers
                )
            self._note_backoff(response)
            await self._take(response, waiting)
        return True

    async def _take(self, answer: aiohttp.ClientResponse, waiting: list[bytes]) -> None:
        """Count what the answer says became of *waiting*, and take that off.

        An answer that breaks off is believed as far as it goes, one that contradicts what was sent
        not at all: to send everything again is harmless.
        """
        taken: list[Answer] = []
        try:
            finished = await self._read(answer, waiting, taken)
        except Contradiction as exc:
            taken.clear()
            raise Busy(f"{self._url}: {exc}") from exc
        finally:
            for each in taken:
                self._counts.add(each.status, each.record_id, each.error)
            del waiting[: len(taken)]
        if not finished:
            raise Busy(f"{self._url}: the answer broke off after {len(taken)} lines")

    async def _read(
        self, answer: aiohttp.ClientResponse, sent: list[bytes], taken: list[Answer]
    ) -> bool:
        """Put what the lines say into *taken*; return whether the answer has its end."""
        async for line in iter_lines(answer.content):
            if not line.endswith(b"\n"):
                return False
            said = read_object(line)
            if "status" not in said:
                return self._is_end(said, len(sent), len(taken))
            if len(taken) == len(sent):
                raise Contradiction(
                    f"the answer has more lines than the {len(sent)} that were sent"
                )
            taken.append(read_answer(said, sent[len(taken)]))
        return False

    def _is_end(self, said: dict[str, Any], sent_count: int, answered_count: int) -> bool:
        """Judge the last line: a summary, or the error that ended the answer."""
        error = said.get("error")
        if isinstance(error, dict):
            self._server.raise_for_status(_code(error), orjson.dumps(error), {})
        if "summary" not in said:
            raise Contradiction(f"expected a status or a summary, got {orjson.dumps(said)[:80]!r}")
        if answered_count < sent_count:
            raise Contradiction(f"{sent_count} lines were sent, and {answered_count} answered")
        return True

    def _is_hopeless(self, waiting: list[bytes], message: str) -> bool:
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
