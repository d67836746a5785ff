"""Publishing to a stock Kinto, through its batch endpoint."""

import asyncio
import logging
from typing import Any

import kinto_http
import orjson
import requests
from kinto_http.batch import BatchSession
from kinto_http.exceptions import KintoException

from buildhub.counts.published import PublishedCounts
from buildhub.errors import Unavailable
from buildhub.publish.server import ADDED, Server

_STATUSES = {200: "updated", 201: "created", 400: "invalid", 403: "forbidden"}

_IDS_PER_REQUEST = 50


class BatchTransport:
    """Sends lines as ``PUT`` requests in batches, leaving out what is stored already."""

    def __init__(self, server: Server, counts: PublishedCounts) -> None:
        settings = server.settings
        self._server = server
        self._counts = counts
        self._client = kinto_http.Client(
            server_url=settings.server_url,
            bucket=settings.bucket_id,
            collection=settings.collection_id,
            auth=tuple(settings.auth.split(":", 1)) if settings.auth else None,
            retry=settings.retry_count,
            timeout=settings.timeout_seconds,
        )
        # It warns of every success.
        logging.getLogger("kinto_http.batch").setLevel(logging.CRITICAL)

    async def send(self, lines: list[bytes]) -> None:
        """Publish *lines*, each a record as JSON.

        Raises:
            Refused: the server will not have it from this account.
            Unavailable: it does not answer, also after the retries.
        """
        records = [orjson.loads(line) for line in lines]
        try:
            answers = await asyncio.to_thread(self._publish, records)
        except KintoException as exc:
            status = getattr(exc.response, "status_code", 503)
            self._server.raise_for_status(status, str(exc).encode(), {})
            raise Unavailable(f"{self._server.url}: {exc}") from exc
        except LookupError as exc:
            raise Unavailable(
                f"{self._server.url}: the answer does not fit the batch that was sent ({exc!r})"
            ) from exc
        except requests.RequestException as exc:
            raise Unavailable(f"{self._server.url}: {exc}") from exc
        for record, (status, message) in zip(records, answers, strict=True):
            self._counts.add(status, record["id"], message)

    def _publish(self, records: list[dict[str, Any]]) -> list[tuple[str, str]]:
        """Return status and message of each record, in order."""
        stored = self._read_stored([record["id"] for record in records])
        changed = [record for record in records if stored.get(record["id"]) != record]
        answers = dict(zip(map(id, changed), self._put(changed), strict=True))
        return [answers.get(id(record), ("unchanged", "")) for record in records]

    def _read_stored(self, ids: list[str]) -> dict[str, dict[str, Any]]:
        stored = {}
        for start in range(0, len(ids), _IDS_PER_REQUEST):
            some = ids[start : start + _IDS_PER_REQUEST]
            for record in self._client.get_records(in_id=",".join(some)):
                stored[record["id"]] = {
                    name: value for name, value in record.items() if name not in ADDED
                }
        return stored

    def _put(self, records: list[dict[str, Any]]) -> list[tuple[str, str]]:
        if not records:
            return []
        limit = self._client.server_info()["settings"]["batch_max_requests"]
        batch = BatchSession(self._client, batch_max_requests=limit, ignore_4xx_errors=True)
        for record in records:
            endpoint = self._client.get_endpoint("record", id=record["id"])
            batch.request("PUT", endpoint, data=record)
        answers = [answer for body, _ in batch.send() for answer in body["responses"]]
        self._check(answers, records)
        return [
            (_STATUSES.get(answer["status"], "invalid"), answer["body"].get("message", ""))
            for answer in answers
        ]

    def _check(self, answers: list[dict[str, Any]], records: list[dict[str, Any]]) -> None:
        """See that each answer is that to its record.

        Raises:
            Unavailable: it is not, and nobody knows what became of the records.
        """
        if len(answers) != len(records):
            told = f"{len(records)} requests were sent, and {len(answers)} answered"
            raise Unavailable(f"{self._server.url}: {told}")
        for answer, record in zip(answers, records, strict=True):
            endpoint = self._client.get_endpoint("record", id=record["id"])
            if not str(answer.get("path", "")).endswith(endpoint):
                raise Unavailable(
                    f"{self._server.url}: expected the answer for {endpoint}, "
                    f"got that for {answer.get('path')!r}"
                )
