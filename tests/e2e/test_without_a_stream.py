"""docs/without-a-stream.md's commands, as they stand there, on the emulator's endpoint."""

import json
import re

from .conftest import ROOT, Shell

PAGE = ROOT / "docs" / "without-a-stream.md"


def test_the_pages_commands_work(running: Shell) -> None:
    """One after the other in one shell; three ways to the same prediction, and all gone again."""
    blocks = re.findall(r"^```bash\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 4
    done = running.run("bash", "-euo", "pipefail", "-c", "\n".join(blocks))
    assert done.code == 0, done.err
    found = re.findall(r'\{"predictions": \[.*?\]\}', done.out + done.err)
    assert len(found) == 3
    assert len(set(found)) == 1
    (prediction,) = json.loads(found[0])["predictions"]
    assert prediction["prediction"]["ride_id"] == 156
    policy = running.run(
        "aws", "lambda", "get-policy", "--function-name", "ride-duration-prediction"
    )
    assert "ResourceNotFoundException" in policy.err
