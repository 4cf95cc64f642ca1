"""The doctor's cures, followed as they stand there: after each of them the check is content.

On an embedded environment; tests/containers has those that differ there. `cures` says which are not
followed, and why.
"""

import json
import os
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from devenv.aws import Aws
from devenv.bootstrap.mapping import find_mapping
from devenv.bootstrap.model import ModelSource
from devenv.bootstrap.model_files import PreparedModel, publish
from devenv.bootstrap.registry import ModelVersion, Registry
from devenv.bootstrap.streams import stream_arn
from devenv.doctor.checks import CHECKS
from devenv.doctor.examination import examine
from devenv.doctor.facts import Facts
from devenv.doctor.finding import Finding
from devenv.doctor.machine import Machine
from devenv.pipelines import PIPELINES
from devenv.settings import Settings, read_settings
from devenv.testing.engine import Engine
from devenv.testing.ports import free_port
from devenv.wait import wait_for

from .conftest import MakeSystem
from .cures import ROOT, bare, changed_by, quoted, run
from .zip_functions import Functions, make_role, zipped

BY_NAME = {check.__name__.rpartition(".")[2]: check for check in CHECKS}
PATIENCE = 60.0
RIDE = ("--pu", "130", "--do", "205", "--distance", "3.66")


class Here(Machine):
    """This machine, whatever AWS CLI is on it."""

    def which(self, program: str) -> str | None:
        return None


@dataclass(frozen=True)
class Doctor:
    """Looks at the system that `variables` name."""

    variables: dict[str, str]
    machine: Machine = field(default_factory=Here)
    root: Path = ROOT

    @property
    def settings(self) -> Settings:
        return read_settings(self.variables, self.root)

    def on(self, **changed: str) -> "Doctor":
        """The same with other variables."""
        return replace(self, variables=self.variables | changed)

    def finds(self, check: str) -> Finding:
        facts = Facts(self.settings, self.variables, self.machine)
        ((_, finding),) = examine([BY_NAME[check]], facts, PATIENCE)
        return finding

    def calls_wrong(self, check: str, words: str) -> Finding:
        """What it says, once it finds that."""

        def probe() -> Finding | None:
            finding = self.finds(check)
            return finding if finding.ok is False and words in finding.detail else None

        return wait_for(probe, timeout=PATIENCE, failure=f"{check} never said {words!r}")

    def is_content(self, check: str) -> None:
        """Return once the check is; some cures take a moment until they are seen."""
        seen: list[Finding] = []

        def probe() -> bool:
            seen.append(self.finds(check))
            return seen[-1].ok is True

        try:
            wait_for(probe, timeout=PATIENCE, failure=f"{check} did not become well")
        except Exception as error:
            error.add_note(str(seen[-1]))
            raise

    def follows(self, finding: Finding, number: int = 0, **given: str) -> str:
        """Run the command of that number; one of `aws` in a shell that has nothing exported."""
        command = quoted(finding)[number]
        for name, value in given.items():
            command = command.replace(name, value)
        return run(command, **({} if " aws " in f" {command}" else self.variables))


@pytest.fixture(scope="module")
def embedded(engine: Engine, system: Settings) -> Settings:
    if engine is not Engine.EMBEDDED:
        pytest.skip("the cures are those of an embedded environment")
    return system


NAMES = {
    "FUNCTION_NAME": "cures",
    "KINESIS_STREAM_INPUT": "cures-in",
    "PREDICTIONS_STREAM_NAME": "cures-out",
    "FUNCTION_ROLE_NAME": "cures",
    "MODEL_NAME": "cures",
}


@pytest.fixture(scope="module")
def doctor(embedded: Settings, make_system: MakeSystem, prepared: PreparedModel) -> Doctor:
    """Of a system of this module's own, beside the tests' one, with a model of its own."""
    made = Doctor({**os.environ, **NAMES})
    make_system(made.settings, ModelSource(PIPELINES["ride"], training=lambda: prepared))
    return made


@pytest.fixture(scope="module")
def registry(doctor: Doctor) -> Registry:
    return Registry(doctor.settings.mlflow_tracking_uri)


def another_version(doctor: Doctor, prepared: PreparedModel, registry: Registry) -> ModelVersion:
    """A further version of the system's model, which is no champion."""
    return publish(prepared, doctor.settings, registry)


def delete_files(uri: str, aws: Aws) -> None:
    place = urllib.parse.urlsplit(uri)
    listed = aws.s3.list_objects_v2(Bucket=place.netloc, Prefix=place.path.strip("/"))
    for item in listed["Contents"]:
        aws.s3.delete_object(Bucket=place.netloc, Key=item["Key"])


def delete_alias(doctor: Doctor) -> None:
    settings = doctor.settings
    route = f"{settings.mlflow_tracking_uri}/api/2.0/mlflow/registered-models/alias"
    body = json.dumps({"name": settings.model_name, "alias": settings.model_alias}).encode()
    header = {"Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(route, body, header, method="DELETE")):
        pass


def change_variables(doctor: Doctor, aws: Aws, **changed: str) -> None:
    """Of the system's function."""
    name = doctor.settings.function_name
    there = aws.functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    aws.functions.update_function_configuration(
        FunctionName=name, Environment={"Variables": {**there, **changed}}
    )
    aws.functions.get_waiter("function_updated_v2").wait(FunctionName=name)


def mapping_uuid(doctor: Doctor, aws: Aws) -> str:
    settings = doctor.settings
    arn = stream_arn(settings.input_stream, aws)
    found = find_mapping(settings.function_name, arn, aws)
    assert found is not None
    return found["UUID"]


# ---- the system that the bootstrap makes


@pytest.mark.cures("streams: ride_predictions not in us-east-1")
@pytest.mark.cures("registry: has no ride-duration@champion")
@pytest.mark.cures("function: there is no function")
@pytest.mark.cures("mapping: there is none from ride_events")
def test_what_is_missing_is_made(doctor: Doctor, aws: Aws) -> None:
    """By one command, whatever of it is missing."""
    aws.functions.delete_event_source_mapping(UUID=mapping_uuid(doctor, aws))
    wait_for(
        lambda: doctor.finds("mapping").ok is False, timeout=PATIENCE, failure="it is still there"
    )
    aws.functions.delete_function(FunctionName="cures")
    aws.kinesis.delete_stream(StreamName="cures-out")
    aws.kinesis.get_waiter("stream_not_exists").wait(StreamName="cures-out")
    delete_alias(doctor)
    findings = [
        doctor.calls_wrong("streams", "cures-out not in us-east-1"),
        doctor.calls_wrong("registry", "has no cures@champion"),
        doctor.calls_wrong("function", "there is no function cures"),
        doctor.calls_wrong("mapping", "there is none from cures-in to cures"),
    ]
    assert {quoted(finding)[0] for finding in findings} == {"devenv bootstrap"}
    doctor.follows(findings[0])
    for check in ("streams", "registry", "function", "mapping"):
        doctor.is_content(check)


@pytest.mark.cures("function: stream-model-duration:0123456789ab, was made before")
@pytest.mark.cures("mapping: it is Disabled")
@pytest.mark.cures(
    "registry: is version 2 at s3://mlflow-models/models/m-1/artifacts, and the function loads s3://old"
)
@pytest.mark.cures("predictions: TEST_RUN=True")
def test_what_differs_is_put_right(
    doctor: Doctor, aws: Aws, prepared: PreparedModel, registry: Registry
) -> None:
    """By the same command."""
    made = another_version(doctor, prepared, registry)
    registry.set_alias(made.name, "champion", made.version)
    aws.functions.update_function_code(
        FunctionName="cures", ImageUri="stream-model-duration:0123456789ab"
    )
    aws.functions.get_waiter("function_updated_v2").wait(FunctionName="cures")
    change_variables(doctor, aws, TEST_RUN="True")
    aws.functions.update_event_source_mapping(UUID=mapping_uuid(doctor, aws), Enabled=False)
    findings = [
        doctor.calls_wrong("registry", f"is version {made.version} at"),
        doctor.calls_wrong("function", "stream-model-duration:0123456789ab, was made before"),
        doctor.calls_wrong("mapping", "it is Disabled"),
        doctor.calls_wrong("predictions", "TEST_RUN=True"),
    ]
    assert {quoted(finding)[0] for finding in findings} == {"devenv bootstrap"}
    doctor.follows(findings[0])
    for check in ("registry", "function", "mapping"):
        doctor.is_content(check)
    run(f"devenv put {' '.join(RIDE)}", **doctor.variables)
    doctor.is_content("predictions")


@pytest.mark.cures("registry: RUN_ID is 1f, and the function has the champion")
@pytest.mark.cures(
    "registry: the model of run 1f should be at s3://mlflow-models/models/m-1/artifacts, and"
)
def test_a_run_is_deployed_and_the_champion_again(
    doctor: Doctor, aws: Aws, prepared: PreparedModel, registry: Registry
) -> None:
    """While the run's is deployed, the doctor knows it without RUN_ID, and so does `status`."""
    made = another_version(doctor, prepared, registry)
    wanting = doctor.on(RUN_ID=str(made.run_id))
    finding = wanting.calls_wrong("registry", f"RUN_ID is {made.run_id}, and the function has")
    wanting.follows(finding)
    wanting.is_content("registry")
    assert f"run {made.run_id}'s, as RUN_ID said" in doctor.finds("registry").detail
    status = " ".join(run("devenv status", **doctor.variables).split())
    assert f"version {made.version} cures, run {made.run_id}" in status
    delete_files(registry.artifact_uri(made), aws)
    finding = doctor.calls_wrong("registry", f"the model of run {made.run_id} should be at")
    doctor.follows(finding)
    doctor.is_content("registry")


@pytest.mark.cures("registry: has nothing there")
@pytest.mark.cures("model_versions: scikit-learn 1.0.2, and the function has 1.9.1")
def test_a_champion_that_can_not_be_loaded(
    doctor: Doctor, aws: Aws, prepared: PreparedModel, registry: Registry
) -> None:
    """It is trained anew by the versions that are here, as docs/training.md does, or since it's
    gone; the bootstrap refuses to deploy what would fail."""
    champion = registry.version_with_alias("cures", "champion")
    assert champion is not None
    place = urllib.parse.urlsplit(registry.artifact_uri(champion))
    at = {"Bucket": place.netloc, "Key": f"{place.path.strip('/')}/MLmodel"}
    text = aws.s3.get_object(**at)["Body"].read().decode()
    aws.s3.put_object(**at, Body=text.replace("sklearn_version: ", "sklearn_version: 0.").encode())
    finding = doctor.calls_wrong("model_versions", "it was saved by scikit-learn 0.")
    assert "docs/training.md has a cell to run" in str(finding.cure)
    refused = subprocess.run(
        (sys.executable, "-m", "devenv", "bootstrap"),
        cwd=ROOT,
        env=bare() | doctor.variables,
        capture_output=True,
        check=False,
    )
    assert refused.returncode == 2
    assert b"give it the alias champion" in refused.stderr
    made = another_version(doctor, prepared, registry)  # As the cell does.
    registry.set_alias(made.name, "champion", made.version)
    doctor.follows(finding)
    doctor.is_content("model_versions")

    delete_files(registry.artifact_uri(made), aws)
    doctor.follows(doctor.calls_wrong("registry", "has nothing there"))
    doctor.is_content("registry")


@pytest.mark.cures("mapping: PROBLEM: Function call failed' (6 retries, 2 records given up)")
@pytest.mark.cures(
    "mapping: PROBLEM: Function call failed' (6 retries, 2 records given up): it rejected record 7"
)
@pytest.mark.cures("invocations: it rejected record 7 (data: expected JSON)")
def test_a_rejected_record_is_told_by_its_number(doctor: Doctor, aws: Aws) -> None:
    """And is past once a ride is put as the pipeline has it."""
    put = aws.kinesis.put_record(StreamName="cures-in", Data=b"Hello", PartitionKey="1")
    words = f"it rejected record {put['SequenceNumber']} (data: expected "
    assert "PROBLEM" in doctor.calls_wrong("mapping", words).detail
    finding = doctor.calls_wrong("invocations", words)
    assert quoted(finding)[0] == "devenv put"
    run(f"{quoted(finding)[0]} {' '.join(RIDE)}", **doctor.variables)
    doctor.is_content("invocations")
    doctor.is_content("mapping")


@pytest.mark.cures("predictions: publishes to ride_prediction,")
def test_the_stream_that_the_function_publishes_to_is_read(doctor: Doctor) -> None:
    """By the variable that the cure names."""
    run(f"devenv put {' '.join(RIDE)}", **doctor.variables)
    misread = doctor.on(PREDICTIONS_STREAM_NAME="ride_predictions")
    finding = misread.calls_wrong("predictions", "publishes to cures-out, and ride_predictions is")
    assert "set PREDICTIONS_STREAM_NAME=cures-out in .env" in str(finding.cure)
    doctor.is_content("predictions")


# ---- zip functions

TO_STREAM = """
import boto3, os
def handler(event, context):
    boto3.client("kinesis").put_record(
        StreamName=os.environ["PREDICTIONS_STREAM_NAME"], Data=b"1", PartitionKey="1"
    )
"""
WELL = "def handler(event, context): return 1"


@pytest.fixture
def by_hand(embedded: Settings, functions: Functions) -> Iterator["ByHand"]:
    made = ByHand(functions)
    yield made
    made.remove()


@dataclass
class ByHand:
    """Somebody's zip function, made without the bootstrap, and its doctor."""

    functions: Functions

    @property
    def aws(self) -> Aws:
        return self.functions.aws

    @property
    def name(self) -> str:
        return f"{self.functions.prefix}-0"

    @property
    def doctor(self) -> Doctor:
        streams = {
            "KINESIS_STREAM_INPUT": f"{self.name}-in",
            "PREDICTIONS_STREAM_NAME": f"{self.name}-out",
        }
        return Doctor({**os.environ, "FUNCTION_NAME": self.name, **streams})

    def create(self, source: str = WELL, **given: Any) -> None:
        role = make_role(self.aws.iam, self.name)
        self.functions.create(source, Role=role, **given)

    def invoke(self) -> str | None:
        """The error that it ends with."""
        return self.functions.invoke(self.name).error

    def follows(self, finding: Finding, number: int = 0, **given: str) -> None:
        self.doctor.follows(finding, number, **given)
        self.functions.await_state(self.name, "Active")

    def remove(self) -> None:
        iam = self.aws.iam
        for policy in iam.list_role_policies(RoleName=self.name)["PolicyNames"]:
            iam.delete_role_policy(RoleName=self.name, PolicyName=policy)
        for stream in (f"{self.name}-in", f"{self.name}-out"):
            with_stream = self.aws.kinesis.exceptions.ResourceNotFoundException
            try:
                self.aws.kinesis.delete_stream(StreamName=stream)
            except with_stream:
                continue


def failing(by_hand: ByHand, words: str) -> Finding:
    """What the doctor says of the function, which has just failed."""
    assert by_hand.invoke() == "Unhandled"
    return by_hand.doctor.calls_wrong("invocations", words)


def well_again(by_hand: ByHand) -> None:
    assert by_hand.invoke() is None
    by_hand.doctor.is_content("invocations")


@pytest.mark.cures("known error: there is no function {function} in {file}.py")
@pytest.mark.cures("known error: the handler names {file}.py, which isn't in the function's code")
@pytest.mark.cures("known error: the handler isn't of the form FILE.FUNCTION")
def test_a_mistyped_handler(by_hand: ByHand) -> None:
    """Of function, file or form."""
    by_hand.create(Handler="app.handlr")
    for words, mistyped in (
        ("there is no function handlr in app.py", "ap.handler"),
        ("the handler names ap.py, which isn't in the function's code", "handler"),
        ("the handler isn't of the form FILE.FUNCTION", None),
    ):
        finding = failing(by_hand, words)
        by_hand.follows(finding, FILE="app", FUNCTION="handler")
        well_again(by_hand)
        if mistyped:
            by_hand.aws.functions.update_function_configuration(
                FunctionName=by_hand.name, Handler=mistyped
            )
            by_hand.functions.await_state(by_hand.name, "Active")


WHEEL = {
    "carrier/__init__.py": "",
    "carrier-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: carrier\nVersion: 1\n",
    "carrier-1.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "carrier-1.dist-info/RECORD": "",
}


@pytest.mark.cures(
    "known error: the function imports {module}, which isn't installed where it runs"
)
@pytest.mark.cures("known error: the function's module can't be imported")
def test_a_missing_package_and_a_syntax_error(by_hand: ByHand, tmp_path: Path) -> None:
    """The commands are run where the function's file is, with a package index of this test's."""
    by_hand.create("import carrier\n" + WELL)
    finding = failing(by_hand, "the function imports carrier, which isn't installed")
    (tmp_path / "carrier-1-py3-none-any.whl").write_bytes(zipped(WHEEL))
    (tmp_path / "app.py").write_text("import carrier\n" + WELL)
    index = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path)}
    run(f"{sys.executable} -m zipfile -c function.zip app.py", tmp_path)
    for command in quoted(finding)[:3]:
        run(command, tmp_path, **index)
    by_hand.functions.await_state(by_hand.name, "Active")
    well_again(by_hand)

    broken = zipped({"app.py": "def handler(event, context) return 1"})
    by_hand.aws.functions.update_function_code(FunctionName=by_hand.name, ZipFile=broken)
    by_hand.functions.await_state(by_hand.name, "Active")
    finding = failing(by_hand, "the function's module can't be imported")
    run(quoted(finding)[1], tmp_path)
    by_hand.functions.await_state(by_hand.name, "Active")
    well_again(by_hand)


@pytest.mark.cures("known error: the function's role may not {action} on {resource}")
@pytest.mark.cures(
    "role: kinesis:PutRecords on "
    "arn:aws:kinesis:us-east-1:000000000000:stream/ride_predictions (3 times)"
)
@pytest.mark.cures("known error: it writes to the stream {stream}, which isn't there")
def test_a_role_that_may_not_and_a_stream_that_is_not_there(by_hand: ByHand) -> None:
    """First the role, then, now that it may, the stream."""
    variables = {"PREDICTIONS_STREAM_NAME": f"{by_hand.name}-out"}
    by_hand.create(TO_STREAM, Environment={"Variables": variables})
    finding = failing(by_hand, "the function's role may not kinesis:PutRecord on arn:aws:kinesis")
    assert f"stream/{by_hand.name}-out (" in by_hand.doctor.calls_wrong("role", "denied").detail
    by_hand.follows(finding)
    finding = failing(by_hand, f"it writes to the stream {by_hand.name}-out, which isn't there")
    by_hand.doctor.is_content("role")
    by_hand.follows(finding)
    by_hand.aws.kinesis.get_waiter("stream_exists").wait(StreamName=f"{by_hand.name}-out")
    well_again(by_hand)


HUNGRY = """
import re
kept = []
def handler(event, context):
    with open("/proc/self/status") as status:
        used = int(re.search(r"VmRSS:\\s+(\\d+) kB", status.read())[1]) / 1000
    kept.append(b"x" * int((0.95 * 256 - used) * 1e6))
"""


@pytest.mark.cures("sizing: its timeout is 3 s, Lambda's default")
@pytest.mark.cures("sizing: used 127 of its 128 MB")
def test_a_function_with_too_little_memory_and_time(by_hand: ByHand) -> None:
    """Each is known to be enough once the function has run with it."""
    by_hand.create(HUNGRY, Timeout=3, MemorySize=256)
    assert by_hand.invoke() is None
    by_hand.follows(by_hand.doctor.calls_wrong("sizing", "of its 256 MB"))
    assert by_hand.invoke() is None
    by_hand.follows(by_hand.doctor.calls_wrong("sizing", "its timeout is 3 s, Lambda's default"))
    assert by_hand.invoke() is None
    by_hand.doctor.is_content("sizing")


SLOW = "import time\ndef handler(event, context): time.sleep(1.5)"


@pytest.mark.cures("invocations: timeout of 3.00 s")
@pytest.mark.cures(
    "known error: it was cut off at its timeout of {seconds} s (Lambda's default is 3)"
)
def test_a_function_that_is_cut_off(by_hand: ByHand) -> None:
    by_hand.create(SLOW, Timeout=1)
    by_hand.follows(failing(by_hand, "it was cut off at its timeout of 1.00 s"))
    well_again(by_hand)


@pytest.mark.cures("streams: ride_events and ride_predictions not in us-east-1")
@pytest.mark.cures("mapping: there is none from ride_events to ride-duration-prediction")
@pytest.mark.cures("mapping: it is Disabling")
def test_streams_and_mapping_of_a_zip_function(by_hand: ByHand) -> None:
    """By AWS's own commands: the bootstrap makes no function beside it."""
    by_hand.create()
    finding = by_hand.doctor.calls_wrong("streams", f"{by_hand.name}-in and {by_hand.name}-out not")
    by_hand.doctor.follows(finding, 0)
    by_hand.doctor.follows(finding, 1)
    by_hand.doctor.is_content("streams")
    by_hand.doctor.follows(by_hand.doctor.calls_wrong("mapping", "there is none from"))
    by_hand.doctor.is_content("mapping")
    uuid = mapping_uuid(by_hand.doctor, by_hand.aws)
    by_hand.aws.functions.update_event_source_mapping(UUID=uuid, Enabled=False)
    by_hand.doctor.follows(by_hand.doctor.calls_wrong("mapping", "it is Disabl"))
    by_hand.doctor.is_content("mapping")
    by_hand.aws.functions.delete_event_source_mapping(UUID=uuid)


@pytest.mark.cures("function: is Failed: no bootstrap")
@pytest.mark.cures("predictions: TEST_RUN=True: it predicts")
def test_a_zip_function_that_failed_and_one_that_publishes_nothing(
    by_hand: ByHand, tmp_path: Path
) -> None:
    """Its code is put right, and its variables."""
    by_hand.create(WELL, Runtime="provided.al2023", Handler="x", wait=False)
    by_hand.functions.await_state(by_hand.name, "Failed")
    finding = by_hand.doctor.calls_wrong("function", "is Failed: ")
    bootstrap = {"bootstrap": "#!/bin/sh\nexit 1\n"}
    (tmp_path / "function.zip").write_bytes(zipped(bootstrap, ("bootstrap",)))
    run(quoted(finding)[0], tmp_path)
    by_hand.functions.await_state(by_hand.name, "Active")
    by_hand.doctor.is_content("function")
    by_hand.aws.functions.update_function_configuration(
        FunctionName=by_hand.name, Environment={"Variables": {"TEST_RUN": "True", "RUN_ID": "1"}}
    )
    by_hand.functions.await_state(by_hand.name, "Active")
    by_hand.follows(by_hand.doctor.calls_wrong("predictions", "TEST_RUN=True: it predicts"))
    variables = by_hand.aws.functions.get_function_configuration(FunctionName=by_hand.name)
    assert variables["Environment"]["Variables"] == {"TEST_RUN": "False", "RUN_ID": "1"}
    assert by_hand.doctor.finds("predictions").ok is not False


# ---- this machine, and what it has exported


@pytest.fixture
def alone(tmp_path: Path) -> Doctor:
    """Of an environment that has never run."""
    variables = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}",
        "AWS_DEFAULT_REGION": "us-east-1",
        "DEVENV_HOME": str(tmp_path / "home"),
    }
    (tmp_path / "home" / "run").mkdir(parents=True)
    return Doctor({**bare(), **variables})


@pytest.mark.cures("ports: 5000 is taken by ControlCenter, process 412")
@pytest.mark.cures(
    "endpoint: something answers at http://127.0.0.1:4566, but not as AWS does: it is nginx"
)
def test_another_program_where_the_emulator_would_listen(
    alone: Doctor, embedded: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is stopped, or another address is set: here the one of an emulator that runs."""
    port = free_port()
    url, serve = f"http://127.0.0.1:{port}", ("-m", "http.server", "--bind", "127.0.0.1", str(port))
    with subprocess.Popen((sys.executable, *serve), stderr=subprocess.DEVNULL) as server:
        taken = alone.on(AWS_ENDPOINT_URL=url)
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)  # botocore's clients read it themselves.
        finding = taken.calls_wrong("ports", f"{port} is taken by ")
        assert "set AWS_ENDPOINT_URL to another port" in str(finding.cure)
        alone.is_content("ports")
        finding = taken.calls_wrong("endpoint", f"something answers at {url}, but not as AWS does")
        assert "set AWS_ENDPOINT_URL to the emulator's address" in str(finding.cure)
        taken.on(AWS_ENDPOINT_URL=str(embedded.endpoint_url)).is_content("endpoint")
        server.terminate()
    taken.is_content("ports")


@pytest.mark.cures("leftovers: ControlCenter, process 412 runs on")
@pytest.mark.cures("leftovers: process 77 is starting or stopping")
def test_processes_that_an_old_run_has_left(alone: Doctor) -> None:
    """One that holds the lock is ended by its number, one whose parent is gone by `devenv down`."""
    home = alone.settings.home
    holds = f"import fcntl, time; f = open({str(home / 'run' / 'lock')!r}, 'w'); "
    holds += "fcntl.flock(f, fcntl.LOCK_EX); print('held', flush=True); time.sleep(600)"
    with subprocess.Popen((sys.executable, "-c", holds), stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        finding = alone.calls_wrong("leftovers", f"process {holder.pid} is starting or stopping")
        alone.follows(finding)
        holder.wait(PATIENCE)
    alone.is_content("leftovers")
    orphan = "sleep 600 >/dev/null 2>&1 & disown"
    run(orphan, **alone.variables, DEVENV_INSTANCE=str(home))
    alone.follows(alone.calls_wrong("leftovers", "sleep, process "))
    alone.is_content("leftovers")


@pytest.mark.cures("proxy: HTTP_PROXY=http://proxy:3128")
@pytest.mark.cures("region: AWS_REGION is eu-west-1")
@pytest.mark.cures("region: none is set")
def test_variables_that_are_exported_or_not(alone: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cure is typed into the shell that has them."""
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(alone.root / "nowhere"))
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    for check, words, changed in (
        ("proxy", "HTTP_PROXY=http://proxy:3128", {"http_proxy": "http://proxy:3128"}),
        ("region", "AWS_REGION is eu-west-1", {"AWS_REGION": "eu-west-1"}),
    ):
        sick = alone.on(**changed)
        (command, *_) = quoted(sick.calls_wrong(check, words))
        replace(sick, variables=changed_by(command, sick.variables)).is_content(check)
    nowhere = {n: v for n, v in alone.variables.items() if n != "AWS_DEFAULT_REGION"}
    finding = replace(alone, variables=nowhere).calls_wrong("region", "none is set")
    assert "Set AWS_DEFAULT_REGION=us-east-1 in .env or the shell" in str(finding.cure)
    alone.is_content("region")


@pytest.mark.cures("region: ride_events is not in us-east-1, but in eu-west-1")
def test_the_region_of_the_profile(
    embedded: Settings, aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the streams are is where they're looked for, once the variable says so."""
    (tmp_path / "config").write_text("[default]\nregion = eu-west-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    there = Aws(replace(embedded, region="eu-west-1"))
    there.kinesis.create_stream(StreamName="cures-elsewhere", ShardCount=1)
    sick = Doctor({**os.environ, "KINESIS_STREAM_INPUT": "cures-elsewhere"})
    finding = sick.calls_wrong("region", "cures-elsewhere is not in us-east-1, but in eu-west-1")
    assert "Set AWS_DEFAULT_REGION=eu-west-1 in .env" in str(finding.cure)
    sick.on(AWS_DEFAULT_REGION="eu-west-1").is_content("region")
    there.kinesis.delete_stream(StreamName="cures-elsewhere")


@pytest.mark.cures("aws_cli: aws-cli/2.31.2, which takes --data for base64 (`Invalid base64`)")
def test_the_cli_is_told_how_data_is_typed(
    alone: Doctor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its own command, which writes a line into its configuration."""

    class WithV2(Machine):
        def which(self, program: str) -> str | None:
            return "/usr/local/bin/aws"

        def cli_version(self, path: str) -> str:
            return "aws-cli/2.31.2 Python/3.13.7"

    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "nowhere"))
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    sick = replace(alone, machine=WithV2())
    command = quoted(sick.calls_wrong("aws_cli", "takes --data for base64"))[0]
    run(command, AWS_CONFIG_FILE=str(tmp_path / "config"))
    sick.is_content("aws_cli")


@pytest.mark.cures("aws_cli: refuses --cli-binary-format and sends `aws sqs` to AWS")
def test_the_cli_of_an_activated_environment(alone: Doctor) -> None:
    """Is another than the CLI 1 that was there before."""

    class WithV1(Machine):
        def which(self, program: str) -> str | None:
            return "/usr/bin/aws"

        def cli_version(self, path: str) -> str:
            return "aws-cli/1.44.44 Python/3.13.7"

    class Activated(Machine):
        def which(self, program: str) -> str | None:
            return run(f"{activate}; command -v {program}").strip()

    setup, activate, _ = quoted(
        replace(alone, machine=WithV1()).calls_wrong("aws_cli", "refuses --cli-binary-format")
    )
    assert setup == "scripts/setup"  # Which has made what these tests run in.
    replace(alone, machine=Activated()).is_content("aws_cli")


@pytest.mark.cures("credentials: there are none")
@pytest.mark.cures(
    "credentials: boto3 can't read them: The config profile (work) could not be found"
)
def test_credentials_that_are_not_there(tmp_path: Path) -> None:
    """The example has some, and a profile's name may be mistyped: by the command line, which reads
    .env."""
    (tmp_path / ".env.example").write_text((ROOT / ".env.example").read_text())
    nowhere = {
        "AWS_CONFIG_FILE": str(tmp_path / "nowhere"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "nowhere"),
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}",
        "AWS_DEFAULT_REGION": "us-east-1",
    }

    def finds(**environ: str) -> dict[str, Any]:
        told = run("devenv doctor --json || true", tmp_path, **nowhere, **environ)
        checks: list[dict[str, Any]] = [json.loads(line) for line in told.splitlines()]
        return next(c for c in checks if c["name"] == "The credentials fit the endpoint")

    found = finds()
    assert (found["ok"], "there are none" in found["detail"]) == (False, True)
    run(quoted(Finding(False, "", found["cure"]))[0], tmp_path)
    assert finds()["ok"] is True
    mistyped = finds(AWS_PROFILE="work")
    assert mistyped["ok"] is False
    assert "The config profile (work) could not be found" in mistyped["detail"]
    assert "Check AWS_PROFILE" in mistyped["cure"]
