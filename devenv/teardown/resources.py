"""Each kind of resource that the bootstrap makes: how it is found, told by its tags, and removed.

A kind is a function from the settings to what there is of it: one resource, several, or none.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from botocore.exceptions import ClientError

from devenv.aws import DENIED, NO_SUCH_API, NOT_FOUND, Aws, error_code
from devenv.bootstrap.log_group import log_group_name
from devenv.bootstrap.role import remove_role
from devenv.bootstrap.tags import TAG, unlisted
from devenv.settings import Settings
from devenv.teardown.bucket import bucket_size, empty_bucket
from devenv.wait import Clock, wait_for

SETTLED_TIMEOUT = 120.0
"""Seconds that a mapping may take until it can be deleted."""


@dataclass(frozen=True)
class Resource:
    """One thing on the endpoint."""

    kind: str
    name: str
    tags: Mapping[str, str]
    remove: Callable[[], object]
    is_gone: Callable[[], bool] = lambda: True
    """Asked after `remove`, for what takes its time."""
    holds: str = ""
    """What goes with it, in words."""


Kind = Callable[[Settings, Aws], Iterator[Resource]]


def mappings(settings: Settings, aws: Aws, clock: Clock = time) -> Iterator[Resource]:
    """All of the function, whatever they read: what somebody added is listed as not ours."""
    name, functions = settings.function_name, aws.functions
    answer = _found(lambda: functions.list_event_source_mappings(FunctionName=name))
    for found in answer["EventSourceMappings"] if answer else ():
        if found["State"] != "Deleting":
            source = found.get("EventSourceArn", "").rpartition(":")[2].rpartition("/")[2]
            tags = functions.list_tags(Resource=found["EventSourceMappingArn"])["Tags"]
            yield _mapping(f"{source} → {name}", found["UUID"], tags, aws, clock)


def _mapping(name: str, uuid: str, tags: Mapping[str, str], aws: Aws, clock: Clock) -> Resource:
    functions = aws.functions

    def deleted() -> bool:
        try:
            functions.delete_event_source_mapping(UUID=uuid)
        except functions.exceptions.ResourceInUseException:  # It's still being made or changed.
            return False
        return True

    return Resource(
        "mapping",
        name,
        tags,
        lambda: wait_for(
            deleted,
            timeout=SETTLED_TIMEOUT,
            interval=1,
            clock=clock,
            failure=f"The mapping {name} was busy for {SETTLED_TIMEOUT:.0f} s: try again.",
        ),
        lambda: _is_gone(lambda: functions.get_event_source_mapping(UUID=uuid)),
    )


def function(settings: Settings, aws: Aws) -> Iterator[Resource]:
    name, functions = settings.function_name, aws.functions
    if answer := _found(lambda: functions.get_function(FunctionName=name)):
        yield Resource(
            "function",
            name,
            answer.get("Tags", {}),
            lambda: functions.delete_function(FunctionName=name),
            lambda: _is_gone(lambda: functions.get_function(FunctionName=name)),
        )


def log_group(settings: Settings, aws: Aws) -> Iterator[Resource]:
    """After the function: it would make another one."""
    name = log_group_name(settings.function_name)
    groups = aws.logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    if group := next((g for g in groups if g.get("logGroupName") == name), None):
        arn = group.get("logGroupArn") or group.get("arn", "").removesuffix(":*")
        yield Resource(
            "log group",
            name,
            aws.logs.list_tags_for_resource(resourceArn=arn)["tags"],
            lambda: aws.logs.delete_log_group(logGroupName=name),
            holds="the function's logs",
        )


def role(settings: Settings, aws: Aws) -> Iterator[Resource]:
    name = settings.role_name
    if answer := _found(lambda: aws.iam.list_role_tags(RoleName=name)):
        yield Resource(
            "role",
            name,
            unlisted(answer["Tags"]),
            lambda: remove_role(settings, aws),
            holds="its policies",
        )


def streams(settings: Settings, aws: Aws) -> Iterator[Resource]:
    for name in (settings.input_stream, settings.predictions_stream):
        answer = _found(lambda name=name: aws.kinesis.list_tags_for_stream(StreamName=name))  # type: ignore[misc]
        if answer is not None:
            yield _stream(name, unlisted(answer["Tags"]), aws)


def _stream(name: str, tags: Mapping[str, str], aws: Aws) -> Resource:
    kinesis = aws.kinesis

    def delete() -> None:
        summary = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
        if summary["StreamStatus"] != "DELETING":
            kinesis.delete_stream(StreamName=name, EnforceConsumerDeletion=True)

    return Resource(
        "stream",
        name,
        tags,
        delete,
        lambda: _is_gone(lambda: kinesis.describe_stream_summary(StreamName=name)),
        "its records",
    )


def queue(settings: Settings, aws: Aws) -> Iterator[Resource]:
    name, sqs = settings.failure_queue, aws.sqs
    if answer := _found(lambda: sqs.get_queue_url(QueueName=name)):
        url = answer["QueueUrl"]
        yield Resource(
            "queue",
            name,
            sqs.list_queue_tags(QueueUrl=url).get("Tags", {}),
            lambda: sqs.delete_queue(QueueUrl=url),
            lambda: _is_gone(lambda: sqs.get_queue_url(QueueName=name)),
            "its messages",
        )


def bucket(settings: Settings, aws: Aws) -> Iterator[Resource]:
    name = settings.model_bucket
    tags = _bucket_tags(name, aws)
    if tags is None:
        return

    def delete() -> None:
        empty_bucket(name, aws)
        aws.s3.delete_bucket(Bucket=name)

    holds = bucket_size(name, aws) if TAG in tags else ""
    yield Resource("bucket", name, tags, delete, holds=holds)


def _bucket_tags(name: str, aws: Aws) -> dict[str, str] | None:
    """None if there's no such bucket. One of another account has none that we may see: names are
    unique over all of AWS."""
    try:
        return unlisted(aws.s3.get_bucket_tagging(Bucket=name)["TagSet"])
    except ClientError as error:
        code = error_code(error)
        if code in NOT_FOUND:
            return None
        if code == "NoSuchTagSet" or code in DENIED:
            return {}
        raise


def repository(settings: Settings, aws: Aws) -> Iterator[Resource]:
    name = settings.image_repository
    try:
        answer = _found(lambda: aws.ecr.describe_repositories(repositoryNames=[name]))
    except ClientError as error:
        if error_code(error) not in NO_SUCH_API:
            raise
        return
    if answer is not None:
        arn = answer["repositories"][0]["repositoryArn"]
        yield Resource(
            "repository",
            name,
            unlisted(aws.ecr.list_tags_for_resource(resourceArn=arn)["tags"]),
            lambda: aws.ecr.delete_repository(repositoryName=name, force=True),
            holds="the function's images",
        )


KINDS: tuple[Kind, ...] = (
    mappings,
    function,
    log_group,
    role,
    streams,
    queue,
    bucket,
    repository,
)
"""In the order of removal: what uses something goes before it."""


def _found[T](call: Callable[[], T]) -> T | None:
    """The answer; None if there's no such thing."""
    try:
        return call()
    except ClientError as error:
        if error_code(error) not in NOT_FOUND:
            raise
        return None


def _is_gone(call: Callable[[], object]) -> bool:
    return _found(call) is None
