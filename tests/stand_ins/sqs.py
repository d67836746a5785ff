"""SQS queues on loopback, and S3 events as the archive sends them."""

import json
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus

import botocore.session

from tests.requirements import require

try:
    from moto.server import ThreadedMotoServer
except ImportError:
    ThreadedMotoServer = None

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
WHEN = datetime(2018, 8, 8, 9, 31, 5, 412_000, tzinfo=UTC)


@contextmanager
def queue_server() -> Iterator[str]:
    """Run an SQS server; yield its URL."""
    require(ThreadedMotoServer, "moto's server is not installed: `pip install 'moto[server]'`")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


class TestQueue:
    """One queue, as seen by the sender of messages."""

    __test__ = False

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._client = botocore.session.get_session().create_client(
            "sqs",
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        created = self._client.create_queue(QueueName=f"test-{uuid.uuid4().hex}")
        self.url: str = created["QueueUrl"]

    def send(self, bodies: Iterable[object]) -> None:
        """Send messages; bodies that are not text are sent as JSON."""
        texts = [body if isinstance(body, str) else json.dumps(body) for body in bodies]
        for start in range(0, len(texts), 10):
            entries = [
                {"Id": str(number), "MessageBody": text}
                for number, text in enumerate(texts[start : start + 10])
            ]
            answer = self._client.send_message_batch(QueueUrl=self.url, Entries=entries)
            assert not answer.get("Failed"), answer

    def counts(self) -> tuple[int, int]:
        """Return the numbers of visible and of invisible messages."""
        names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        found = self._client.get_queue_attributes(QueueUrl=self.url, AttributeNames=["All"])
        visible, hidden = (int(found["Attributes"][name]) for name in names)
        return visible, hidden

    def receive_all(self) -> list[dict[str, Any]]:
        """Receive all messages, with their attributes."""
        taken: list[dict[str, Any]] = []
        while True:
            answer = self._client.receive_message(
                QueueUrl=self.url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
            )
            if not answer.get("Messages"):
                return taken
            taken += answer["Messages"]


def s3_record(
    path: str, size: int | None = 1000, when: datetime = WHEN, **changes: Any
) -> dict[str, Any]:
    """Return an S3 event record for a written file."""
    written: dict[str, Any] = {"key": quote_plus(path, safe="/"), "eTag": "5f0c1c1b9f0d"}
    if size is not None:
        written["size"] = size
    return {
        "eventVersion": "2.0",
        "eventSource": "aws:s3",
        "awsRegion": "us-east-1",
        "eventTime": f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03}Z",
        "eventName": "ObjectCreated:Put",
        "s3": {
            "s3SchemaVersion": "1.0",
            "bucket": {"name": "net-mozaws-prod-delivery-firefox"},
            "object": written,
        },
    } | changes


def event_bridge(path: str, size: int = 1000, **changes: Any) -> dict[str, Any]:
    """Return an event for a written file as EventBridge passes it on."""
    return {
        "version": "0",
        "id": "17793124-05d4-b198-2fde-7ededc63b103",
        "detail-type": "Object Created",
        "source": "aws.s3",
        "time": "2018-08-08T09:31:05Z",
        "detail": {
            "bucket": {"name": "net-mozaws-prod-delivery-firefox"},
            "object": {"key": path, "size": size, "etag": "5f0c1c1b9f0d"},
            "reason": "PutObject",
        },
    } | changes


def direct(*records: dict[str, Any]) -> dict[str, Any]:
    """Return an event as the object store sends it."""
    return {"Records": list(records)}


def enveloped(*records: dict[str, Any]) -> dict[str, Any]:
    """Return an event as SNS sends it to a queue."""
    return {
        "Type": "Notification",
        "MessageId": "12fdffd1",
        "TopicArn": "arn:aws:sns:us-east-1:123456789012:s3-events",
        "Subject": "Amazon S3 Notification",
        "Message": json.dumps(direct(*records)),
        "Timestamp": "2018-08-08T09:31:05.500Z",
    }


def to_function(*records: dict[str, Any]) -> dict[str, Any]:
    """Return an event as SNS passes it to a Lambda function."""
    notice = {name: value for name, value in enveloped(*records).items() if name != "Records"}
    sns = {"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": notice}
    return {"Records": [sns]}


def queue_to_function(*bodies: object) -> dict[str, Any]:
    """Return messages as SQS passes them to a Lambda function."""
    return {
        "Records": [
            {"messageId": str(number), "eventSource": "aws:sqs", "body": json.dumps(body)}
            for number, body in enumerate(bodies)
        ]
    }


FORMS = {
    "direct": direct,
    "SNS to a function": to_function,
    "SNS into a queue": enveloped,
    "a queue to a function": lambda *records: queue_to_function(direct(*records)),
    "SNS into a queue to a function": lambda *records: queue_to_function(enveloped(*records)),
}
TEST_MESSAGE = {
    "Service": "Amazon S3",
    "Event": "s3:TestEvent",
    "Time": "2018-08-08T09:31:05.412Z",
    "Bucket": "net-mozaws-prod-delivery-firefox",
    "RequestId": "5582815E1AEA5ADF",
    "HostId": "8cLeGAmw098X5cv4Zkwcmo8vvZa3eH3e",
}
