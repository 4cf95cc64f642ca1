"""What the tests make on the endpoint: role, function, streams, mappings; all gone afterwards.

Only boto3, and only what AWS allows: on AWS itself the same calls make the same things.
"""

import io
import json
import uuid
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from devenv.wait import wait_for

from .observed import Queue, Watch
from .source import Source

WITNESS = Path(__file__).with_name("witness.py")
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
READ_STREAMS = "arn:aws:iam::aws:policy/service-role/AWSLambdaKinesisExecutionRole"
MORE = ["sqs:SendMessage", "sqs:GetQueueUrl", "sns:Publish", "s3:PutObject", "s3:ListBucket"]
"""What the witness and failure destinations need besides."""


@dataclass
class Cloud:
    """The endpoint, and what one test session has made there."""

    on_aws: bool
    prefix: str = field(default_factory=lambda: f"conformance-{uuid.uuid4().hex[:8]}")
    session: boto3.Session = field(default_factory=boto3.Session)
    made: ExitStack = field(default_factory=ExitStack)
    """How to remove what is there for the test that runs; for the session when none does."""
    count: int = 0

    @property
    def patience(self) -> float:
        """Seconds to wait for what should come. AWS takes up to a minute to enable a mapping."""
        return 180 if self.on_aws else 20

    def client(self, service: str) -> Any:
        # Bounds are the endpoint's to check, not boto3's.
        config = Config(
            parameter_validation=service != "lambda",
            retries={"mode": "standard", "total_max_attempts": 3},
            read_timeout=70,
        )
        return self.session.client(service, config=config)

    kinesis = cached_property(lambda self: self.client("kinesis"))
    functions = cached_property(lambda self: self.client("lambda"))
    sqs = cached_property(lambda self: self.client("sqs"))
    sns = cached_property(lambda self: self.client("sns"))
    s3 = cached_property(lambda self: self.client("s3"))
    iam = cached_property(lambda self: self.client("iam"))

    @contextmanager
    def cleaning(self) -> Iterator[None]:
        """What is made inside is removed at the end."""
        before, self.made = self.made, ExitStack()
        try:
            with self.made:
                yield
        finally:
            self.made = before

    def name(self) -> str:
        self.count += 1
        return f"{self.prefix}-{self.count}"

    def role(self, *, reads_streams: bool = True) -> str:
        """A role's ARN; with AWS's managed policy for reading streams, or without."""
        name = self.name()
        document = json.dumps(TRUST)
        arn = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
        self.made.callback(gone, self.iam.delete_role, RoleName=name)
        if reads_streams:
            self.iam.attach_role_policy(RoleName=name, PolicyArn=READ_STREAMS)
            self.made.callback(
                gone, self.iam.detach_role_policy, RoleName=name, PolicyArn=READ_STREAMS
            )
        allow = {"Effect": "Allow", "Action": MORE, "Resource": f"arn:aws:*:*:*:{self.prefix}-*"}
        buckets = {"Effect": "Allow", "Action": MORE, "Resource": f"arn:aws:s3:::{self.prefix}-*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allow, buckets]})
        self.iam.put_role_policy(RoleName=name, PolicyName="tell", PolicyDocument=policy)
        self.made.callback(gone, self.iam.delete_role_policy, RoleName=name, PolicyName="tell")
        return str(arn)

    def function(self, role: str, **settings: Any) -> str:
        """A witness of its own; its name, once it is Active. `settings` are create_function's."""
        options = {"Timeout": 30, "MemorySize": 256, **settings}
        name = self.name()
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            entry = zipfile.ZipInfo("witness.py")
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, WITNESS.read_bytes())

        def create() -> bool:
            try:
                self.functions.create_function(
                    FunctionName=name,
                    Runtime="python3.13",
                    Handler="witness.handler",
                    Role=role,
                    Code={"ZipFile": code.getvalue()},
                    **options,
                )
            except ClientError as error:
                # A new role takes AWS some seconds to know everywhere.
                if "cannot be assumed" not in str(error):
                    raise
                return False
            return True

        wait_for(create, timeout=60, interval=2, failure=f"{role} can't be assumed")
        self.made.callback(gone, self.functions.delete_function, FunctionName=name)

        def active() -> bool:
            found = self.functions.get_function_configuration(FunctionName=name)
            assert found.get("State", "Active") in ("Pending", "Active"), found
            return bool(found.get("State", "Active") == "Active")

        wait_for(active, timeout=60, failure=f"{name} is not Active")
        return name

    def source(self, shards: int = 1) -> Source:
        """A new stream, ACTIVE, with a queue of the same name."""
        name = self.name()
        queue = self.queue(name)
        self.kinesis.create_stream(StreamName=name, ShardCount=shards)
        self.made.callback(
            gone, self.kinesis.delete_stream, StreamName=name, EnforceConsumerDeletion=True
        )
        source = Source(self.kinesis, self.on_aws, name, Watch(queue, self.patience))
        source.active()
        return source

    def queue(self, name: str | None = None) -> Queue:
        url = self.sqs.create_queue(QueueName=name or self.name())["QueueUrl"]
        self.made.callback(gone, self.sqs.delete_queue, QueueUrl=url)
        answer = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return Queue(self.sqs, url, answer["Attributes"]["QueueArn"])

    def bucket(self) -> str:
        name = self.name()
        region = self.s3.meta.region_name
        place = {"CreateBucketConfiguration": {"LocationConstraint": region}}
        self.s3.create_bucket(Bucket=name, **({} if region == "us-east-1" else place))
        self.made.callback(gone, self._delete_bucket, Bucket=name)
        return name

    def topic(self) -> str:
        arn = str(self.sns.create_topic(Name=self.name())["TopicArn"])
        self.made.callback(gone, self.sns.delete_topic, TopicArn=arn)
        return arn

    def _delete_bucket(self, Bucket: str) -> None:
        for entry in self.s3.list_objects_v2(Bucket=Bucket).get("Contents", []):
            self.s3.delete_object(Bucket=Bucket, Key=entry["Key"])
        self.s3.delete_bucket(Bucket=Bucket)

    def map(self, function: str, source_arn: str, **options: Any) -> dict[str, Any]:
        """A mapping from TRIM_HORIZON; create_event_source_mapping's answer."""
        request = {"StartingPosition": "TRIM_HORIZON", **options}
        answer = self.functions.create_event_source_mapping(
            FunctionName=function, EventSourceArn=source_arn, **request
        )
        self.made.callback(gone, self.functions.delete_event_source_mapping, UUID=answer["UUID"])
        return dict(answer)

    def unmapped(self, mapping: str) -> None:
        """Return once the mapping, being deleted, is gone."""

        def probe() -> bool:
            try:
                self.functions.get_event_source_mapping(UUID=mapping)
            except self.functions.exceptions.ResourceNotFoundException:
                return True
            return False

        self.wait(probe, f"{mapping} is gone")

    def wait(self, probe: Callable[[], Any], what: str) -> None:
        """Return once `probe` is true; the test fails if it doesn't become so."""
        wait_for(probe, timeout=self.patience, failure=f"never: {what}")

    def settled(self, mapping: str, state: str) -> dict[str, Any]:
        """The mapping's configuration once it is in `state`."""

        def probe() -> dict[str, Any] | None:
            found = self.functions.get_event_source_mapping(UUID=mapping)
            return dict(found) if found["State"] == state else None

        return wait_for(probe, timeout=self.patience, failure=f"{mapping} is not {state}")


def gone(delete: Callable[..., Any], **what: str) -> None:
    """Delete, without minding that it is gone already or that AWS is still busy with it."""
    try:
        delete(**what)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
            raise
