"""The figures of docs/benchmarks.md: .venv/bin/python scripts/figures.py [RIDES]

Runs the system in an environment of its own (other ports, a temporary DEVENV_HOME), twice: from
nothing, and again with the registry that the first run left. Prints Markdown.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any

DEVENV = [sys.executable, "-m", "devenv"]


def main(rides: int) -> None:
    with tempfile.TemporaryDirectory(prefix="devenv-figures-") as home:
        environ = own_environment(home)
        print("| | first run | second run |\n| --- | --- | --- |")
        first, second = (measure(environ, rides) for _ in range(2))
        for name in first:
            print(f"| {name} | {first[name]} | {second[name]} |")


def own_environment(home: str) -> dict[str, str]:
    return {
        **os.environ,
        "AWS_ENDPOINT_URL": "http://127.0.0.1:4600",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "MLFLOW_TRACKING_URI": "http://127.0.0.1:5100",
        "DEVENV_HOME": home,
    }


def measure(environ: dict[str, str], rides: int) -> dict[str, str]:
    """Up, one ride for the cold start, `rides` more, memory, down."""
    began = time.monotonic()
    try:
        devenv(environ, "up", "-d")
        ready = time.monotonic() - began
        # Already up: its first ride starts the function. The time of the command is not counted.
        (cold,) = devenv(environ, "demo", "--json", "-n", "1")
        trips = devenv(environ, "demo", "--json", "-n", str(rides))
        (status,) = devenv(environ, "status", "--json")
    finally:
        devenv(environ, "down")
    milliseconds = sorted(trip["seconds"] * 1000 for trip in trips)
    percentiles = statistics.quantiles(milliseconds, n=100)
    memory = {service["name"]: service["memory_mb"] for service in status["services"]}
    return {
        "`devenv up -d` → ready": f"{ready:.1f} s",
        "… → first prediction (function's cold start)": f"{ready + cold['seconds']:.1f} s",
        f"one ride, put → prediction read, p50 of {rides}": f"{percentiles[49]:.0f} ms",
        "p95": f"{percentiles[94]:.0f} ms",
        "memory: emulator with function": f"{memory['emulator']} MB",
        "memory: MLflow server": f"{memory['mlflow']} MB",
    }


def devenv(environ: dict[str, str], *arguments: str) -> list[dict[str, Any]]:
    """Run a command and return the JSON objects that it prints."""
    done = subprocess.run([*DEVENV, *arguments], env=environ, stdout=subprocess.PIPE, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
