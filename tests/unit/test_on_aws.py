"""What AWS does and moto can't, by botocore's Stubber: answers are checked against the API model,
their words are those that AWS's users report. That AWS still says so isn't shown.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.stub import ANY, Stubber

from devenv.aws import Aws
from devenv.bootstrap.bucket import ensure_bucket
from devenv.bootstrap.function import FunctionSpec, ensure_function
from devenv.bootstrap.image import FunctionImage, function_image, image_tag
from devenv.errors import BadInput, NotFound
from devenv.settings import Settings, read_settings
from devenv.teardown import resources

ROLE = "arn:aws:iam::123456789012:role/lambda-kinesis-role"
MAPPING_ARN = (
    "arn:aws:lambda:eu-west-1:123456789012:event-source-mapping:"
    "623aaa60-54e9-469f-b846-9de23f0bc2e0"
)
DIGEST = "sha256:" + "b" * 64


class Clock:
    """Time that passes by sleeping alone."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Stubbed:
    """AWS's clients, each with the answers that a test gives, which must all be asked for."""

    def __init__(self, settings: Settings, stack: ExitStack) -> None:
        self.settings = settings
        self.aws = Aws(settings)
        assert self.aws.is_aws
        self._stack = stack
        self._stubbers: dict[str, Stubber] = {}

    def on(self, client: str) -> Stubber:
        if client not in self._stubbers:
            stubber = Stubber(getattr(self.aws, client))
            self._stack.enter_context(stubber)
            self._stubbers[client] = stubber
        return self._stubbers[client]

    def all_asked_for(self) -> None:
        for stubber in self._stubbers.values():
            stubber.assert_no_pending_responses()


@pytest.fixture
def stubbed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubbed]:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    for name in ("lambda_function.py", "Pipfile.lock"):
        (tmp_path / name).write_text(name)
    with ExitStack() as stack:
        made = Stubbed(read_settings({"AWS_DEFAULT_REGION": "eu-west-1"}, tmp_path), stack)
        yield made
        made.all_asked_for()


def test_a_role_that_lambda_can_not_assume_yet_is_waited_for(stubbed: Stubbed) -> None:
    """IAM makes a new role known everywhere within seconds."""
    functions = stubbed.on("functions")
    functions.add_client_error("get_function", "ResourceNotFoundException", http_status_code=404)
    for _ in range(3):
        functions.add_client_error(
            "create_function",
            "InvalidParameterValueException",
            "The role defined for the function cannot be assumed by Lambda.",
        )
    made: dict[str, Any] = {
        "FunctionName": "f",
        "PackageType": "Image",
        "Code": {"ImageUri": f"r@{DIGEST}"},
        "Architectures": ["arm64"],
        "Role": ROLE,
        "MemorySize": ANY,
        "Timeout": ANY,
        "Environment": {"Variables": {}},
        "Tags": {"devenv": "f"},
    }
    functions.add_response("create_function", {"State": "Pending"}, made)
    functions.add_response(
        "get_function_configuration", {"State": "Active", "LastUpdateStatus": "Successful"}
    )
    clock = Clock()
    spec = FunctionSpec("f", FunctionImage(f"r@{DIGEST}"), "arm64", ROLE, {})
    assert ensure_function(spec, stubbed.aws, clock) == "function f: made"
    assert clock.now == 3


def test_on_aws_the_published_image_is_taken_by_its_digest(stubbed: Stubbed) -> None:
    """Found by the tag of this checkout's content."""
    tag, ecr = image_tag(stubbed.settings.root), stubbed.on("ecr")
    name = {"repositoryName": "stream-model-duration"}
    uri = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/stream-model-duration"
    ecr.add_response("describe_repositories", {"repositories": [{"repositoryUri": uri}]})
    ecr.add_response(
        "describe_images",
        {"imageDetails": [{"imageDigest": DIGEST}]},
        {**name, "imageIds": [{"imageTag": tag}]},
    )
    assert function_image(stubbed.settings, stubbed.aws) == FunctionImage(f"{uri}@{DIGEST}")


def test_an_image_that_was_not_published_names_the_command(stubbed: Stubbed) -> None:
    """The repository may be there, with another state's image."""
    ecr = stubbed.on("ecr")
    ecr.add_response("describe_repositories", {"repositories": [{"repositoryUri": "r"}]})
    ecr.add_client_error("describe_images", "ImageNotFoundException")
    with pytest.raises(NotFound, match=r"ECR in eu-west-1 has no image .* `devenv publish`"):
        function_image(stubbed.settings, stubbed.aws)


def test_an_image_that_was_named_is_taken_as_it_is(stubbed: Stubbed) -> None:
    """Nothing is asked; a tag may be given to another image, a digest can't."""
    for uri, may_move in (("r:latest", True), (f"r@{DIGEST}", False)):
        settings = replace(stubbed.settings, image_uri=uri)
        assert function_image(settings, stubbed.aws) == FunctionImage(uri, may_move)


def test_a_bucket_of_somebody_elses_name_is_told(stubbed: Stubbed) -> None:
    """`mlflow-models` is long taken."""
    stubbed.on("s3").add_client_error("head_bucket", "403", http_status_code=403)
    with pytest.raises(BadInput, match="unique over all of AWS: set MODEL_BUCKET"):
        ensure_bucket(stubbed.settings, stubbed.aws)


def test_a_teardown_leaves_somebody_elses_bucket(stubbed: Stubbed) -> None:
    """It is listed without tags, and not looked into."""
    stubbed.on("s3").add_client_error("get_bucket_tagging", "AccessDenied", http_status_code=403)
    (found,) = resources.bucket(stubbed.settings, stubbed.aws)
    assert (found.name, found.tags, found.holds) == ("mlflow-models", {}, "")


def test_a_mapping_that_is_busy_is_deleted_once_it_is_not(stubbed: Stubbed) -> None:
    """A stream that is being deleted already is left to it."""
    functions = stubbed.on("functions")
    functions.add_response(
        "list_event_source_mappings",
        {
            "EventSourceMappings": [
                {
                    "UUID": "u",
                    "State": "Enabled",
                    "EventSourceArn": "arn:aws:kinesis:eu-west-1:123456789012:stream/ride_events",
                    "EventSourceMappingArn": MAPPING_ARN,
                }
            ]
        },
    )
    functions.add_response("list_tags", {"Tags": {"devenv": "ride-duration-prediction"}})
    functions.add_client_error("delete_event_source_mapping", "ResourceInUseException")
    functions.add_response("delete_event_source_mapping", {"State": "Deleting"})
    functions.add_response("get_event_source_mapping", {"State": "Deleting"})
    functions.add_client_error("get_event_source_mapping", "ResourceNotFoundException")
    clock = Clock()
    (found,) = resources.mappings(stubbed.settings, stubbed.aws, clock)
    assert found.name == "ride_events → ride-duration-prediction"
    found.remove()
    assert clock.now == 1
    assert [found.is_gone(), found.is_gone()] == [False, True]


def test_a_stream_that_is_being_deleted_is_not_deleted_again(stubbed: Stubbed) -> None:
    """AWS would refuse."""
    kinesis = stubbed.on("kinesis")
    tagged = {"Tags": [{"Key": "devenv", "Value": "f"}], "HasMoreTags": False}
    kinesis.add_response("list_tags_for_stream", tagged)
    kinesis.add_client_error("list_tags_for_stream", "ResourceNotFoundException")
    (found,) = resources.streams(stubbed.settings, stubbed.aws)
    kinesis.add_response(
        "describe_stream_summary",
        {
            "StreamDescriptionSummary": {
                "StreamName": "ride_events",
                "StreamARN": "arn:aws:kinesis:eu-west-1:123456789012:stream/ride_events",
                "StreamStatus": "DELETING",
                "RetentionPeriodHours": 24,
                "StreamCreationTimestamp": 0,
                "EnhancedMonitoring": [],
                "OpenShardCount": 1,
            }
        },
    )
    found.remove()
