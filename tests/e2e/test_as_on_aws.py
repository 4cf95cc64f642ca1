"""The commands as on AWS: AWS_ENDPOINT_URL unset, and moto in AWS's place (tests/moto_aws.py says
what that can't show; neither do these tests: no ride is predicted, nothing is eventually
consistent). The image in its ECR is a manifest put there; tests/containers pushes a real one.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from moto_aws import ACCOUNT, REGION, boto_session, forget_everything, moto_aws

from devenv.bootstrap.image import image_tag

from .conftest import ROOT, Done, Shell

FUNCTION = "ride-duration-prediction"
DIGEST = "sha256:" + "b" * 64
MANIFEST = {
    "schemaVersion": 2,
    "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
    "config": {
        "mediaType": "application/vnd.docker.container.image.v1+json",
        "size": 2,
        "digest": "sha256:" + "a" * 64,
    },
    "layers": [],
}
LISTS: list[tuple[str, str, str, str]] = [
    ("kinesis", "list_streams", "StreamNames", ""),
    ("sqs", "list_queues", "QueueUrls", ""),
    ("lambda", "list_functions", "Functions", "FunctionName"),
    ("lambda", "list_event_source_mappings", "EventSourceMappings", "UUID"),
    ("iam", "list_roles", "Roles", "RoleName"),
    ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    ("s3", "list_buckets", "Buckets", "Name"),
    ("ecr", "describe_repositories", "repositories", "repositoryName"),
]
"""Service, operation, what its answer calls the list, and what tells one entry from another."""


class Cloud:
    """moto with something of others in it, and a shell for which it is AWS."""

    def __init__(self, shell: Shell, variables: dict[str, str]) -> None:
        self.shell = shell
        self.variables = variables | {
            "MODEL_NAME": "ride-duration-on-aws",
            "MODEL_BUCKET": "models-of-mine",
        }
        self._session, self._options = boto_session(variables)

    def client(self, service: str) -> Any:
        return self._session.client(service, **self._options)  # type: ignore[call-overload]

    def devenv(self, *arguments: str, **changed: str) -> Done:
        return self.shell.devenv(*arguments, **(self.variables | changed))

    def typing(self, line: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`devenv ARGUMENTS` on a terminal where somebody types `line`."""
        ours, theirs = os.openpty()
        try:
            os.write(ours, f"{line}\n".encode())
            return subprocess.run(
                (sys.executable, "-m", "devenv", *arguments),
                cwd=ROOT,
                env=self.shell.variables | self.variables,
                stdin=theirs,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
        finally:
            os.close(ours)
            os.close(theirs)

    def everything(self) -> dict[str, list[str]]:
        """All that there is, whoever made it."""
        found: dict[str, list[str]] = {}
        for service, operation, key, name in LISTS:
            entries = getattr(self.client(service), operation)().get(key, [])
            found[operation] = sorted(str(e[name] if name else e) for e in entries)
        return found

    def publish(self) -> None:
        """What `devenv publish` leaves in ECR, but for the image's layers."""
        ecr = self.client("ecr")
        ecr.create_repository(
            repositoryName="stream-model-duration", tags=[{"Key": "devenv", "Value": FUNCTION}]
        )
        ecr.put_image(
            repositoryName="stream-model-duration",
            imageManifest=json.dumps(MANIFEST),
            imageTag=image_tag(ROOT),
            imageDigest=DIGEST,
        )


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with moto_aws(tmp_path_factory.mktemp("moto")) as variables:
        yield variables


@pytest.fixture
def cloud(running: Shell, proxy: dict[str, str]) -> Iterator[Cloud]:
    """AWS with nothing of an earlier test's in it. MLflow is the running environment's: its server
    holds names, clients bring files to S3."""
    yield Cloud(running, proxy)
    forget_everything(proxy)


def test_nothing_is_made_where_nobody_can_be_asked(cloud: Cloud) -> None:
    """Account, region and what is billed are shown, and then it ends with 5."""
    before = cloud.everything()
    for command in ("bootstrap", "bench"):
        done = cloud.devenv(command)
        assert done.code == 5, done.err
        assert f"This is AWS: account {ACCOUNT}, region {REGION}" in done.err
        assert "AWS bills for" in done.err
        assert "nothing was done. Add --yes." in done.err
    assert cloud.everything() == before


def test_an_emulators_credentials_are_refused_before_any_request(cloud: Cloud) -> None:
    """The proxy, of which every request would have to go through, isn't even there."""
    done = cloud.devenv("status", AWS_ACCESS_KEY_ID="test", HTTPS_PROXY="http://127.0.0.1:1")
    assert done.code == 5
    assert "an emulator's (AWS_ACCESS_KEY_ID=test): nothing was sent" in done.err


def test_without_a_published_image_nothing_is_made(cloud: Cloud) -> None:
    """The image is looked for first, and the error names the command that brings it."""
    before = cloud.everything()
    done = cloud.devenv("bootstrap", "--yes")
    assert done.code == 6
    assert "Push it with `devenv publish`" in done.err
    assert cloud.everything() == before


def test_bootstrap_status_teardown_leave_it_as_it_was(cloud: Cloud) -> None:
    """What others have stays: a stream, a bucket with an object, and a queue of the very name that
    the bootstrap uses. Twice each, since all of it can be repeated."""
    cloud.client("kinesis").create_stream(StreamName="of-others", ShardCount=1)
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="of-others", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="of-others", Key="kept", Body=b"kept")
    cloud.client("sqs").create_queue(QueueName=f"{FUNCTION}-failures")
    before = cloud.everything()
    cloud.publish()

    made = cloud.devenv("bootstrap", "--yes")
    assert made.code == 0, made.err
    assert f"function {FUNCTION}: made" in made.err
    assert f"queue {FUNCTION}-failures: there" in made.err
    again = cloud.devenv("bootstrap", "--yes")
    assert again.code == 0, again.err
    assert ": made" not in again.err
    assert f"function {FUNCTION}: there" in again.err

    status = cloud.devenv("status", "--json")
    assert status.code == 0, status.err
    (state,) = status.json_lines()
    assert (state["endpoint"], state["services"]) == ("AWS", [])
    assert state["function"]["image_uri"] == (
        f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/stream-model-duration@{DIGEST}"
    )

    asked = cloud.devenv("teardown")
    assert asked.code == 5
    assert f"To be removed from AWS: account {ACCOUNT}, region {REGION}" in asked.err
    removed = cloud.devenv("teardown", "--yes", "--json")
    assert removed.code == 0, removed.err
    by_state: dict[str, list[str]] = {"removed": [], "left": []}
    for line in removed.json_lines():
        by_state[line["state"]].append(f"{line['kind']} {line['name']}")
    assert by_state["removed"] == [
        f"mapping ride_events → {FUNCTION}",
        f"function {FUNCTION}",
        f"log group /aws/lambda/{FUNCTION}",
        "role lambda-kinesis-role",
        "stream ride_events",
        "stream ride_predictions",
        "bucket models-of-mine",
        "repository stream-model-duration",
    ]
    assert by_state["left"] == [f"queue {FUNCTION}-failures"]
    assert cloud.everything() == before
    assert s3.get_object(Bucket="of-others", Key="kept")["Body"].read() == b"kept"

    nothing = cloud.devenv("teardown", "--yes")
    assert nothing.code == 0
    assert f"Nothing of {FUNCTION} to remove" in nothing.err


def test_a_half_made_system_is_used_as_far_as_it_is_there_and_removed(cloud: Cloud) -> None:
    """A bootstrap ended early, since MLflow didn't answer: rides can be put, predictions and logs
    (put there by the test) be read. Then something is deleted by hand, and a teardown the rest."""
    before = cloud.everything()
    cloud.publish()
    broken = cloud.devenv("bootstrap", "--yes", MLFLOW_TRACKING_URI="http://127.0.0.1:1")
    assert broken.code == 4, broken.err

    put = cloud.devenv("put", "--pu", "130", "--do", "205", "--distance", "3.66", "--json")
    assert put.code == 0, put.err
    kinesis, logs = cloud.client("kinesis"), cloud.client("logs")
    (shard,) = kinesis.list_shards(StreamName="ride_events")["Shards"]
    iterator = kinesis.get_shard_iterator(
        StreamName="ride_events", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    (record,) = kinesis.get_records(ShardIterator=iterator)["Records"]
    assert json.loads(record["Data"])["ride"]["trip_distance"] == 3.66
    kinesis.put_record(StreamName="ride_predictions", Data=b'{"a": 1}', PartitionKey="1")
    read = cloud.devenv("tail", "--from", "trim-horizon", "--limit", "1", "--json")
    assert read.code == 0, read.err
    assert '"a": 1' in read.out.replace("\\", "")
    group = {"logGroupName": f"/aws/lambda/{FUNCTION}", "logStreamName": "s"}
    logs.create_log_stream(**group)
    now = int(time.time() * 1000)
    logs.put_log_events(**group, logEvents=[{"timestamp": now, "message": "START"}])
    assert cloud.devenv("logs").out == "START\n"

    cloud.client("iam").delete_role_policy(
        RoleName="lambda-kinesis-role", PolicyName="write-predictions"
    )
    kinesis.delete_stream(StreamName="ride_events")
    removed = cloud.devenv("teardown", "--yes")
    assert removed.code == 0, removed.err
    assert cloud.everything() == before


def test_a_teardown_goes_on_only_if_the_accounts_id_is_typed(cloud: Cloud) -> None:
    """On a terminal; a slip removes nothing."""
    before = cloud.everything()
    cloud.publish()
    mistyped = cloud.typing("1234", "teardown")
    assert mistyped.returncode == 5
    assert "1234 is not 123456789012: nothing was removed" in mistyped.stderr
    assert cloud.everything() != before
    assert cloud.typing(ACCOUNT, "teardown").returncode == 0
    assert cloud.everything() == before
    declined = cloud.typing("n", "bootstrap")
    assert declined.returncode == 5
    assert "Nothing was made" in declined.stderr
