"""A system for checks to look at, healthy unless a test says otherwise. Nothing of it is real."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from fake_aws import client_error

from devenv.aws import Signer
from devenv.doctor.endpoint import Endpoint, Page
from devenv.doctor.facts import Champion, Facts
from devenv.doctor.function_log import Invocation
from devenv.doctor.machine import Program
from devenv.place import commands
from devenv.settings import read_settings
from devenv.system import FunctionState, MappingState, StreamState, SystemState

EMULATOR = "http://127.0.0.1:4566"
MODEL_PREFIX = "models/m-1/artifacts/"
MODEL_URI = "s3://mlflow-models/models/m-1/artifacts"
ROLE = "arn:aws:iam::000000000000:role/lambda-kinesis-role"
NOW = 1_800_000_000.0
"""Of the fake machine; in HTTP's words:"""
NOW_AS_DATE = "Fri, 15 Jan 2027 08:00:00 GMT"

MLMODEL = """
flavors:
  python_function: {python_version: 3.13.5}
  sklearn: {sklearn_version: 1.9.1, serialization_format: skops}
"""


@dataclass
class FakeMachine:
    """As `devenv.doctor.machine.Machine`."""

    python: str = "3.13.1"
    packages: dict[str, str] = field(default_factory=dict)
    listeners: dict[int, Program] = field(default_factory=dict)
    ours: set[int] = field(default_factory=set)
    left: list[Program] = field(default_factory=list)
    holder: int | None = None
    free: float = 50e9
    programs: dict[str, str] = field(default_factory=dict)
    """What each of them says of its version, by its path."""

    def python_version(self) -> str:
        return self.python

    def requires_python(self) -> str:
        return ">=3.13,<3.14"

    def installed(self, packages: list[str]) -> dict[str, str]:
        return self.packages

    def listener(self, port: int) -> Program | None:
        return self.listeners.get(port)

    def accepts(self, host: str, port: int) -> bool:
        return port in self.listeners

    def children(self, home: Path) -> set[int]:
        return self.ours

    def leftovers(self, home: Path) -> list[Program]:
        return self.left

    def lock_holder(self, lock: Path) -> int | None:
        return self.holder

    def free_bytes(self, folder: Path) -> float:
        return self.free

    def which(self, program: str) -> str | None:
        return next((path for path in self.programs if path.endswith(f"/{program}")), None)

    def cli_version(self, path: str) -> str:
        return self.programs[path]

    def now(self) -> float:
        return NOW


def report(duration: float = 80, used: int = 181, memory: int = 512, init: float = 0) -> str:
    line = f"REPORT RequestId: 1\tDuration: {duration} ms\tBilled Duration: 9999 ms"
    line += f"\tMemory Size: {memory} MB\tMax Memory Used: {used} MB"
    return line + (f"\tInit Duration: {init} ms" if init else "")


def log(*lines: str) -> list[Invocation]:
    """One invocation that wrote `lines`, after one that went well."""
    return [Invocation(1, report(init=2300)), Invocation(2, "\n".join((*lines, report())))]


class FakeKinesis:
    def __init__(self, **records: int) -> None:
        """How many records each stream holds."""
        self._records = records

    def list_shards(self, StreamName: str) -> Any:
        return {"Shards": [{"ShardId": "shardId-000000000000"}]}

    def get_shard_iterator(self, StreamName: str, ShardId: str, ShardIteratorType: str) -> Any:
        assert ShardIteratorType == "TRIM_HORIZON"
        return {"ShardIterator": StreamName}

    def get_records(self, ShardIterator: str, Limit: int) -> Any:
        return {"Records": [{}] * min(Limit, self._records.get(ShardIterator, 0))}

    def describe_stream_summary(self, StreamName: str) -> Any:
        if StreamName not in self._records:
            raise client_error("ResourceNotFoundException")
        return {}


class FakeS3:
    def __init__(self, *, mlmodel: str | None = MLMODEL) -> None:
        self._mlmodel = mlmodel

    def head_object(self, Bucket: str, Key: str) -> None:
        self.get_object(Bucket, Key)

    def get_object(self, Bucket: str, Key: str, Range: str = "") -> Any:
        assert (Bucket, Key) == ("mlflow-models", f"{MODEL_PREFIX}MLmodel")
        if self._mlmodel is None:
            raise client_error("NoSuchKey")
        return {"Body": SimpleNamespace(read=lambda: self._mlmodel)}

    def get_paginator(self, operation: str) -> Any:
        assert operation == "list_objects_v2"
        return self

    def paginate(self, Bucket: str, Prefix: str) -> Any:
        assert (Bucket, Prefix) == ("mlflow-models", MODEL_PREFIX)
        size = len(self._mlmodel or "")
        yield {"Contents": [{"Key": f"{Prefix}MLmodel", "Size": size}] if self._mlmodel else []}


class FakeCloudWatch:
    def __init__(self, *ages: float) -> None:
        """IteratorAge in milliseconds, a minute apart."""
        self._ages = ages

    def get_metric_statistics(self, **asked: Any) -> Any:
        assert asked["MetricName"] == "IteratorAge"
        return {"Datapoints": [{"Timestamp": n, "Maximum": a} for n, a in enumerate(self._ages)]}


class FakeSqs:
    def __init__(self, **messages: int) -> None:
        """How many each queue holds."""
        self._messages = messages

    def get_queue_url(self, QueueName: str) -> Any:
        if QueueName.replace("-", "_") not in self._messages:
            raise client_error("AWS.SimpleQueueService.NonExistentQueue")
        return {"QueueUrl": QueueName.replace("-", "_")}

    def get_queue_attributes(self, QueueUrl: str, AttributeNames: list[str]) -> Any:
        (name,) = AttributeNames
        return {"Attributes": {name: str(self._messages[QueueUrl])}}


class FakeDocker:
    """An engine with one image, and containers by (name, owner's label)."""

    def __init__(self, image: Mapping[str, Any], *containers: tuple[str, str]) -> None:
        self.api = self
        self.base_url = ""
        self._image, self._containers = image, containers

    def version(self) -> dict[str, str]:
        return {"ApiVersion": "1.48"}

    def get(self, url: str, timeout: float) -> Any:
        assert url == "/v1.48/images/stream-model-duration:v1/json?manifests=1"
        return SimpleNamespace(status_code=200, json=lambda: self._image)

    def containers(self, all: bool = False, filters: Any = None) -> Any:
        return [{"Names": [f"/{n}"], "Labels": {"devenv.emulator": o}} for n, o in self._containers]


def client(**clients: Any) -> Any:
    """What stands in for `devenv.aws.Aws`."""
    made = {"kinesis": FakeKinesis(ride_events=1, ride_predictions=1)}
    made |= {"s3": FakeS3(), "cloudwatch": FakeCloudWatch(12), "sqs": FakeSqs()}
    return SimpleNamespace(**(made | clients))


def system(**changed: Any) -> SystemState:
    streams = [StreamState(n, "ACTIVE", 1) for n in ("ride_events", "ride_predictions")]
    function = FunctionState(
        "ride-duration-prediction", "Active", None, "Successful", "stream-model-duration:v1"
    )
    parts = {"streams": streams, "function": function, "mapping": MappingState("Enabled", "OK")}
    return SystemState(**{**parts, "model": None, **changed})


def function(variables: Mapping[str, str] | None = None, **changed: Any) -> Any:
    """GetFunction's answer."""
    given = {"MODEL_URI": MODEL_URI, "PREDICTIONS_STREAM_NAME": "ride_predictions"}
    configuration = {
        "Role": ROLE,
        "FunctionName": "ride-duration-prediction",
        "PackageType": "Image",
        "Timeout": 15,
        "MemorySize": 512,
        "Architectures": ["x86_64"],
        "Environment": {"Variables": given | dict(variables or {})},
    }
    return {
        "Configuration": configuration | changed,
        "Code": {"ImageUri": "stream-model-duration:v1"},
    }


def patient(
    root: Path,
    *,
    machine: FakeMachine | None = None,
    environ: Mapping[str, str] | None = None,
    pages: Mapping[str, Page] | None = None,
    **known: Any,
) -> Facts:
    """Facts of a healthy system in `root`, but for what is given: `pages` by path, facts by name,
    an exception for one that can't be had."""
    given = {"AWS_ENDPOINT_URL": EMULATOR, "AWS_DEFAULT_REGION": "us-east-1"}
    given |= {"MLFLOW_TRACKING_URI": "http://127.0.0.1:5000", **(environ or {})}
    given = {name: value for name, value in given.items() if value}
    served = {"/_localstack/health": Page(200, b"{}", NOW_AS_DATE), **(pages or {})}

    def get(url: str) -> Page:
        path = "/" + url.split("/", 3)[3]
        return served.get(path, Page(404, b""))

    facts: Any = Facts(
        settings=read_settings(given, root),
        environ=given,
        machine=machine or FakeMachine(),
        connect=lambda settings: client(),
        get=get,
    )
    healthy = {
        "endpoint": Endpoint("devenv's emulator on LocalStack 4.14.0"),
        "signer": Signer("test", False, "env"),
        "profile": {},
        "clients": client(),
        "system": system(),
        "function": function(),
        "invocations": log(),
        "champion": Champion("1", MODEL_URI),
        "docker": FakeDocker({"Architecture": "amd64"}),
        "commands": commands(facts.settings, given, lambda url: None, lambda port: None),
    }
    for name, value in (healthy | known).items():
        if isinstance(value, Exception):
            facts.known[name] = (None, value)
        else:
            setattr(facts, name, value)
    return facts  # type: ignore[no-any-return]
