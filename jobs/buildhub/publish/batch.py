"""Publishing to a stock Kinto, through its batch endpoint."""

from collections.abc import Iterable
from typing import Any

import orjson

from buildhub.aio.retries import Busy, retry
from buildhub.aio.streams import in_pieces
from buildhub.counts.published import PublishedCounts
from buildhub.publish.server import ADDED, Server

_STATUSES = {200: "updated", 201: "created", 400: "invalid", 403: "forbidden"}


class BatchTransport:
    """Sends lines as ``PUT`` requests in batches, leaving out what is stored already.

    Args:
        server: a stock Kinto.
        largest_batch: requests that it takes in one batch.
        counts: takes what became of each record.
    """

    def __init__(self, server: Server, largest_batch: int, counts: PublishedCounts) -> None:
        self.lines_per_request = server.settings.lines_per_request
        self._server = server
        self._largest_batch = largest_batch
        self._counts = counts
        self._path = server.collection.removeprefix(server.url)

    async def send(self, lines: list[bytes]) -> None:
        """Publish *lines*, each a record as JSON.

        Raises:
            Refused: the server will not have it from this account.
            Unavailable: it does not answer, also after the retries.
        """
        records = self._with_id(orjson.loads(line) for line in lines)
        stored = await self._fetch_stored([record["id"] for record in records])
        changed = []
        for record in records:
            if stored.get(record["id"]) == record:
                self._counts.add("unchanged", record["id"])
            else:
                changed.append(record)
        for some in in_pieces(changed, self._largest_batch):
            await self._put(some)

    def _with_id(self, records: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the records that have an ID, and count the others, as the bulk endpoint does."""
        found = []
        for record in records:
            record_id = record.get("id")
            if isinstance(record_id, str):
                found.append(record)
            else:
                self._counts.add("invalid", str(record_id), "id in body: expected a text")
        return found

    async def _fetch_stored(self, record_ids: list[str]) -> dict[str, dict[str, Any]]:
        stored = await self._server.fetch_records(record_ids)
        return {
            record_id: {name: value for name, value in record.items() if name not in ADDED}
            for record_id, record in stored.items()
        }

    async def _put(self, records: list[dict[str, Any]]) -> None:
        requests = [
            {"method": "PUT", "path": self._record_path(record), "body": {"data": record}}
            for record in records
        ]
        url = f"{self._server.url}/batch"

        async def attempt() -> list[dict[str, Any]]:
            answer = await self._server.request_json("POST", url, json={"requests": requests})
            responses: list[dict[str, Any]] = answer["responses"]
            self._check(responses, records)
            return responses

        # Writing a record a second time is harmless.
        responses = await retry(self._server.client.retry_policy, attempt)
        for record, response in zip(records, responses, strict=True):
            status = _STATUSES.get(response["status"], "invalid")
            self._counts.add(status, record["id"], response["body"].get("message", ""))

    def _record_path(self, record: dict[str, Any]) -> str:
        return f"{self._path}/records/{record['id']}"

    def _check(self, responses: list[dict[str, Any]], records: list[dict[str, Any]]) -> None:
        """See that each response is that to its record.

        Raises:
            Busy: it is not, or the server has failed, and nobody knows what became of the records.
        """
        if len(responses) != len(records):
            raise Busy(
                f"{self._server.url}: {len(records)} requests were sent, "
                f"and {len(responses)} answered"
            )
        for response, record in zip(responses, records, strict=True):
            path = self._record_path(record)
            if not str(response.get("path", "")).endswith(path):
                raise Busy(
                    f"{self._server.url}: expected the answer for {path}, "
                    f"got that for {response.get('path')!r}"
                )
            if response["status"] >= 500:
                self._server.raise_for_status(
                    response["status"], orjson.dumps(response["body"]), {}
                )
