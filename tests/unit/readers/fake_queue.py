"""An SQS queue of failure messages, with visibility as SQS has it, and a function beside it."""

import io
import json
from dataclasses import dataclass, field
from typing import Any

from fake_aws import client_error

STREAM_ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/rides"
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f"


def told(first: int, last: int | None = None, count: int | None = None, **more: Any) -> str:
    """A message's body about records of shard-0, by their sequence numbers in FakeStream."""
    last = first if last is None else last
    return json.dumps(
        {
            "requestContext": {
                "requestId": f"request-{first}",
                "functionArn": FUNCTION,
                "condition": "RetryAttemptsExhausted",
                "approximateInvokeCount": 3,
            },
            "responseContext": {
                "statusCode": 200,
                "executedVersion": "$LATEST",
                "functionError": "Unhandled",
            },
            "version": "1.0",
            "timestamp": "2026-01-02T03:04:06.000Z",
            "KinesisBatchInfo": {
                "shardId": more.get("shard_id", "shard-0"),
                "startSequenceNumber": str(first),
                "endSequenceNumber": str(last),
                "approximateArrivalOfFirstRecord": "2026-01-02T03:04:05.000Z",
                "approximateArrivalOfLastRecord": "2026-01-02T03:04:05.000Z",
                "batchSize": last - first + 1 if count is None else count,
                "streamArn": STREAM_ARN,
            },
        }
    )


@dataclass
class FakeQueue:
    """Messages by id; those that were received are hidden until they are given back."""

    messages: dict[str, str] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    deleted: list[str] = field(default_factory=list)
    sent: int = 0
    """When the first message was (ms); the others follow a second after each other."""
    receives: int = 0

    def send(self, *bodies: str) -> None:
        for body in bodies:
            self.messages[f"{len(self.messages)}a-message"] = body

    def get_queue_url(self, *, QueueName: str) -> dict[str, str]:
        if QueueName != "failures":
            raise client_error("AWS.SimpleQueueService.NonExistentQueue", "GetQueueUrl")
        return {"QueueUrl": "http://sqs/failures"}

    def receive_message(self, *, MaxNumberOfMessages: int, **asked: Any) -> dict[str, Any]:
        """Ten at most, the last ones first: SQS promises no order."""
        assert 1 <= MaxNumberOfMessages <= 10
        self.receives += 1
        ids = [id for id in reversed(self.messages) if id not in self.hidden]
        ids = ids[:MaxNumberOfMessages]
        self.hidden |= set(ids)
        found = [
            {
                "MessageId": id,
                "ReceiptHandle": f"receipt of {id}",
                "Body": self.messages[id],
                "Attributes": {"SentTimestamp": str(self.sent + 1000 * int(id.partition("a")[0]))},
            }
            for id in ids
        ]
        return {"Messages": found} if found else {}

    def change_message_visibility_batch(self, *, QueueUrl: str, Entries: Any) -> dict[str, Any]:
        assert 1 <= len(Entries) <= 10
        for entry in Entries:
            assert entry["VisibilityTimeout"] == 0
            self.hidden.discard(entry["ReceiptHandle"].removeprefix("receipt of "))
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries], "Failed": []}

    def delete_message(self, *, QueueUrl: str, ReceiptHandle: str) -> None:
        id = ReceiptHandle.removeprefix("receipt of ")
        assert id in self.hidden
        del self.messages[id]
        self.hidden.discard(id)
        self.deleted.append(id)


@dataclass
class FakeFunction:
    """Answers each event with the next of `answers`: a response, or an error object in a list."""

    answers: list[Any]
    events: list[Any] = field(default_factory=list)

    def get_function_configuration(self, *, FunctionName: str) -> dict[str, str]:
        return {"Role": "arn:aws:iam::000000000000:role/r"}

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:
        assert FunctionName == FUNCTION
        self.events.append(json.loads(Payload))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        failed = isinstance(answer, list)
        body = json.dumps(answer[0] if failed else answer).encode()
        made: dict[str, Any] = {"Payload": io.BytesIO(body)}
        return made | ({"FunctionError": "Unhandled"} if failed else {})
