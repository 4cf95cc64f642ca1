"""What the function's role may do, line by line, and why. Pure: nothing is asked or made here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from devenv.settings import Settings

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

READ_STREAM = "arn:aws:iam::aws:policy/service-role/AWSLambdaKinesisExecutionRole"
"""AWS's own policy for a mapping: read any stream, write logs. It does not cover PutRecord."""

LOGGED_MODELS = "/models/"
"""The folder beside an MLflow 3 experiment's runs that has all its models, each in its own."""


@dataclass(frozen=True)
class Grant:
    """One statement of a policy, and what would fail without it."""

    actions: Sequence[str]
    resource: str
    why: str
    condition: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    @property
    def statement(self) -> dict[str, Any]:
        found = {"Effect": "Allow", "Action": list(self.actions), "Resource": self.resource}
        return {**found, "Condition": self.condition} if self.condition else found


def write_predictions(predictions_arn: str) -> list[Grant]:
    return [
        Grant(
            ("kinesis:PutRecord", "kinesis:PutRecords"),
            predictions_arn,
            "the function publishes predictions on this stream, and on no other; "
            "AWSLambdaKinesisExecutionRole does not cover writing",
        )
    ]


def report_failures(queue_arn: str) -> list[Grant]:
    return [
        Grant(
            ("sqs:SendMessage",),
            queue_arn,
            "the mapping tells this queue, in the role's name, of records that it gives up",
        )
    ]


def read_model(artifact_uri: str) -> list[Grant]:
    """The model at `s3://BUCKET/…`. In MLflow 3's layout it's all models of the experiment: so the
    last champion can be read until the function has the next one."""
    place = urlsplit(artifact_uri)
    path = "/" + place.path.strip("/")
    experiment, models, _ = path.rpartition(LOGGED_MODELS)
    prefix = (experiment + models if models else path + "/").removeprefix("/")
    bucket = f"arn:aws:s3:::{place.netloc}"
    return [
        Grant(("s3:GetObject",), f"{bucket}/{prefix}*", "the function loads the model's files"),
        Grant(
            ("s3:ListBucket",),
            bucket,
            "MLflow lists a model's folder, for flavours that are not loaded by skops alone",
            {"StringLike": {"s3:prefix": [prefix.rstrip("/"), f"{prefix}*"]}},
        ),
    ]


MANAGED = [
    Grant(
        (
            *("kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords"),
            *("kinesis:GetShardIterator", "kinesis:ListShards", "kinesis:ListStreams"),
            "kinesis:SubscribeToShard",
        ),
        "*",
        "the mapping reads the input stream in the role's name",
    ),
    Grant(
        ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"),
        "*",
        "what the function prints goes to CloudWatch Logs",
    ),
]
"""What READ_STREAM says, as AWS has it; shown, never sent."""


def document(grants: Sequence[Grant]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [grant.statement for grant in grants]}


@dataclass(frozen=True)
class Explained:
    """One policy of the role: its name, its ARN if AWS keeps it, its statements."""

    name: str
    grants: Sequence[Grant]
    arn: str | None = None


def explained(settings: Settings, account: str) -> Iterator[Explained]:
    """All policies that the bootstrap gives the role, with a model where its own training puts it:
    another's place is known once the champion is."""
    where = f"{settings.region or 'REGION'}:{account}"
    stream = f"arn:aws:kinesis:{where}:stream/{settings.predictions_stream}"
    queue = f"arn:aws:sqs:{where}:{settings.failure_queue}"
    model = f"s3://{settings.model_bucket}{LOGGED_MODELS}MODEL/artifacts"
    yield Explained(READ_STREAM.rpartition("/")[2], MANAGED, READ_STREAM)
    yield Explained("write-predictions", write_predictions(stream))
    yield Explained("read-model", read_model(model))
    yield Explained("report-failures", report_failures(queue))
