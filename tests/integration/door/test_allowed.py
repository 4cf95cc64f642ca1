"""Who is let in: programs that sign, links that were signed, public things, and the origins and
hosts that somebody has named. Nothing of the door may stand in their way."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import boto3
import httpx2
import pytest

from devenv.aws import Aws
from devenv.settings import Settings

from ..s3.emulator import Emulator, emulator
from .attacks import FORM, WAYS, Target, ask

FRIEND = "http://localhost:3000"
"""A web page's origin that a bucket, a function or a setting names."""


def public_url(system: Settings, path: str) -> str:
    return f"{system.endpoint_url}{path}"


@pytest.fixture
def web() -> Iterator[httpx2.Client]:
    with httpx2.Client(trust_env=False) as client:
        yield client


CALLS: dict[str, Callable[[Any], Any]] = {
    "kinesis": lambda c: c.list_streams(),
    "s3": lambda c: c.list_buckets(),
    "lambda": lambda c: c.list_functions(),
    "iam": lambda c: c.list_roles(),
    "sts": lambda c: c.get_caller_identity(),
    "sqs": lambda c: c.list_queues(),
    "sns": lambda c: c.list_topics(),
    "logs": lambda c: c.describe_log_groups(),
    "cloudwatch": lambda c: c.list_metrics(),
    "cloudformation": lambda c: c.list_stacks(),
    "resourcegroupstaggingapi": lambda c: c.get_resources(),
    "apigateway": lambda c: c.get_rest_apis(),
    "events": lambda c: c.list_rules(),
    "secretsmanager": lambda c: c.list_secrets(),
    "ssm": lambda c: c.describe_parameters(),
    "kms": lambda c: c.list_keys(),
    "ec2": lambda c: c.describe_vpcs(),
    "stepfunctions": lambda c: c.list_state_machines(),
    "firehose": lambda c: c.list_delivery_streams(),
}


@pytest.mark.parametrize("service", CALLS)
def test_boto3(system: Settings, aws: Aws, service: str) -> None:
    answer = CALLS[service](boto3.client(service))
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize(
    "command",
    [
        *("kinesis list-streams", "s3 ls", "s3api list-buckets", "lambda list-functions"),
        *("iam list-roles", "sts get-caller-identity", "logs describe-log-groups"),
        *("cloudformation list-stacks", "sns list-topics", "events list-rules"),
    ],
)
def test_the_aws_cli(system: Settings, command: str) -> None:
    """Version 1, which is in `.venv`; version 2 can't be installed from a package index."""
    aws = Path(sys.executable).with_name("aws")
    done = subprocess.run([aws, *command.split()], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST", "app.localhost", "127.0.0.1", "127.0.0.2", "[::1]", "localhost."],
)
@pytest.mark.parametrize("target", ["/_localstack/health", "/_devenv/plugins"])
def test_names_of_this_machine(system: Settings, host: str, target: str) -> None:
    port = urlsplit(str(system.endpoint_url)).port
    for name in (host, f"{host}:{port}"):
        answer = ask(str(system.endpoint_url), Target("", "", path=target), {"Host": name})
        assert answer.status == 200, answer.body


def test_a_buckets_own_name(system: Settings, aws: Aws) -> None:
    """Virtual hosts, as SDKs ask for by default of a name."""
    aws.s3.put_object(Bucket=system.model_bucket, Key="hosted", Body=b"here")
    host = f"{system.model_bucket}.s3.localhost:4566"
    answer = ask(str(system.endpoint_url), Target("", "s3", path="/hosted"), {"Host": host})
    assert answer.body == "here"


@pytest.mark.parametrize("site", ["none", "same-origin"])
def test_a_browser_at_the_emulators_own_pages(system: Settings, site: str) -> None:
    target = Target("", "", path="/_localstack/health")
    assert ask(str(system.endpoint_url), target, {"Sec-Fetch-Site": site}).status == 200


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_presigned_urls(system: Settings, web: httpx2.Client, version: str) -> None:
    config = boto3.session.Config(signature_version=version, s3={"addressing_style": "path"})
    s3 = boto3.client("s3", endpoint_url=system.endpoint_url, config=config)
    where = {"Bucket": system.model_bucket, "Key": f"presigned-{version}"}
    assert web.put(s3.generate_presigned_url("put_object", where), content=b"x").status_code == 200
    assert web.get(s3.generate_presigned_url("get_object", where)).text == "x"


def test_a_signed_get_of_the_query_protocol(system: Settings, web: httpx2.Client) -> None:
    sts = boto3.client("sts", endpoint_url=system.endpoint_url)
    answer = web.get(sts.generate_presigned_url("get_caller_identity"))
    assert answer.status_code == 200
    assert "arn:aws:iam::000000000000:root" in answer.text


def test_a_form_with_a_signed_policy(system: Settings, aws: Aws, web: httpx2.Client) -> None:
    form = aws.s3.generate_presigned_post(system.model_bucket, "form")
    answer = web.post(form["url"], data=form["fields"], files={"file": b"x"})
    assert answer.status_code == 204, answer.text
    unsigned = web.post(form["url"], data={"key": "form"}, files={"file": b"x"})
    assert unsigned.status_code == 403


def test_a_role_session_may_sign_a_form_for_what_its_policy_allows(
    system: Settings, aws: Aws, web: httpx2.Client
) -> None:
    """And for nothing else: the form is its own request."""
    account = {"AWS": "arn:aws:iam::000000000000:root"}
    role = _role(aws, account, {"Action": "s3:PutObject", "Resource": "arn:aws:s3:::*/allowed"})
    keys = boto3.client("sts").assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
    s3 = boto3.client(
        "s3",
        endpoint_url=system.endpoint_url,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    statuses = []
    for key in ("allowed", "denied"):
        form = s3.generate_presigned_post(system.model_bucket, key)
        statuses.append(
            web.post(form["url"], data=form["fields"], files={"file": b"x"}).status_code
        )
    assert statuses == [204, 403]


def test_a_public_object(system: Settings, aws: Aws, web: httpx2.Client) -> None:
    """By its ACL or the bucket's policy, once the bucket's public access block is gone."""
    bucket = f"public-{uuid.uuid4().hex[:8]}"
    aws.s3.create_bucket(Bucket=bucket, ObjectOwnership="ObjectWriter")
    url = public_url(system, f"/{bucket}/")
    everyone = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
    policy = {"Version": "2012-10-17", "Statement": [{**everyone, "Resource": "arn:aws:s3:::*/p"}]}
    aws.s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    for key in ("p", "private"):
        aws.s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    aws.s3.put_object(Bucket=bucket, Key="acl", Body=b"x", ACL="public-read")
    assert [web.get(f"{url}{key}").status_code for key in ("p", "acl", "private")] == [403] * 3
    aws.s3.delete_public_access_block(Bucket=bucket)
    assert [web.get(f"{url}{key}").status_code for key in ("p", "acl")] == [200, 200]
    refused = [web.get(f"{url}private"), web.get(url), web.put(f"{url}p", content=b"y")]
    assert [answer.status_code for answer in refused] == [403] * 3
    for key in ("p", "private", "acl"):
        aws.s3.delete_object(Bucket=bucket, Key=key)
    aws.s3.delete_bucket(Bucket=bucket)


def test_a_page_from_a_bucket_gets_an_origin_of_its_own(
    system: Settings, aws: Aws, web: httpx2.Client
) -> None:
    """A stored HTML page's scripts don't run, and couldn't use the emulator."""
    where = {"Bucket": system.model_bucket, "Key": "page.html"}
    aws.s3.put_object(**where, Body=b"<script>1</script>", ContentType="text/html")
    answer = web.get(aws.s3.generate_presigned_url("get_object", where))
    assert answer.headers["content-security-policy"] == "sandbox"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_buckets_cors_rules_let_in_the_origins_they_name(system: Settings, aws: Aws) -> None:
    bucket = f"cors-{uuid.uuid4().hex[:8]}"
    aws.s3.create_bucket(Bucket=bucket)
    rule = {"AllowedOrigins": [FRIEND], "AllowedMethods": ["PUT"], "AllowedHeaders": ["*"]}
    aws.s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})
    put = Target("", "s3", "PUT", f"/{bucket}/key", body=b"x")
    asked = {"Access-Control-Request-Method": "PUT"}
    preflight = Target("", "", "OPTIONS", f"/{bucket}/key", asked)
    page = {"Origin": FRIEND, "Sec-Fetch-Site": "same-site"}
    endpoint = str(system.endpoint_url)
    assert [ask(endpoint, target, page).status for target in (preflight, put)] == [200, 200]
    stranger = {**page, "Origin": "http://localhost:3001"}
    assert [ask(endpoint, target, stranger).status for target in (preflight, put)] == [403, 403]
    # It may use the bucket, and nothing else: whatever it writes on the request.
    delete = Target("", "s3", "DELETE", f"/{bucket}/key")
    body = urlencode({"Action": "CreateQueue", "QueueName": "attacked-queue"}).encode()
    as_sqs = Target("", "sqs", "PUT", f"/{bucket}/key", {"Content-Type": FORM}, body)
    assert ask(endpoint, as_sqs, page).status == 200  # It was S3 that answered.
    assert aws.s3.get_object(Bucket=bucket, Key="key")["Body"].read() == body
    others = [
        delete,
        Target("", "", "PUT", "/_aws/sqs/messages"),
        Target("", "kinesis", "PUT", f"/{bucket}/key", {"X-Amz-Target": "Kinesis_20131202.X"}),
    ]
    assert [ask(endpoint, target, page).status for target in others] == [403] * len(others)
    aws.s3.delete_object(Bucket=bucket, Key="key")
    aws.s3.delete_bucket(Bucket=bucket)


def test_a_function_urls_cors_lets_in_the_origins_it_names(system: Settings, aws: Aws) -> None:
    name = {"FunctionName": system.function_name}
    cors = {"AllowOrigins": [FRIEND], "AllowMethods": ["POST"]}
    made = aws.functions.create_function_url_config(**name, AuthType="NONE", Cors=cors)
    for action, more in (
        ("InvokeFunctionUrl", {"FunctionUrlAuthType": "NONE"}),
        ("InvokeFunction", {"InvokedViaFunctionUrl": True}),
    ):
        aws.functions.add_permission(
            **name, StatementId=action, Action=f"lambda:{action}", Principal="*", **more
        )
    try:
        host = {"Host": urlsplit(made["FunctionUrl"]).netloc}
        page = {**host, "Origin": FRIEND, "Sec-Fetch-Site": "cross-site"}
        post = Target("", "", "POST", "/", body=b"{}")
        endpoint = str(system.endpoint_url)
        assert ask(endpoint, post, page).status == 400  # The function's own: `{}` is no ride.
        assert ask(endpoint, post, {**page, "Origin": "https://evil.example"}).status == 403
        assert ask(endpoint, Target("", "", "DELETE", "/"), page).status == 403
        own_pages = Target("", "", "POST", "/_localstack/health", body=b'{"action": "kill"}')
        assert ask(endpoint, own_pages, page).status == 403
    finally:
        for action in ("InvokeFunctionUrl", "InvokeFunction"):
            aws.functions.remove_permission(**name, StatementId=action)
        aws.functions.delete_function_url_config(**name)


def test_a_role_that_trusts_lambda_alone_is_not_the_developers_to_assume(
    system: Settings, aws: Aws
) -> None:
    sts = boto3.client("sts")
    role = boto3.client("iam").get_role(RoleName=system.role_name)["Role"]["Arn"]
    missing = role.replace(system.role_name, "no-such-role")
    for arn in (role, missing):
        with pytest.raises(sts.exceptions.ClientError, match=f"not authorized.*{arn}") as refused:
            sts.assume_role(RoleArn=arn, RoleSessionName="me")
        assert refused.value.response["Error"]["Code"] == "AccessDenied"


@pytest.mark.parametrize(
    ("role", "code"),
    [
        ("arn:aws:iam::000000000000:role/no-such-role", "InvalidParameterValueException"),
        ("arn:aws:iam::111111111111:role/theirs", "AccessDeniedException"),
    ],
)
def test_a_function_gets_no_role_that_lambda_may_not_assume(
    system: Settings, aws: Aws, role: str, code: str
) -> None:
    with pytest.raises(aws.functions.exceptions.ClientError) as refused:
        aws.functions.create_function(
            FunctionName="roleless",
            Role=role,
            Runtime="python3.13",
            Handler="f.f",
            Code={"ZipFile": b"PK\x05\x06" + bytes(18)},
        )
    assert refused.value.response["Error"]["Code"] == code


def test_a_function_gets_no_role_that_trusts_another_service(system: Settings, aws: Aws) -> None:
    role = _role(aws, {"Service": "ec2.amazonaws.com"}, {"Action": "*", "Resource": "*"})
    with pytest.raises(aws.functions.exceptions.InvalidParameterValueException) as refused:
        aws.functions.create_function(
            FunctionName="roleless",
            Role=role,
            Runtime="python3.13",
            Handler="f.f",
            Code={"ZipFile": b"PK\x05\x06" + bytes(18)},
        )
    assert "The role defined for the function cannot be assumed by Lambda." in str(refused.value)


def _role(aws: Aws, principal: Any, statement: dict[str, Any]) -> str:
    """A role with this trust and one statement; its ARN."""
    iam, name = boto3.client("iam"), f"door-{uuid.uuid4().hex[:8]}"
    trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    role = iam.create_role(
        RoleName=name,
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )["Role"]
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=json.dumps(policy))
    return str(role["Arn"])


@contextmanager
def emulator_with(home: Path, **variables: str) -> Iterator[Emulator]:
    """An emulator of its own, with these settings."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        with emulator(home) as instance:
            instance.start()
            yield instance


def test_settings_add_hosts_and_origins(tmp_path: Path) -> None:
    with emulator_with(
        tmp_path,
        DEVENV_ALLOWED_ORIGINS=FRIEND,
        DEVENV_ALLOWED_HOSTS="host.docker.internal",
    ) as instance:
        endpoint = str(instance.settings.endpoint_url)
        target = Target("", "sts", path="/?Action=GetCallerIdentity&Version=2011-06-15")
        page = {"Origin": FRIEND, "Sec-Fetch-Site": "same-site"}
        for headers in (page, {"Host": "host.docker.internal:4566"}):
            assert ask(endpoint, target, headers).status == 200
        for way in WAYS:
            assert ask(endpoint, target, way.headers).status == 403


def test_a_setting_takes_unsigned_requests_for_the_developers(tmp_path: Path) -> None:
    """And still lets no web page in."""
    with emulator_with(tmp_path, DEVENV_ALLOW_UNSIGNED="1") as instance:
        endpoint = str(instance.settings.endpoint_url)
        query = Target("", "", path="/?Action=GetCallerIdentity&Version=2011-06-15")
        headers = {
            "X-Amz-Target": "Kinesis_20131202.ListStreams",
            "Content-Type": "application/json",
        }
        kinesis = Target("", "", "POST", "/", headers, b"{}")
        for target in (query, kinesis, Target("", "", path="/_aws/sqs/messages?QueueUrl=x")):
            assert ask(endpoint, target, {}).status != 403, target
            assert ask(endpoint, target, WAYS[0].headers).status == 403
    assert "DEVENV_ALLOW_UNSIGNED" not in os.environ
