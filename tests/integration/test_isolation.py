"""Two environments on one machine: neither sees, disturbs or survives the other by accident."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import pytest

from devenv.aws import Aws
from devenv.settings import Settings
from devenv.stack.embedded import Embedded
from devenv.testing.engine import Engine
from devenv.testing.ports import free_port

from .zip_functions import ROLE, Functions, code_folder, make_role, processes_with

SHARED = [
    Path("/var/lib/localstack"),
    *(Path("/tmp") / f"localstack{s}" for s in ("", "-s3-storage")),
]
"""Where LocalStack would put its files if it weren't told otherwise."""

ROOT_OF_TASK = """
import os
import sys
def handler(event, context):
    return os.environ["LAMBDA_TASK_ROOT"]
"""


@dataclass(frozen=True)
class Second:
    """An emulator of its own, without a tracking server."""

    embedded: Embedded
    aws: Aws
    functions: Functions

    def start(self) -> None:
        """Functions' role is made anew: an emulator that ends forgets it."""
        for service in self.embedded.start():
            self.embedded.wait(service)
        make_role(self.aws.iam, ROLE.rpartition("/")[2])

    @property
    def home(self) -> Path:
        return self.embedded.settings.home

    def kill_emulator(self) -> int:
        """As kill -9 does; the id that it had."""
        running = self.embedded.registry.find("emulator")
        assert running is not None
        process = psutil.Process(running.pid)
        process.kill()
        process.wait(10)
        return running.pid

    def processes(self) -> list[int]:
        return processes_with("DEVENV_INSTANCE", str(self.home))


@contextmanager
def clients_of(settings: Settings) -> Iterator[Aws]:
    """Clients for another endpoint than this process's environment names."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", str(settings.endpoint_url))
        aws = Aws(settings)
        assert [aws.kinesis, aws.s3, aws.functions, aws.invocations, aws.logs, aws.iam]
    yield aws


@pytest.fixture
def second(system: Settings, tmp_path: Path) -> Iterator[Second]:
    settings = replace(
        system,
        home=tmp_path / "second",
        endpoint_url=f"http://127.0.0.1:{free_port()}",
        mlflow_tracking_uri="http://mlflow.invalid:5000",
    )
    embedded = Embedded(settings, lambda line: None)
    with clients_of(settings) as aws:
        made = Second(embedded, aws, Functions(aws, "second"))
        try:
            settings.home.mkdir()
            made.start()
            yield made
        finally:
            embedded.stop()


def entries(folders: list[Path]) -> dict[Path, int]:
    """Every file and folder under `folders`, with its last change."""
    found = {}
    for folder in folders:
        for path in (folder, *folder.rglob("*")):
            if path.exists():
                found[path] = path.stat().st_mtime_ns
    return found


def test_two_environments_share_nothing_and_stop_apart(
    second: Second, functions: Functions, aws: Aws, home: Path, devenv_function_engine: Engine
) -> None:
    """Buckets, streams, functions, objects and code of one are not the other's."""
    before = entries(SHARED)
    assert second.aws.s3.list_buckets()["Buckets"] == []
    assert second.aws.kinesis.list_streams()["StreamNames"] == []
    assert second.aws.functions.list_functions()["Functions"] == []
    for client, word in ((aws, b"first"), (second.aws, b"second")):
        client.s3.create_bucket(Bucket="both")
        client.s3.put_object(Bucket="both", Key="key", Body=word * 200_000)
        client.kinesis.create_stream(StreamName=f"{word.decode()}-only", ShardCount=1)
    for client, word in ((aws, b"first"), (second.aws, b"second")):
        assert client.s3.get_object(Bucket="both", Key="key")["Body"].read() == word * 200_000
    assert second.aws.kinesis.list_streams()["StreamNames"] == ["second-only"]
    assert "second-only" not in aws.kinesis.list_streams()["StreamNames"]

    mine, theirs = functions.create(ROOT_OF_TASK), second.functions.create(ROOT_OF_TASK)
    my_root, their_root = functions.invoke(mine), second.functions.invoke(theirs)
    assert Path(my_root.payload).is_relative_to(code_folder(devenv_function_engine, home))
    assert Path(their_root.payload).is_relative_to(second.home)
    assert len(second.processes()) >= 2

    groups = second.aws.logs.describe_log_groups
    assert second.functions.log(theirs)
    assert [group["logGroupName"] for group in groups()["logGroups"]] == [f"/aws/lambda/{theirs}"]

    assert second.embedded.stop() == ["emulator"]
    assert second.processes() == []
    assert functions.invoke(mine).payload == my_root.payload
    assert aws.s3.get_object(Bucket="both", Key="key")["Body"].read() == b"first" * 200_000
    assert entries(SHARED) == before


def test_what_a_killed_emulator_leaves_running_is_ended_and_its_streams_stay(
    second: Second,
) -> None:
    """kill -9 leaves functions behind; the next start clears them and finds the streams."""
    second.aws.kinesis.create_stream(StreamName="stays", ShardCount=1)
    second.aws.kinesis.list_shards(StreamName="stays")
    second.functions.invoke(second.functions.create(ROOT_OF_TASK))
    orphans = set(second.processes()) - {second.kill_emulator()}
    assert orphans
    second.start()
    assert not orphans & set(second.processes())
    assert second.aws.kinesis.list_streams()["StreamNames"] == ["stays"]
    again = second.functions.create(ROOT_OF_TASK)
    assert second.functions.invoke(again).error is None


def test_what_a_killed_emulator_left_behind_ends_with_the_stop(second: Second) -> None:
    """`down` finds functions whose emulator is gone."""
    second.functions.invoke(second.functions.create(ROOT_OF_TASK))
    second.kill_emulator()
    assert second.embedded.stop() == []
    assert second.processes() == []


def test_leftovers_are_cleared_beside_a_service_that_still_runs(second: Second) -> None:
    """As when the emulator dies and the tracking server doesn't: only orphans are killed."""
    registry = second.embedded.registry
    child = "import subprocess; subprocess.run(['sleep', '60'])"
    survivor = registry.spawn("mlflow", "http://x", ("python3", "-c", child), dict(os.environ))
    second.functions.invoke(second.functions.create(ROOT_OF_TASK))
    second.kill_emulator()
    registry.kill_leftovers()
    assert survivor.is_alive()
    family = {survivor.pid, *(p.pid for p in psutil.Process(survivor.pid).children())}
    assert set(second.processes()) <= family


def test_an_environment_has_the_installations_index_of_services(home: Path) -> None:
    """Had LocalStack looked elsewhere, it would have made one there, in 5 s and 360 MB."""
    [index] = home.rglob("service-catalog-*.dill")
    installed = Path(sys.prefix) / "share" / "devenv" / index.name
    assert index.read_bytes() == installed.read_bytes()
