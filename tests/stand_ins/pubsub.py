"""Pub/Sub on loopback: the fake that Google keeps for its own tests, and one subscription of it."""

import json
import subprocess
import uuid
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
from google.pubsub_v1 import PublisherClient, SubscriberClient

from tests.stand_ins.go_programs import build_sources

PROJECT = "projects/test-project"
MODULE = Path(__file__).parent / "pstest"


@contextmanager
def pubsub_server() -> Iterator[str]:
    """Run a server; yield its host and port.

    Raises:
        GoMissing: it cannot be built here.
    """
    program = str(build_sources(MODULE))
    with subprocess.Popen([program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()
            process.wait(10)


def pushed(attributes: Mapping[str, str], resource: object) -> dict[str, Any]:
    """Return the body with which Pub/Sub pushes a message."""
    message = {
        "attributes": dict(attributes),
        "data": b64encode(json.dumps(resource).encode()).decode(),
        "messageId": "136969346945",
        "message_id": "136969346945",
        "publishTime": "2026-08-08T09:31:07.312Z",
    }
    return {"message": message, "subscription": f"{PROJECT}/subscriptions/pushed"}


class TestSubscription:
    """A topic with a subscription, and one for dead letters, as seen by the sender."""

    __test__ = False

    def __init__(self, host: str, *, ack_deadline_seconds: int = 10) -> None:
        self.host = host
        channel = grpc.insecure_channel(host)
        publishing = PublisherClient.get_transport_class("grpc")(channel=channel)
        subscribing = SubscriberClient.get_transport_class("grpc")(channel=channel)
        self._publisher = PublisherClient(transport=publishing)
        self._subscriber = SubscriberClient(transport=subscribing)
        name = uuid.uuid4().hex
        self.topic, self.dead_letter_topic = (
            f"{PROJECT}/topics/{kind}-{name}" for kind in ("files", "dead")
        )
        self.name, self._dead_letters = (
            f"{PROJECT}/subscriptions/{kind}-{name}" for kind in ("files", "dead")
        )
        pairs = ((self.topic, self.name), (self.dead_letter_topic, self._dead_letters))
        for topic, subscription in pairs:
            self._publisher.create_topic(name=topic)
            self._subscriber.create_subscription(
                {
                    "name": subscription,
                    "topic": topic,
                    "ack_deadline_seconds": ack_deadline_seconds,
                }
            )

    def send(self, notifications: Iterable[tuple[Mapping[str, str], object]]) -> None:
        """Publish messages: attributes, and data as bytes or as what becomes JSON."""
        messages = [
            {
                "attributes": dict(attributes),
                "data": data if isinstance(data, bytes) else json.dumps(data).encode(),
            }
            for attributes, data in notifications
        ]
        for start in range(0, len(messages), 500):
            self._publisher.publish(topic=self.topic, messages=messages[start : start + 500])

    def waiting(self) -> int:
        """Return the number of messages that are visible now; they stay so."""
        return len(self._pull(self.name, settled=False))

    def dead_letters(self) -> list[tuple[dict[str, str], bytes]]:
        """Take all dead letters: attributes and data."""
        letters = self._pull(self._dead_letters, settled=True)
        return [(dict(each.message.attributes), each.message.data) for each in letters]

    def _pull(self, name: str, *, settled: bool) -> list[Any]:
        found: list[Any] = []
        while True:
            request = {"subscription": name, "max_messages": 1000}
            some = list(self._subscriber.pull(request).received_messages)
            if not some:
                break
            found += some
            if settled:
                self._subscriber.acknowledge(
                    subscription=name, ack_ids=[each.ack_id for each in some]
                )
        if found and not settled:
            self._subscriber.modify_ack_deadline(
                subscription=name,
                ack_ids=[each.ack_id for each in found],
                ack_deadline_seconds=0,
            )
        return found
