"""What a bootstrap made on the emulator is found by its tag and removed; the rest stays."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from devenv.aws import Aws
from devenv.bootstrap.bucket import ensure_bucket
from devenv.bootstrap.failure_queue import ensure_failure_queue
from devenv.bootstrap.log_group import ensure_log_group
from devenv.bootstrap.streams import ensure_streams
from devenv.settings import Settings
from devenv.teardown import find, remove


@pytest.fixture
def own(system: Settings, aws: Aws) -> Iterator[Settings]:
    """A system of this test's, without function; what is left of it is removed."""
    settings = replace(
        system,
        function_name="torn-down",
        failure_queue="torn-down-failures",
        input_stream="torn-down-events",
        predictions_stream="torn-down-predictions",
        model_bucket="torn-down",
        role_name="torn-down",
        image_repository="torn-down",
    )
    yield settings
    remove(find(settings, aws), lambda line: None)


def names(settings: Settings, aws: Aws) -> tuple[list[str], list[str]]:
    found = find(settings, aws)
    return [f"{r.kind} {r.name}" for r in found.ours], [f"{r.kind} {r.name}" for r in found.others]


def test_what_was_made_is_found_and_removed(own: Settings, aws: Aws) -> None:
    """A bucket with versions and delete markers, too; a stream that was there before stays."""
    assert names(own, aws) == ([], [])
    aws.kinesis.create_stream(StreamName=own.input_stream, ShardCount=1)
    ensure_bucket(own, aws)
    ensure_streams(own, aws)
    ensure_failure_queue(own, aws)
    ensure_log_group(own, aws)
    aws.s3.put_bucket_versioning(
        Bucket=own.model_bucket, VersioningConfiguration={"Status": "Enabled"}
    )
    for body in (b"1", b"2"):
        aws.s3.put_object(Bucket=own.model_bucket, Key="model", Body=body)
    aws.s3.delete_object(Bucket=own.model_bucket, Key="model")

    found = find(own, aws)
    assert next(r.holds for r in found.ours if r.kind == "bucket") == "3 objects"
    made = [
        "log group /aws/lambda/torn-down",
        "stream torn-down-predictions",
        "queue torn-down-failures",
        "bucket torn-down",
    ]
    assert names(own, aws) == (made, ["stream torn-down-events"])
    said: list[str] = []
    remove(found, said.append)
    assert said == [f"{name}: removed" for name in made]
    assert names(own, aws) == ([], ["stream torn-down-events"])
    remove(found, said.append)  # What has gone meanwhile is no error.
    aws.kinesis.delete_stream(StreamName=own.input_stream)


def test_another_functions_things_are_left(own: Settings, aws: Aws) -> None:
    """Two systems of one account may share a bucket's name by mistake."""
    ensure_bucket(own, aws)
    assert names(replace(own, function_name="another"), aws) == ([], ["bucket torn-down"])
    assert names(own, aws) == (["bucket torn-down"], [])
