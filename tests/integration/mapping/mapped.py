"""A stream mapped to a function that writes down what it gets."""

import base64
import json
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from devenv.wait import wait_for

from ..s3.emulator import Emulator
from ..zip_functions import make_role, zipped

SOURCE = """
import base64, json
def handler(event, context):
    with open({path!r}, "ab", buffering=0) as file:
        file.write(json.dumps(event).encode() + b"\\n")
    data = [base64.b64decode(r["kinesis"]["data"]).decode() for r in event["Records"]]
    {body}
"""
READY = 30.0


@dataclass
class Mapped:
    """Names of its own; everything by boto3 but the events, which are read from a file."""

    emulator: Emulator
    folder: Path
    name: str = field(default_factory=lambda: f"t{uuid.uuid4().hex[:8]}")
    uuid: str = ""

    def client(self, service: str) -> Any:
        return self.emulator.client(service)

    @property
    def arn(self) -> str:
        return f"arn:aws:kinesis:us-east-1:000000000000:stream/{self.name}"

    @property
    def seen(self) -> Path:
        return self.folder / f"{self.name}.jsonl"

    def create(self, body: str = "return None", shards: int = 1, **settings: Any) -> Any:
        """Stream, function and mapping; `body` is the handler's end, `data` the records' texts."""
        self.client("kinesis").create_stream(StreamName=self.name, ShardCount=shards)
        self.function(body)
        return self.map(**settings)

    def function(self, body: str = "return None") -> None:
        source = SOURCE.format(path=str(self.seen), body=body)
        functions = self.client("lambda")
        functions.create_function(
            FunctionName=self.name,
            Runtime="python3.13",
            Handler="app.handler",
            Role=self.role(),
            Timeout=20,
            Code={"ZipFile": zipped({"app.py": source})},
        )
        functions.get_waiter("function_active_v2").wait(FunctionName=self.name)

    def role(self) -> str:
        """The function's role, which may read streams and tell a destination of this name."""
        iam = self.client("iam")
        arn = make_role(iam, self.name)
        allow = {
            "Effect": "Allow",
            "Action": ["sqs:SendMessage", "s3:PutObject"],
            "Resource": [f"arn:aws:sqs:*:*:{self.name}", f"arn:aws:s3:::{self.name}/*"],
        }
        document = json.dumps({"Version": "2012-10-17", "Statement": allow})
        iam.put_role_policy(RoleName=self.name, PolicyName="tell", PolicyDocument=document)
        return arn

    def map(self, **settings: Any) -> Any:
        settings = {"StartingPosition": "TRIM_HORIZON", **settings}
        answer = self.client("lambda").create_event_source_mapping(
            FunctionName=self.name, EventSourceArn=self.arn, **settings
        )
        self.uuid = answer["UUID"]
        return answer

    def get(self) -> Any:
        return self.client("lambda").get_event_source_mapping(UUID=self.uuid)

    def await_state(self, state: str) -> Any:
        return wait_for(
            lambda: found if (found := self.get())["State"] == state else None,
            timeout=READY,
            failure=f"mapping {self.uuid} is not {state}",
        )

    def put(self, *data: str, key: str | None = None) -> None:
        self.client("kinesis").put_records(
            StreamName=self.name,
            Records=[{"Data": text, "PartitionKey": key or text[:256]} for text in data],
        )

    def events(self) -> list[dict[str, Any]]:
        """All that the function got so far."""
        if not self.seen.exists():
            return []
        whole, _, _ = self.seen.read_text().rpartition("\n")  # It may just be writing the rest.
        return [json.loads(line) for line in whole.splitlines()]

    def batches(self) -> list[list[str]]:
        return [texts(event) for event in self.events()]

    def await_data(self, *expected: str) -> list[list[str]]:
        """The batches, once all of `expected` were in some."""

        def probe() -> list[list[str]] | None:
            batches = self.batches()
            return batches if set(expected) <= {t for batch in batches for t in batch} else None

        return wait_for(probe, timeout=READY, failure=f"{expected} did not all arrive")


def texts(event: dict[str, Any]) -> list[str]:
    return [base64.b64decode(r["kinesis"]["data"]).decode() for r in event["Records"]]
