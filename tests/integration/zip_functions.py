"""Zip functions as the tutorials make them: created, invoked and looked at through AWS's API."""

import base64
import contextlib
import io
import json
import stat
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from devenv.aws import Aws
from devenv.testing.engine import Engine
from devenv.wait import wait_for

ROLE = "arn:aws:iam::000000000000:role/lambda-kinesis-role"
TRUST = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    },
}
READ_STREAMS = "arn:aws:iam::aws:policy/service-role/AWSLambdaKinesisExecutionRole"
READY = 60.0


@dataclass(frozen=True)
class Answer:
    """What `Invoke` returned."""

    payload: Any
    error: str | None
    """FunctionError."""
    tail: str
    """The last 4 KB of the invocation's log."""


@dataclass
class Functions:
    """Makes functions for one test and deletes them after it."""

    aws: Aws
    prefix: str
    made: list[str] = field(default_factory=list)

    def create(self, source: str, *, wait: bool = True, **settings: Any) -> str:
        """A function whose `app.py` is `source`; its name. `settings` are create_function's."""
        return self.create_from({"app.py": source}, wait=wait, **settings)

    def create_from(self, files: Mapping[str, str], *, wait: bool = True, **settings: Any) -> str:
        """A function of `files`; those in `settings["executable"]` are so (default: bootstrap)."""
        executable = settings.pop("executable", ("bootstrap",))
        name = f"{self.prefix}-{len(self.made)}"
        self.made.append(name)
        defaults = {"Runtime": "python3.13", "Handler": "app.handler", "Timeout": 20, "Role": ROLE}
        code = {"ZipFile": zipped(files, executable)}
        self.aws.functions.create_function(
            **{"FunctionName": name, "Code": code, **defaults, **settings}
        )
        if wait:
            self.await_state(name, "Active")
        return name

    def await_state(self, name: str, state: str) -> dict[str, Any]:
        """The function's configuration once it's in `state` and its last update is through."""

        def probe() -> dict[str, Any] | None:
            config = self.aws.functions.get_function_configuration(FunctionName=name)
            done = config["State"] != "Pending" and config["LastUpdateStatus"] != "InProgress"
            return dict(config) if done else None

        config = wait_for(probe, timeout=READY, failure=f"{name} is still not {state}")
        assert config["State"] == state, config.get("StateReason")
        return config

    def invoke(self, name: str, event: object = None, **options: Any) -> Answer:
        answer = self.aws.invocations.invoke(
            FunctionName=name, Payload=json.dumps(event).encode(), LogType="Tail", **options
        )
        return Answer(
            json.loads(answer["Payload"].read() or b"null"),
            answer.get("FunctionError"),
            base64.b64decode(answer.get("LogResult", "")).decode(),
        )

    def run(self, source: str, event: object = None, **settings: Any) -> Answer:
        """Create a function of `source` and invoke it once."""
        return self.invoke(self.create(source, **settings), event)

    def log(self, name: str, ending: str = "REPORT") -> list[str]:
        """The function's lines in CloudWatch Logs, once one that begins with `ending` is there."""

        def probe() -> list[str] | None:
            try:
                reader = self.aws.logs.get_paginator("filter_log_events")
                pages = reader.paginate(logGroupName=f"/aws/lambda/{name}")
                events = [event for page in pages for event in page["events"]]
            except self.aws.logs.exceptions.ResourceNotFoundException:
                return None
            lines = [event["message"].rstrip("\n") for event in events]
            return lines if any(line.startswith(ending) for line in lines) else None

        return wait_for(probe, timeout=READY, failure=f"no {ending} in the log of {name}")

    def delete(self) -> None:
        for name in self.made:
            try:
                self.aws.functions.delete_function(FunctionName=name)
            except self.aws.functions.exceptions.ResourceNotFoundException:
                continue


def code_folder(engine: Engine, home: Path) -> Path:
    """Where zip functions' code lies: in a container where their accounts can read it."""
    return Path("/tmp/devenv") if engine is Engine.DOCKER else home


def make_role(iam: Any, name: str) -> str:
    """A role that may read streams and write logs, and nothing else; its ARN."""
    with contextlib.suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.attach_role_policy(RoleName=name, PolicyArn=READ_STREAMS)
    return f"arn:aws:iam::000000000000:role/{name}"


def zipped(files: Mapping[str, str], executable: tuple[str, ...] = ()) -> bytes:
    """A zip of `files`, with the permissions that `zip` would store."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            mode = 0o755 if name in executable else 0o644
            entry.external_attr = (stat.S_IFREG | mode) << 16
            archive.writestr(entry, content)
    return buffer.getvalue()


def processes_with(variable: str, value: str) -> list[int]:
    """Ids of the processes of this machine that have `value` in their environment."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(variable) == value:
                found.append(process.pid)
        except (psutil.Error, OSError):
            continue
    return found
