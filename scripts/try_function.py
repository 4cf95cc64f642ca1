"""The handler called with an event file, in this process: the tutorials' test.py.

    MODEL_URI=s3://… .venv-function/KEY/image/bin/python scripts/try_function.py [EVENT]

MODEL_URI is what `devenv status` shows of the model; a local folder will do, too.
"""

import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def main(event: Path) -> None:
    os.environ.setdefault("TEST_RUN", "True")
    sys.path.insert(0, str(ROOT))
    from lambda_function import lambda_handler

    print(json.dumps(lambda_handler(json.loads(event.read_text()), None)))


if __name__ == "__main__":
    default = ROOT / "tests" / "events" / "kinesis-ride-123-003.json"
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else default)
