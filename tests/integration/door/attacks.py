"""Requests as browsers send them for somebody else's page, and what such a page would ask for.

A row of the attacker's table is one `Way` of asking and one `Target`; each is signed with the
developer's own key, so that nothing but the guard can refuse it.
"""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

EVIL = "https://evil.example"
FORM = "application/x-www-form-urlencoded"
JSON = "application/x-amz-json-1.1"
MARK = "attacked"
"""In the name of all that a successful attack would leave behind."""


@dataclass(frozen=True)
class Way:
    """How a browser asks: the headers that a page can't change."""

    name: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Target:
    """What is asked for."""

    name: str
    service: str
    method: str = "GET"
    path: str = "/"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def _fetched(site: str, mode: str, destination: str, **more: str) -> dict[str, str]:
    sent = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": destination}
    return {**sent, **{name.replace("_", "-"): value for name, value in more.items()}}


WAYS = [
    Way("an image without a referrer", _fetched("cross-site", "no-cors", "image")),
    Way("an image", _fetched("cross-site", "no-cors", "image", Referer=f"{EVIL}/page")),
    Way("a form", _fetched("cross-site", "navigate", "document", Origin=EVIL, Referer=f"{EVIL}/")),
    Way("a form in a sandboxed frame", _fetched("cross-site", "navigate", "iframe", Origin="null")),
    Way("a link", _fetched("cross-site", "navigate", "document")),
    Way("fetch in no-cors mode", _fetched("cross-site", "no-cors", "empty", Origin=EVIL)),
    Way("fetch in cors mode", _fetched("cross-site", "cors", "empty", Origin=EVIL)),
    Way("sendBeacon", _fetched("cross-site", "no-cors", "empty", Origin=EVIL, Referer=EVIL)),
    Way(
        "a page on another port",
        _fetched("same-site", "cors", "empty", Origin="http://127.0.0.1:1"),
    ),
    Way("a browser that says where from only", {"Origin": EVIL}),
    Way("an old browser's image", {"Referer": f"{EVIL}/page"}),
    Way("LocalStack's web application", {"Origin": "https://app.localstack.cloud"}),
    Way("a local file", {"Origin": "file://"}),
    Way("a website in a bucket", {"Origin": "http://x.s3-website.localhost:4566"}),
    Way("a distribution of CloudFront", {"Origin": "http://x.cloudfront.localhost:4566"}),
    Way("a browser's extension", {"Origin": "chrome-extension://abcdefgh"}),
    Way("a name made to resolve here", {"Host": "evil.example:4566"}),
    Way(
        "a page under a name made to resolve here",
        _fetched("same-origin", "cors", "empty", Host="evil.example", Origin="http://evil.example"),
    ),
]


def _query(name: str, service: str, version: str, **parameters: str) -> Target:
    query = urlencode({"Action": name, "Version": version, **parameters})
    return Target(f"{service} {name} by GET", service, path=f"/?{query}")


def _form(name: str, service: str, version: str, **parameters: str) -> Target:
    body = urlencode({"Action": name, "Version": version, **parameters}).encode()
    headers = {"Content-Type": FORM}
    return Target(f"{service} {name} by form", service, "POST", "/", headers, body)


def _json(service: str, target: str, **parameters: object) -> Target:
    headers = {"X-Amz-Target": target, "Content-Type": JSON}
    body = json.dumps(parameters).encode()
    return Target(f"{target} in JSON", service, "POST", "/", headers, body)


QUEUE = f"{MARK}-queue"
STREAM = "attacked-stream"
TARGETS = [
    _query("CreateQueue", "sqs", "2012-11-05", QueueName=QUEUE),
    _form("CreateQueue", "sqs", "2012-11-05", QueueName=QUEUE),
    _query("CreateUser", "iam", "2010-05-08", UserName=MARK),
    _query("CreateTopic", "sns", "2010-03-31", Name=MARK),
    _form("CreateStack", "cloudformation", "2010-05-15", StackName=MARK, TemplateBody="{}"),
    _query("GetCallerIdentity", "sts", "2011-06-15"),
    _query("DescribeInstances", "ec2", "2016-11-15"),
    Target(
        "SQS's actions at a queue's URL", "sqs", path=f"/000000000000/{QUEUE}?Action=PurgeQueue"
    ),
    Target("S3's PutBucket", "s3", "PUT", f"/{MARK}-bucket"),
    Target("S3's PutObject", "s3", "PUT", f"/{MARK}/key", body=b"x"),
    Target(
        "S3's DeleteObjects", "s3", "POST", f"/{MARK}?delete", {"Content-Type": "text/plain"}, b"x"
    ),
    Target("S3's CreateMultipartUpload", "s3", "POST", f"/{MARK}/key?uploads"),
    Target(
        "S3's form",
        "",
        "POST",
        f"/{MARK}",
        {"Content-Type": "multipart/form-data; boundary=b"},
        b'--b\r\nContent-Disposition: form-data; name="key"\r\n\r\nk\r\n--b--\r\n',
    ),
    Target("S3's ListBuckets", "s3"),
    Target("a preflight", "", "OPTIONS", f"/{MARK}", {"Access-Control-Request-Method": "PUT"}),
    _json("kinesis", "Kinesis_20131202.CreateStream", StreamName=STREAM, ShardCount=1),
    _json("kinesis", "Kinesis_20131202.ListStreams"),
    Target(
        "Kinesis in CBOR",
        "kinesis",
        "POST",
        "/",
        {
            "X-Amz-Target": "Kinesis_20131202.ListStreams",
            "Content-Type": "application/x-amz-cbor-1.1",
        },
        b"\xa0",
    ),
    Target(
        "Kinesis as a page may send it",
        "",
        "POST",
        "/?X-Amz-Target=Kinesis_20131202.ListStreams",
        {"Content-Type": "text/plain"},
        b"{}",
    ),
    _json("logs", "Logs_20140328.CreateLogGroup", logGroupName=MARK),
    _json("dynamodb", "DynamoDB_20120810.ListTables"),
    Target("Lambda's ListFunctions", "lambda", path="/2015-03-31/functions/"),
    Target("Lambda's Invoke", "lambda", "POST", "/2015-03-31/functions/x/invocations", body=b"{}"),
    Target("LocalStack's health", "", path="/_localstack/health"),
    Target("LocalStack's end", "", "POST", "/_localstack/health", body=b'{"action": "kill"}'),
    Target("queues' messages", "sqs", path="/_aws/sqs/messages"),
    Target("our plugins", "", path="/_devenv/plugins"),
    Target("what roles asked for", "", path="/_devenv/permissions"),
    Target("what became of batches", "", path="/_devenv/batches"),
    Target("batches as they happen", "", "POST", "/_devenv/events"),
    Target("an API's stage", "", path="/restapis/x/prod/_user_request_/"),
    Target(
        "a WebSocket",
        "",
        path="/socket",
        headers={
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        },
    ),
]


@dataclass(frozen=True)
class Answer:
    status: int
    body: str


def ask(endpoint: str, target: Target, headers: Mapping[str, str], signed: bool = True) -> Answer:
    """Send the request over HTTP/1.1, with these headers and no others."""
    address = urlsplit(endpoint)
    sent = {"Host": address.netloc, **target.headers, **headers}
    if signed and target.service:
        sent["Authorization"] = signature(target.service)
    connection = http.client.HTTPConnection(str(address.hostname), address.port or 80, timeout=30)
    try:
        connection.putrequest(target.method, target.path, skip_host=True, skip_accept_encoding=True)
        for name, value in sent.items():
            connection.putheader(name, value)
        connection.putheader("Content-Length", str(len(target.body)))
        connection.endheaders(target.body)
        answer = connection.getresponse()
        return Answer(answer.status, answer.read().decode("utf-8", "replace"))
    finally:
        connection.close()


def signature(service: str, key: str = "test") -> str:
    scope = f"{key}/20260101/us-east-1/{service}/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
