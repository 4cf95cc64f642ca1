"""Operations that LocalStack lacks and other tools call: each asked, changed and asked again."""

import contextlib
import json
import re
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ..s3.emulator import Emulator
from ..zip_functions import Functions

ECHO = "def handler(event, context): print('seen'); return event"
FAILS = "def handler(event, context): raise KeyError('odd')"


def code_of(caught: pytest.ExceptionInfo[ClientError]) -> str:
    return caught.value.response["Error"]["Code"]


def streamed(functions: Functions, name: str, event: object, **options: Any) -> tuple[Any, Any]:
    """What a stream brought: all payloads together, and the event at its end."""
    answer = functions.aws.functions.invoke_with_response_stream(
        FunctionName=name, Payload=json.dumps(event).encode(), **options
    )
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    with contextlib.closing(answer["EventStream"]) as stream:
        events = list(stream)
    assert [e for e in events if "InvokeComplete" in e] == events[-1:]
    payloads = [e["PayloadChunk"]["Payload"] for e in events if "PayloadChunk" in e]
    return b"".join(payloads), events[-1]["InvokeComplete"]


def test_a_response_comes_as_a_stream(functions: Functions) -> None:
    """In pieces if it is large; with the end of the log if that is asked for."""
    name = functions.create(ECHO)
    large = ["x" * 40_000]
    payload, complete = streamed(functions, name, large, LogType="Tail")
    assert json.loads(payload) == large
    assert set(complete) == {"LogResult"}
    assert streamed(functions, name, {"ride_id": 1}) == (b'{"ride_id": 1}', {})


def test_an_error_ends_the_stream(functions: Functions) -> None:
    """Named where the stream is complete; a dry run invokes nothing."""
    name = functions.create(FAILS)
    payload, complete = streamed(functions, name, {})
    assert (payload, complete["ErrorCode"]) == (b"", "Unhandled")
    assert json.loads(complete["ErrorDetails"])["errorMessage"] == "'odd'"
    lambda_ = functions.aws.functions
    dry = lambda_.invoke_with_response_stream(FunctionName=name, InvocationType="DryRun")
    assert dry["StatusCode"] == 204
    dry["EventStream"].close()
    with pytest.raises(ClientError) as caught:
        lambda_.invoke_with_response_stream(FunctionName=f"{name}-none")
    assert code_of(caught) == "ResourceNotFoundException"


def test_when_a_runtime_is_updated(functions: Functions) -> None:
    """Automatically, unless something else that can be had was asked for."""
    lambda_, name = functions.aws.functions, functions.create(ECHO)
    found = lambda_.get_runtime_management_config(FunctionName=name)
    assert found["UpdateRuntimeOn"] == "Auto"
    assert re.fullmatch(
        rf"arn:aws:lambda:us-east-1:\d+:function:{name}:\$LATEST", found["FunctionArn"]
    )
    lambda_.put_runtime_management_config(FunctionName=name, UpdateRuntimeOn="FunctionUpdate")
    found = lambda_.get_runtime_management_config(FunctionName=name)
    assert (found["UpdateRuntimeOn"], "RuntimeVersionArn" in found) == ("FunctionUpdate", False)
    with pytest.raises(ClientError, match="one version of each") as caught:
        lambda_.put_runtime_management_config(
            FunctionName=name,
            UpdateRuntimeOn="Manual",
            RuntimeVersionArn="arn:aws:lambda:us-east-1::runtime:" + "0" * 64,
        )
    assert code_of(caught) == "InvalidParameterValueException"
    with pytest.raises(ClientError) as caught:
        lambda_.get_runtime_management_config(FunctionName=f"{name}-none")
    assert code_of(caught) == "ResourceNotFoundException"


def test_a_log_group_that_is_protected_stays(running: Emulator, name: str) -> None:
    """Until the protection is taken away; AWS's words."""
    logs = running.client("logs")

    def is_protected() -> bool:
        (group,) = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        return bool(group["deletionProtectionEnabled"])

    logs.create_log_group(logGroupName=name, tags={"a": "b"})
    assert not is_protected()
    protect = logs.put_log_group_deletion_protection
    (group,) = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    protect(logGroupIdentifier=group["logGroupArn"], deletionProtectionEnabled=True)
    assert is_protected()
    with pytest.raises(ClientError, match=r"Disable deletion protection first\.") as caught:
        logs.delete_log_group(logGroupName=name)
    assert code_of(caught) == "ValidationException"
    protect(logGroupIdentifier=name, deletionProtectionEnabled=False)
    logs.delete_log_group(logGroupName=name)
    logs.create_log_group(logGroupName=name, deletionProtectionEnabled=True)
    assert is_protected()
    protect(logGroupIdentifier=name, deletionProtectionEnabled=False)
    logs.delete_log_group(logGroupName=name)
    with pytest.raises(ClientError) as caught:
        protect(logGroupIdentifier=name, deletionProtectionEnabled=True)
    assert code_of(caught) == "ResourceNotFoundException"


def test_whether_a_buckets_policy_is_public(running: Emulator, name: str) -> None:
    """tests/unit has the rules; without a policy there is AWS's error."""
    s3 = running.client("s3")
    s3.create_bucket(Bucket=name)
    with pytest.raises(ClientError) as caught:
        s3.get_bucket_policy_status(Bucket=name)
    assert code_of(caught) == "NoSuchBucketPolicy"
    s3.delete_public_access_block(Bucket=name)
    for principal, public in (("*", True), ({"AWS": "arn:aws:iam::111122223333:root"}, False)):
        statement = {
            "Effect": "Allow",
            "Principal": principal,
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{name}/*",
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        s3.put_bucket_policy(Bucket=name, Policy=policy)
        assert s3.get_bucket_policy_status(Bucket=name)["PolicyStatus"] == {"IsPublic": public}
    s3.delete_bucket(Bucket=name)
