"""Which of the doctor's cures a test follows, and why it doesn't follow the others.

A cure is named by the sick system of tests/unit/doctor/test_doctor_checks.py that it is told to; a
test that follows it carries it as a mark. Together they are all that the doctor can say.
"""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tables import MarkedTable

from devenv.doctor.finding import Finding

ROOT = Path(__file__).parents[2]

WHY_NOT = {
    "AWS itself is needed": (
        "credentials: emulator's credentials (test)",
        "credentials: a session token of other credentials",
        "credentials: AWS refused AKIA… from shared-credentials-file (ExpiredToken)",
        "region: the profile's is eu-west-1",
    ),
    "it would change the machine that the tests run on": (
        "python: 3.14.0",
        "disk: 0.2 GB free",
        "clock: 301 s ahead: AWS refuses",
        "clock: 3600 s behind",
    ),
    "scripts/setup would replace what the tests run on (CI begins with it)": (
        "packages: cbor2 6.0 rather than 5.7.1",
        "endpoint: runs without kinesis:devenv",
    ),
    "it says to wait": (
        "streams: ride_events is DELETING",
        "function: is Pending",
    ),
    "what is meant, or where it went wrong, only who wrote the function knows": (
        "invocations: [ERROR] Odd: nobody knows",
        "predictions: ride_events holds rides, and ride_predictions nothing",
        "known error: the function's role was denied something",
        "known error: MLflow doesn't know the model that the function is told to load",
        "known error: it can't reach {url}",
        "known error: what it returns or publishes can't be written as JSON",
        "known error: it writes where Lambda's disk can't be written",
        "known error: its process ended in the middle",
    ),
    "an init or an invocation would have to take that long; the command is followed elsewhere": (
        "sizing: longest invocation 14.0 s",
        "sizing: init takes 9.5 s or more, and is cut at 10",
        "sizing: and is cut at 10",
        "invocations: init took longer",
        "known error: init took longer than the 10 s that Lambda gives it",
    ),
    "a record would have to be a minute old": ("lag: 90 s old",),
    "Docker tells of it only where it keeps images as containerd does": (
        "image: has an attestation beside it",
        "image: is a list of platforms",
    ),
    "an image function of this emulator fails only where its snapshot was deleted by hand": (
        "function: is Failed: no such image",
    ),
    "the cure is the refusal's own, which tests/integration/s3/test_damaged_files.py follows": (
        "state: kinesis.db was written by a newer devenv",
    ),
    "as for scikit-learn's version, which is followed": (
        "model_versions: Python 3.9, and the function has 3.13",
        "known error: the model was saved by other versions of scikit-learn, numpy or Python than "
        "the function has",
        "known error: the model holds types that aren't trusted: {types}",
    ),
    "as for a record that is rejected, which is followed": (
        "known error: the event isn't what the function reads",
        "known error: a record's data isn't JSON",
    ),
    "as for the registry's check, which is followed": (
        "known error: the model's files aren't in S3 where it looks for them",
    ),
    "as for memory that is nearly used up, which is followed": (
        "known error: it ran out of memory",
    ),
    "an engine that emulates platforms would be needed": (
        "known error: the image's program can't be run: it is made for another platform, or has no "
        "such CMD",
    ),
    "what is told is `docker run`'s, which only a person calls": (
        "known error: there is no region where it runs",
        "known error: there are no credentials where it runs",
    ),
    "the emulator has such limits only if it is started with them": (
        "known error: the predictions stream takes no more: a shard has 1,000 records or 1 MB a "
        "second",
    ),
}
"""Why no test follows what the doctor says to these sick systems."""

NOT_FOLLOWED = {sick: why for why, all_sick in WHY_NOT.items() for sick in all_sick}


TOLD = {"passed": "followed, and well", "failed": "FAILED", "skipped": "not followed: {reason}"}


def table() -> MarkedTable:
    """What the doctor can say is wrong, and whether a test has followed the cure."""

    def told(outcome: str, reason: str, cells: tuple[str, ...]) -> str:
        return TOLD[outcome].format(reason=reason)

    def others() -> list[tuple[str, tuple[str, ...]]]:
        return [(f"not followed: {why}", (sick,)) for sick, why in NOT_FOLLOWED.items()]

    return MarkedTable("cures", "The doctor's cures", told, others)


def quoted(finding: Finding) -> list[str]:
    """The commands in a cure, as they stand there."""
    return re.findall(r"`([^`]+)`", finding.cure or "")


def run(command: str, folder: Path = ROOT, **environ: str) -> str:
    """Run a cure's command in a shell that has nothing exported but `environ`; what it printed."""
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=bare() | environ | {"PATH": path()},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


def changed_by(command: str, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment after `command` in a shell, as `export` and `unset` change it."""
    out = run(f"{command}; env -0", **environ)
    return dict(line.split("=", 1) for line in out.split("\0") if "=" in line)


def bare() -> dict[str, str]:
    """What a shell has that knows nothing of AWS; with this Python's commands on its path."""
    kept = ("HOME", "TMPDIR", "LANG", "AWS_CA_BUNDLE", "PYTHONPYCACHEPREFIX")
    given = {name: os.environ[name] for name in kept if name in os.environ}
    return given | {"PATH": path(), "AWS_EC2_METADATA_DISABLED": "true"}


def path() -> str:
    return f"{Path(sys.executable).parent}:{os.environ['PATH']}"
