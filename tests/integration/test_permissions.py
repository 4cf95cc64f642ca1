"""The tutorials' permission story: what a role lacks is refused in AWS's words, and told where one
looks for it; once it's attached, it works."""

import gzip
import json
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import cbor2
import pytest
from botocore.exceptions import ClientError

from devenv.aws import Aws
from devenv.bootstrap.policies import READ_STREAM
from devenv.cli import main
from devenv.consumer import StreamReader
from devenv.pages import fetch
from devenv.producer import put_records
from devenv.settings import Settings
from devenv.testing.engine import Engine
from devenv.wait import wait_for

from .conftest import MakeSystem
from .kinesis_requests import CBOR, post
from .s3.emulator import emulator
from .test_ride_flow import ARRIVAL, as_record, read, ride, values

NAME = f"permissions-{uuid.uuid4().hex[:6]}"
"""Of this run: an endpoint remembers what roles of earlier ones were refused."""
PREDICTIONS = f"arn:aws:kinesis:us-east-1:000000000000:stream/{NAME}_predictions"
PRINCIPAL = f"arn:aws:sts::000000000000:assumed-role/{NAME}/{NAME}"
PATIENCE = 30.0


@pytest.fixture(scope="module")
def apart(system: Settings, make_system: MakeSystem) -> Settings:
    """A function with streams and a role of its own, as the bootstrap makes them."""
    settings = replace(
        system,
        function_name=NAME,
        role_name=NAME,
        input_stream=f"{NAME}_events",
        predictions_stream=f"{NAME}_predictions",
        failure_queue=f"{NAME}-failures",
    )
    make_system(settings)
    return settings


@pytest.fixture
def without(aws: Aws, apart: Settings) -> Iterator[Callable[[str], Callable[[], None]]]:
    """Takes a policy from the role; what it returns, or the test's end, gives it back."""
    iam, taken = aws.iam, []

    def take(policy: str) -> Callable[[], None]:
        if policy == READ_STREAM:
            iam.detach_role_policy(RoleName=NAME, PolicyArn=policy)
            back = lambda: iam.attach_role_policy(RoleName=NAME, PolicyArn=policy)  # noqa: E731
        else:
            found = iam.get_role_policy(RoleName=NAME, PolicyName=policy)["PolicyDocument"]
            iam.delete_role_policy(RoleName=NAME, PolicyName=policy)
            back = lambda: iam.put_role_policy(  # noqa: E731
                RoleName=NAME, PolicyName=policy, PolicyDocument=json.dumps(found)
            )
        taken.append(back)
        return back

    yield take
    for back in taken:
        back()


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Waits until `devenv logs` shows words."""
    monkeypatch.setenv("FUNCTION_NAME", NAME)

    def wait(words: str) -> None:
        def probe() -> bool:
            main(("logs", "function", "--lines", "1000"))
            return words in capsys.readouterr().out

        wait_for(probe, timeout=PATIENCE, failure=f"`devenv logs` does not show: {words}")

    return wait


def predictions(aws: Aws) -> StreamReader:
    return StreamReader(f"{NAME}_predictions", "LATEST", aws)


def put(settings: Settings, aws: Aws) -> str:
    """A ride; its id."""
    ride_id = uuid.uuid4().hex
    list(put_records(settings.input_stream, [as_record(ride(ride_id))], aws))
    return ride_id


def await_prediction(reader: StreamReader, ride_id: str) -> None:
    """Of rides before it, which may be tried again in time, predictions may come first."""
    deadline = time.monotonic() + ARRIVAL
    for record in reader.read(until=lambda: time.monotonic() > deadline):
        if json.loads(record.data)["prediction"]["ride_id"] == ride_id:
            return
    pytest.fail(f"ride {ride_id} has no prediction within {ARRIVAL:.0f} s")


def recorded(settings: Settings) -> list[dict[str, Any]]:
    """What the emulator was asked for in this role's name."""
    page = fetch(f"{settings.endpoint_url}/_devenv/permissions")
    assert page is not None
    return [line for line in json.loads(page) if line["role"].endswith(f"/{NAME}")]


def test_the_bootstraps_role_covers_all_that_the_system_does(apart: Settings, aws: Aws) -> None:
    """Nothing is refused on the way of a ride, and nothing was asked for that isn't on record."""
    reader = predictions(aws)
    ride_id = put(apart, aws)
    assert values(read(reader, 1))[0]["prediction"]["ride_id"] == ride_id
    found = recorded(apart)
    assert [line for line in found if not line["allowed"]] == []
    actions = {line["action"] for line in found}
    assert {"kinesis:GetRecords", "kinesis:PutRecords", "s3:GetObject"} <= actions
    assert [line["resource"] for line in found if line["action"] == "kinesis:PutRecords"] == [
        PREDICTIONS
    ]


def test_without_put_record_the_log_says_so_and_attached_it_works(
    apart: Settings, aws: Aws, without: Any, logged: Any
) -> None:
    """The tutorials' first failure."""
    give_back = without("write-predictions")
    put(apart, aws)
    logged(
        f"User: {PRINCIPAL} is not authorized to perform: kinesis:PutRecords on resource: "
        f"{PREDICTIONS} because no identity-based policy allows the kinesis:PutRecords action"
    )
    logged("AccessDeniedException")
    assert {
        "role": f"arn:aws:iam::000000000000:role/{NAME}",
        "action": "kinesis:PutRecords",
        "resource": PREDICTIONS,
        "allowed": False,
    }.items() <= next(line for line in recorded(apart) if not line["allowed"]).items()
    reader = predictions(aws)
    give_back()
    ride_id = put(apart, aws)
    await_prediction(reader, ride_id)


def test_without_s3_the_model_is_not_loaded_and_attached_it_is(
    apart: Settings, aws: Aws, without: Any, logged: Any
) -> None:
    """The second: init fails, and says what it could not read."""
    give_back = without("read-model")
    functions = aws.functions
    functions.update_function_configuration(FunctionName=NAME, Timeout=61)
    functions.get_waiter("function_updated_v2").wait(FunctionName=NAME)
    event = json.dumps(ride("1")).encode()
    refused = functions.invoke(FunctionName=NAME, Payload=event)
    assert "FunctionError" in refused
    message = json.load(refused["Payload"])["errorMessage"]
    assert f"User: {PRINCIPAL} is not authorized to perform: s3:GetObject on resource: " in message
    assert '"arn:aws:s3:::mlflow-models/' in message
    logged("because no identity-based policy allows the s3:GetObject action")
    give_back()
    answer = functions.invoke(FunctionName=NAME, Payload=event)
    assert "FunctionError" not in answer, answer["Payload"].read()


def test_without_get_records_the_mapping_waits_and_says_why(
    apart: Settings, aws: Aws, without: Any, engine: Engine
) -> None:
    """It does not deliver, and goes on by itself."""
    give_back = without(READ_STREAM)
    reader = predictions(aws)
    ride_id = put(apart, aws)
    source = f"arn:aws:kinesis:us-east-1:000000000000:stream/{apart.input_stream}"

    def result() -> str:
        (mapping,) = aws.functions.list_event_source_mappings(FunctionName=NAME)[
            "EventSourceMappings"
        ]
        return str(mapping["LastProcessingResult"])

    wait_for(
        lambda: result().startswith(f"PROBLEM: Cannot access stream {source}. Please ensure the "),
        timeout=PATIENCE,
        failure="the mapping does not say that it can't read",
    )
    if engine is Engine.EMBEDDED:
        log = (apart.home / "logs" / "emulator.log").read_text()
        assert f"not read. User: {PRINCIPAL} is not authorized to perform: kinesis:" in log
    give_back()
    assert values(read(reader, 1))[0]["prediction"]["ride_id"] == ride_id
    wait_for(lambda: result() == "OK", timeout=PATIENCE, failure="the mapping is not well again")


def test_a_mapping_that_could_not_read_is_not_made(apart: Settings, aws: Aws, without: Any) -> None:
    """AWS refuses it at once."""
    without(READ_STREAM)
    with pytest.raises(ClientError) as refused:
        aws.functions.create_event_source_mapping(
            FunctionName=NAME,
            EventSourceArn=PREDICTIONS,
            StartingPosition="LATEST",
        )
    assert refused.value.response["Error"]["Code"] == "InvalidParameterValueException"
    assert refused.value.response["Error"]["Message"] == (
        f"Cannot access stream {PREDICTIONS}. Please ensure the role can perform the GetRecords, "
        "GetShardIterator, DescribeStream, ListShards, and ListStreams Actions on your stream in "
        "IAM."
    )


def trust(**principal: str) -> str:
    """A trust policy that lets in these principals."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_logs_go_to_a_stream_by_a_role_that_may_put_a_record_and_nothing_else(
    system: Settings, aws: Aws
) -> None:
    """A subscription filter's destination isn't described in the role's name (recorded on AWS)."""
    name = f"subscribed-{uuid.uuid4().hex[:6]}"
    logs, kinesis = boto3.client("logs"), boto3.client("kinesis")
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    kinesis.create_stream(StreamName=name, ShardCount=1)
    arn = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]
    document = trust(Service="logs.amazonaws.com")
    role = aws.iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    allowed = {"Effect": "Allow", "Action": "kinesis:PutRecord", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": allowed})
    aws.iam.put_role_policy(RoleName=name, PolicyName="put", PolicyDocument=policy)
    try:
        logs.put_subscription_filter(
            logGroupName=name, filterName="f", filterPattern="", destinationArn=arn, roleArn=role
        )
        event = {"timestamp": int(time.time() * 1000), "message": "hello"}
        logs.put_log_events(logGroupName=name, logStreamName="s", logEvents=[event])
        reader = StreamReader(name, "TRIM_HORIZON", aws)
        (record,) = read(reader, 1)
        assert b"hello" in gzip.decompress(record.data)
    finally:
        aws.iam.delete_role_policy(RoleName=name, PolicyName="put")
        aws.iam.delete_role(RoleName=name)
        logs.delete_log_group(logGroupName=name)
        kinesis.delete_stream(StreamName=name)


@pytest.fixture(scope="module")
def session(apart: Settings, aws: Aws) -> boto3.Session:
    """Credentials of the role, as `aws sts assume-role` gives them to whom the role trusts."""
    aws.iam.update_assume_role_policy(
        RoleName=NAME, PolicyDocument=trust(Service="lambda.amazonaws.com", AWS="000000000000")
    )
    sts = boto3.client("sts", endpoint_url=apart.endpoint_url, region_name="us-east-1")
    role = aws.iam.get_role(RoleName=NAME)["Role"]["Arn"]
    given = sts.assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
    return boto3.Session(
        given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], "us-east-1"
    )


NO_POLICY = "because no identity-based policy allows the {0} action"


@pytest.mark.parametrize(
    ("service", "operation", "request_", "code", "status", "action", "resource"),
    [
        (
            *("s3", "get_object", {"Bucket": "other", "Key": "k"}),
            *("AccessDenied", 403, "s3:GetObject", '"arn:aws:s3:::other/k"'),
        ),
        (
            *("s3", "list_objects_v2", {"Bucket": "mlflow-models"}),
            *("AccessDenied", 403, "s3:ListBucket", '"arn:aws:s3:::mlflow-models"'),
        ),
        ("s3", "list_buckets", {}, "AccessDenied", 403, "s3:ListAllMyBuckets", ""),
        (
            *("sqs", "create_queue", {"QueueName": "q"}),
            *("AccessDenied", 403, "sqs:createqueue", "arn:aws:sqs:us-east-1:000000000000:q"),
        ),
        (
            *("sns", "create_topic", {"Name": "t"}),
            *("AuthorizationError", 403, "SNS:CreateTopic", "arn:aws:sns:us-east-1:000000000000:t"),
        ),
        (
            *("logs", "filter_log_events", {"logGroupName": "g"}),
            *("AccessDeniedException", 400, "logs:FilterLogEvents"),
            "arn:aws:logs:us-east-1:000000000000:log-group:g:log-stream:",
        ),
        (
            *("lambda", "invoke", {"FunctionName": NAME}),
            *("AccessDeniedException", 403, "lambda:InvokeFunction"),
            f"arn:aws:lambda:us-east-1:000000000000:function:{NAME}",
        ),
        (
            *("iam", "delete_role", {"RoleName": NAME}),
            *("AccessDenied", 403, "iam:DeleteRole", f"role {NAME}"),
        ),
        (
            *("kinesis", "put_record"),
            {"StreamName": f"{NAME}_events", "Data": b"x", "PartitionKey": "k"},
            *("AccessDeniedException", 400, "kinesis:PutRecord"),
            f"arn:aws:kinesis:us-east-1:000000000000:stream/{NAME}_events",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and NAME not in value else "",
)
def test_each_service_refuses_as_it_does_on_aws(
    apart: Settings,
    session: boto3.Session,
    service: str,
    operation: str,
    request_: dict[str, Any],
    code: str,
    status: int,
    action: str,
    resource: str,
) -> None:
    """Code, status and words; also to who has assumed the role by hand."""
    client = session.client(service, endpoint_url=apart.endpoint_url)
    with pytest.raises(ClientError) as refused:
        getattr(client, operation)(**request_)
    response = refused.value.response
    where = f" on resource: {resource}" if resource else ""
    assert response["Error"]["Code"] == code
    assert response["Error"]["Message"] == (
        f"User: arn:aws:sts::000000000000:assumed-role/{NAME}/me is not authorized to perform: "
        f"{action}{where} {NO_POLICY.format(action)}"
    )
    assert response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_cbor_is_refused_too(apart: Settings, session: boto3.Session) -> None:
    """It takes another way than JSON: through LocalStack's chain."""
    key = session.get_credentials().access_key
    body = {"StreamName": apart.input_stream, "Data": b"x", "PartitionKey": "k"}
    status, answer = post(apart, "PutRecord", cbor2.dumps(body), CBOR, key)
    assert status == 400
    assert cbor2.loads(answer)["__type"] == "AccessDeniedException"


def test_switched_off_roles_do_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """DEVENV_ENFORCE_IAM=0 when the emulator starts."""
    monkeypatch.setenv("DEVENV_ENFORCE_IAM", "0")
    with emulator(tmp_path) as instance:
        instance.start()
        role = "arn:aws:iam::000000000000:role/no-policy-at-all"
        given = instance.client("sts").assume_role(RoleArn=role, RoleSessionName="me")
        keys = given["Credentials"]
        session = boto3.Session(
            keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], "us-east-1"
        )
        url = instance.settings.endpoint_url
        assert session.client("s3", endpoint_url=url).list_buckets()["Buckets"] == []
        assert session.client("kinesis", endpoint_url=url).list_streams()["StreamNames"] == []
        assert fetch(f"{url}/_devenv/permissions") == b"[]"


def test_what_the_role_allows_is_answered(apart: Settings, session: boto3.Session) -> None:
    """To a session got by hand too; and everyone may ask who they are."""
    client = session.client("sts", endpoint_url=apart.endpoint_url)
    assert client.get_caller_identity()["Arn"].endswith(f":assumed-role/{NAME}/me")
    kinesis = session.client("kinesis", endpoint_url=apart.endpoint_url)
    assert kinesis.list_shards(StreamName=apart.input_stream)["Shards"]


def test_an_explicit_deny_names_its_policy(
    apart: Settings, aws: Aws, session: boto3.Session
) -> None:
    """And comes before what allows it."""
    deny = {"Effect": "Deny", "Action": "kinesis:List*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": deny})
    arn = aws.iam.create_policy(PolicyName="no-lists", PolicyDocument=document)["Policy"]["Arn"]
    aws.iam.attach_role_policy(RoleName=NAME, PolicyArn=arn)
    try:
        kinesis = session.client("kinesis", endpoint_url=apart.endpoint_url)
        with pytest.raises(ClientError) as refused:
            kinesis.list_shards(StreamName=apart.input_stream)
    finally:
        aws.iam.detach_role_policy(RoleName=NAME, PolicyArn=arn)
        aws.iam.delete_policy(PolicyArn=arn)
    message = refused.value.response["Error"]["Message"]
    assert message.endswith(f" with an explicit deny in an identity-based policy: {arn}")
