"""The handler called with an event file, in this process: the tutorials' test.py.

    .venv/bin/python scripts/try_function.py [EVENT]

TEST_RUN is True unless it is set, so that nothing is published. The model is what MODEL_URI names,
or RUN_ID beside MLFLOW_TRACKING_URI; without them it is the deployed function's. PIPELINE says
what kind of events they are.
"""

import json
import os
import sys
from pathlib import Path

from devenv.aws import Aws
from devenv.settings import from_process

ROOT = Path(__file__).parents[1]


def main(event: Path) -> None:
    settings = from_process()
    os.environ.setdefault("TEST_RUN", "True")
    if not os.environ.get("MODEL_URI") and settings.run_id is None:
        function = Aws(settings).functions
        found = function.get_function_configuration(FunctionName=settings.function_name)
        for name, value in found["Environment"]["Variables"].items():
            os.environ.setdefault(name, value)
    sys.path.insert(0, str(ROOT))
    from lambda_function import lambda_handler

    print(json.dumps(lambda_handler(json.loads(event.read_text()), None)))


if __name__ == "__main__":
    default = ROOT / "tests" / "events" / "kinesis-ride-123-003.json"
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else default)
