"""An event file posted to the function's image, run by itself: the tutorials' test_docker.py.

    python scripts/try_image.py [EVENT] [URL]

URL is where the container's port 8080 is published (default: http://127.0.0.1:8080).
"""

import sys
import urllib.request
from pathlib import Path

EVENT = Path(__file__).parents[1] / "tests" / "events" / "kinesis-ride-123-003.json"
PATH = "/2015-03-31/functions/function/invocations"


def main(event: Path, url: str) -> None:
    with urllib.request.urlopen(url + PATH, data=event.read_bytes(), timeout=60) as answer:
        print(answer.read().decode())


if __name__ == "__main__":
    given = sys.argv[1:]
    main(
        Path(given[0]) if given else EVENT, given[1] if len(given) > 1 else "http://127.0.0.1:8080"
    )
