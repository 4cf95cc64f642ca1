"""moto's proxy, for tests that take it for AWS.

It answers the requests that would go to *.amazonaws.com, TLS and all: AWS_ENDPOINT_URL stays unset,
and nothing but a proxy and its CA tells that this isn't AWS. Nobody here wrote it. What it
keeps to: names, tags, images that a function is made from must be in its ECR, managed policies are
AWS's. What it doesn't: no function runs, no mapping delivers, no policy is enforced, everything is
there or gone at once.
"""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
import moto.moto_proxy

from devenv.testing.ports import free_port
from devenv.wait import wait_for

PROXY = """
import moto.backends, moto.proxy, socketserver
socketserver.TCPServer.request_queue_size = 128
for service in ("ecr", "iam", "kinesis", "lambda", "logs", "s3", "sqs", "sts"):
    moto.backends.get_backend(service)
moto.proxy.main()
"""
"""By itself it imports a service while it answers the first request for it; a second one at that
moment meets half a module and gets 502."""

ACCOUNT = "123456789012"
REGION = "eu-west-1"


@contextmanager
def moto_aws(folder: Path) -> Iterator[dict[str, str]]:
    """Start the proxy; the variables with which it is AWS."""
    port = free_port()
    log = folder / "moto.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            (sys.executable, "-c", PROXY, "--port", str(port)),
            env=os.environ
            | {"PYTHONUNBUFFERED": "1"}
            | {"MOTO_LAMBDA_STUB_ECR": "false", "MOTO_IAM_LOAD_MANAGED_POLICIES": "true"},
            stdout=file,
            stderr=file,
        )

    def listens() -> bool:
        assert process.poll() is None, log.read_text()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    try:
        wait_for(listens, timeout=60, failure=f"moto's proxy does not listen at {port}")
        yield {
            "AWS_ENDPOINT_URL": "",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_CA_BUNDLE": str(Path(moto.moto_proxy.__file__).with_name("ca.crt")),
            "HTTPS_PROXY": f"http://127.0.0.1:{port}",
            "NO_PROXY": "",
        }
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


def forget_everything(variables: dict[str, str]) -> None:
    """Have `moto_aws` be as it was at its start."""
    proxy = urllib.request.ProxyHandler({"http": variables["HTTPS_PROXY"]})
    reset = urllib.request.Request("http://motoapi.amazonaws.com/moto-api/reset", method="POST")
    with urllib.request.build_opener(proxy).open(reset, timeout=30) as answer:
        assert answer.status == 200


def boto_session(variables: dict[str, str]) -> tuple[boto3.Session, dict[str, object]]:
    """A session for `moto_aws`' variables, and what its clients are to be made with."""
    from botocore.config import Config

    session = boto3.Session(
        variables["AWS_ACCESS_KEY_ID"],
        variables["AWS_SECRET_ACCESS_KEY"],
        region_name=variables["AWS_DEFAULT_REGION"],
    )
    proxied = Config(
        proxies={"https": variables["HTTPS_PROXY"]}, ignore_configured_endpoint_urls=True
    )
    return session, {"config": proxied, "verify": variables["AWS_CA_BUNDLE"]}
