"""The table of docs/conformance.md: .venv/bin/python scripts/conformance.py [PYTEST ARGUMENTS]

Runs tests/conformance on this project's emulator, on LocalStack as it comes and on ministack, each
started for it in a folder that is thrown away, and prints Markdown. Takes about half an hour: what
a peer does not do is waited for.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from devenv.bench.peers import another, ministack, stock
from devenv.settings import read_settings

ROOT = Path(__file__).parents[1]
SUBJECTS = {"devenv": another, "LocalStack 4.14": stock, "ministack 1.5.33": ministack}
CREDENTIALS = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
}


def main(arguments: list[str]) -> None:
    os.environ.update(CREDENTIALS)
    settings = read_settings(os.environ, ROOT)
    with tempfile.TemporaryDirectory(prefix="devenv-conformance-") as folder:
        reports: list[Path] = []
        for name, start in SUBJECTS.items():
            report = Path(folder) / f"{len(reports)}.json"
            with start(settings, tell) as subject:
                environ = {**os.environ, "AWS_ENDPOINT_URL": subject.url}
                options = ["--engine", "endpoint", "--conformance-report", str(report)]
                pytest = [sys.executable, "-m", "pytest", "tests/conformance", "-q", "--tb=no"]
                subprocess.run(
                    [*pytest, *options, *arguments],
                    cwd=ROOT,
                    env=environ,
                    stdout=sys.stderr,
                    check=False,
                )
            reports.append(f"{name}={report}")
        table = ROOT / "tests" / "conformance" / "report.py"
        subprocess.run([sys.executable, str(table), *reports], check=True)


def tell(line: str) -> None:
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
