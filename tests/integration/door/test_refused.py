"""The attacker's table: what a web page of another site could send, by every way and to everything.

18 ways × 32 targets over HTTP/1.1, a part of them again over HTTP/2 and TLS, and all targets
without a signature. Nothing of it may be answered, and nothing may have changed afterwards.
"""

import ssl
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import boto3
import httpx2
import pytest

from devenv.aws import Aws
from devenv.settings import Settings

from .attacks import MARK, TARGETS, WAYS, Target, Way, ask, signature

REFUSALS = ("DEVENV_ALLOWED_ORIGINS", "DEVENV_ALLOWED_HOSTS")
"""One of them stands in every refusal: it's the cure."""
UNSIGNED = (
    *("MissingAuthenticationToken", "AccessDenied", "Missing Authentication Token"),
    *("needs credentials", "Access Denied"),
)
OPEN = {
    *("LocalStack's health", "our plugins", "what roles asked for", "what became of batches"),
    "a preflight",
}
"""Targets that need no signature."""
ANSWERS_FOR_ITSELF = {"an API's stage"}
"""What it answers depends on the API, if there's one."""


@pytest.fixture(scope="module", autouse=True)
def nothing_is_left(system: Settings, aws: Aws) -> Iterator[None]:
    yield
    assert left_behind(aws) == []


def left_behind(aws: Aws) -> list[str]:
    """The names of all things that a target would have made."""
    client = boto3.client
    found = [
        *client("sqs").list_queues().get("QueueUrls", ()),
        *(user["UserName"] for user in client("iam").list_users()["Users"]),
        *(topic["TopicArn"] for topic in client("sns").list_topics()["Topics"]),
        *(stack["StackName"] for stack in client("cloudformation").describe_stacks()["Stacks"]),
        *(bucket["Name"] for bucket in client("s3").list_buckets()["Buckets"]),
        *client("kinesis").list_streams()["StreamNames"],
        *(group["logGroupName"] for group in client("logs").describe_log_groups()["logGroups"]),
    ]
    return [name for name in found if MARK in name]


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_another_sites_page_is_refused(system: Settings, way: Way, target: Target) -> None:
    answer = ask(str(system.endpoint_url), target, way.headers)
    assert answer.status == 403, answer.body
    assert any(setting in answer.body for setting in REFUSALS), answer.body


@pytest.mark.parametrize(
    "target", [t for t in TARGETS if t.name not in ANSWERS_FOR_ITSELF], ids=lambda t: t.name
)
def test_what_needs_a_signature_is_refused_without(system: Settings, target: Target) -> None:
    answer = ask(str(system.endpoint_url), target, {}, signed=False)
    refused = answer.status in (400, 403) and any(word in answer.body for word in UNSIGNED)
    if target.name in OPEN:
        assert not refused, answer.body
    else:
        assert refused, (answer.status, answer.body)
        assert "DEVENV_ALLOW_UNSIGNED" in answer.body


@pytest.fixture(scope="module")
def http2(system: Settings) -> Iterator[httpx2.Client]:
    """Speaks HTTP/2 to the emulator without asking before."""
    with httpx2.Client(http1=False, http2=True, trust_env=False) as client:
        yield client


HTTP2_TARGETS = [t for t in TARGETS if "Upgrade" not in t.headers]


@pytest.mark.parametrize("target", HTTP2_TARGETS, ids=lambda target: target.name)
@pytest.mark.parametrize("way", WAYS[:3] + WAYS[-2:], ids=lambda way: way.name)
def test_over_http_2(system: Settings, http2: Any, way: Way, target: Target) -> None:
    answer = http2.request(
        target.method,
        f"{system.endpoint_url}{target.path}",
        headers={**target.headers, **way.headers, **_signed(target)},
        content=target.body,
    )
    assert answer.http_version == "HTTP/2"
    assert answer.status_code == 403, answer.text
    assert any(setting in answer.text for setting in REFUSALS), answer.text


@pytest.mark.parametrize("target", TARGETS[:6], ids=lambda target: target.name)
@pytest.mark.parametrize("way", WAYS[:3] + WAYS[-2:], ids=lambda way: way.name)
def test_over_tls(system: Settings, way: Way, target: Target) -> None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with httpx2.Client(verify=context, trust_env=False) as client:
        answer = client.request(
            target.method,
            f"https://{urlsplit(str(system.endpoint_url)).netloc}{target.path}",
            headers={**target.headers, **way.headers, **_signed(target)},
            content=target.body,
        )
    assert answer.status_code == 403, answer.text
    assert any(setting in answer.text for setting in REFUSALS), answer.text


def _signed(target: Target) -> dict[str, str]:
    return {"Authorization": signature(target.service)} if target.service else {}


@pytest.mark.parametrize("key", ["ASIAQAAAAAAAAAAAAAAA", "LSIAQAAAAAAAAAAAAAAA"])
@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Kinesis_20131202.ListStreams in JSON", "UnrecognizedClientException"),
        ("Kinesis in CBOR", "UnrecognizedClientException"),
        ("DynamoDB_20120810.ListTables in JSON", "UnrecognizedClientException"),
        ("Lambda's ListFunctions", "security token included in the request is invalid"),
        ("sts GetCallerIdentity by GET", "InvalidClientTokenId"),
        ("S3's ListBuckets", "InvalidAccessKeyId"),
        ("queues' messages", "security token included in the request is invalid"),
    ],
)
def test_a_key_like_a_sessions_that_is_none_is_refused(
    system: Settings, key: str, name: str, code: str
) -> None:
    """It isn't taken for the developer's: so did LocalStack."""
    target = next(target for target in TARGETS if target.name == name)
    headers = {"Authorization": signature(target.service, key)}
    answer = ask(str(system.endpoint_url), target, headers, signed=False)
    assert answer.status in (400, 403)
    assert code in answer.body


@pytest.mark.parametrize("target", [t for t in TARGETS if t.service], ids=lambda t: t.name)
def test_a_credential_that_isnt_first_is_refused(system: Settings, target: Target) -> None:
    scope = signature(target.service).split()[1]
    headers = {"Authorization": f"AWS4-HMAC-SHA256 SignedHeaders=host, {scope} Signature=0"}
    answer = ask(str(system.endpoint_url), target, headers, signed=False)
    assert answer.status in (400, 403)
    assert "'Credential' as its first parameter" in answer.body
