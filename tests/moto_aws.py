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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
import moto.moto_proxy

from devenv.testing.ports import free_port
from devenv.wait import wait_for

ACCOUNT = "123456789012"
REGION = "eu-west-1"


@contextmanager
def moto_aws(folder: Path) -> Iterator[dict[str, str]]:
    """Start the proxy; the variables with which it is AWS."""
    port = free_port()
    log = folder / "moto.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            (sys.executable, "-m", "moto.proxy", "--port", str(port)),
            env=os.environ
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
