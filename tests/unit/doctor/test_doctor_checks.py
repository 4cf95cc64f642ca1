"""A check is content with a healthy system; of a sick one it says what is wrong, and the cure."""

import ast
import json
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ProfileNotFound
from fake_aws import client_error
from patient import (
    MLMODEL,
    MODEL_URI,
    NOW_AS_DATE,
    ROLE,
    FakeCloudWatch,
    FakeDocker,
    FakeKinesis,
    FakeMachine,
    FakeS3,
    client,
    function,
    log,
    patient,
    report,
    system,
)

from devenv.aws import Signer
from devenv.doctor.checks import CHECKS
from devenv.doctor.endpoint import Endpoint, Page
from devenv.doctor.examination import Check, examine
from devenv.doctor.facts import Champion, Identity, NoAnswer, Stranger
from devenv.doctor.finding import Finding, Unknown, wrong
from devenv.doctor.function_log import Invocation
from devenv.doctor.machine import Program
from devenv.errors import Unreachable
from devenv.system import FunctionState, MappingState, ShardState, StreamState

BY_NAME: dict[str, Check] = {check.__name__.rpartition(".")[2]: check for check in CHECKS}

AWS = {"AWS_ENDPOINT_URL": ""}
OWN = Signer("AKIAIOSFODNN7EXAMPLE", False, "shared-credentials-file")
ON_AWS = {
    "environ": AWS,
    "signer": OWN,
    "endpoint": Endpoint("AWS"),
    "identity": Identity("123456789012", "arn:aws:iam::123456789012:user/me", NOW_AS_DATE),
}
PICKLED = MLMODEL.replace("serialization_format: skops", "serialization_format: cloudpickle")
STREAM_ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/ride_predictions"
PUT = {"role": ROLE, "action": "kinesis:PutRecords", "resource": STREAM_ARN}
ANOTHER = Program("ControlCenter", 412)


def look(name: str, root: Path, **given: Any) -> Finding:
    """What the check of that name finds; through `examine`, as the command does."""
    ((_, finding),) = examine([BY_NAME[name]], patient(root, **given))
    return finding


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout with locks, and an environment's folder in it."""
    locked = {"default": {"scikit-learn": {"version": "==1.9.1"}, "pandas": {}}}
    locked |= {"_meta": {"requires": {"python_version": "3.13"}}}
    (tmp_path / "Pipfile.lock").write_text(json.dumps(locked))
    (tmp_path / "requirements.lock").write_text("cbor2==5.7.1 \\\n    --hash=sha256:0\n")
    (tmp_path / ".devenv" / "run").mkdir(parents=True)
    return tmp_path


def pid_file(root: Path) -> None:
    """Of an emulator that has died."""
    running = {"name": "emulator", "pid": 2**22 + 1, "created": 0, "url": "http://127.0.0.1:4566"}
    (root / ".devenv" / "run" / "emulator.json").write_text(json.dumps(running))


def suspect_file(root: Path) -> None:
    """The mark of an emulator that came upon damage."""
    folder = root / ".devenv" / "emulator" / "kinesis"
    folder.mkdir(parents=True)
    (folder / "kinesis.db.suspect").touch()


def refusing_log(root: Path) -> None:
    """Of an emulator that would not start."""
    log = root / ".devenv" / "logs" / "emulator.log"
    log.parent.mkdir()
    log.write_text("devenv: kinesis.db was written by a newer devenv (schema 2 …). Use that.\n")


def permissions(*uses: dict[str, Any]) -> dict[str, Page]:
    return {"/_devenv/permissions": Page(200, json.dumps(uses).encode())}


def stuck() -> MappingState:
    shard = ShardState("shardId-000000000000", 0, 7, 7, 6, 0, 2, 9)
    return MappingState("Enabled", "PROBLEM: Function call failed", "the-uuid", [shard])


@dataclass
class Sick:
    """A reason for which a check fails, and words that it has to say."""

    check: str
    words: str
    cure: str
    given: dict[str, Any]
    prepare: Callable[[Path], object] = lambda root: None

    def __str__(self) -> str:
        return f"{self.check}: {self.words}"


ZIPPED = function(PackageType="Zip", Handler="app.handler", Runtime="python3.13", Role=ROLE)
BY_HAND = system(
    streams=[StreamState(n, "ACTIVE", 1, f"arn:{n}") for n in ("ride_events", "ride_predictions")],
    mapping=MappingState("Disabling", None, "the-uuid"),
)


def streams(*states: str) -> dict[str, Any]:
    names = ("ride_events", "ride_predictions")
    return {"system": system(streams=[StreamState(*s) for s in zip(names, states, strict=True)])}


def machine(**given: Any) -> dict[str, Any]:
    return {"machine": FakeMachine(**given)}


def image(**given: Any) -> dict[str, Any]:
    return {"docker": FakeDocker({"Architecture": "amd64", **given})}


def state(*values: str | None) -> dict[str, Any]:
    return {"system": system(function=FunctionState("ride-duration-prediction", *values))}


V2 = {"/usr/local/bin/aws": "aws-cli/2.31.2 Python/3.13.7 Linux/6.8 exe/x86_64"}
NOT_JSON = "data: expected JSON"
INIT_CUT = "INIT_REPORT Init Duration: 10000.00 ms\tPhase: init\tStatus: timeout"
REJECTED = json.dumps(
    {"level": "WARNING", "message": "rejected", "sequence_number": "7", "reason": NOT_JSON}
)
TIMED_OUT = "2026-01-01T00:00:00.000Z 1 Task timed out after 3.00 seconds"

SICK = [
    Sick("python", "3.14.0", "scripts/setup", machine(python="3.14.0")),
    Sick(
        "packages",
        "cbor2 6.0 rather than 5.7.1",
        "scripts/setup",
        machine(packages={"cbor2": "6.0"}),
    ),
    Sick("disk", "0.2 GB free", "DEVENV_HOME", machine(free=0.2e9)),
    Sick(
        "ports",
        "5000 is taken by ControlCenter, process 412",
        "MLFLOW_TRACKING_URI to another port",
        machine(listeners={5000: ANOTHER}),
    ),
    Sick("leftovers", "emulator has ended without", "devenv down", {}, pid_file),
    Sick("leftovers", "ControlCenter, process 412 runs on", "devenv down", machine(left=[ANOTHER])),
    Sick("leftovers", "process 77 is starting or stopping", "kill 77", machine(holder=77)),
    Sick(
        "leftovers",
        "emulator is gone: ride-1",
        "docker rm -f ride-1",
        {"docker": FakeDocker({}, ("ride-1", "devenv-localstack-1"))},
    ),
    Sick("state", "kinesis.db was found damaged while", "`devenv up -d`", {}, suspect_file),
    Sick(
        "state",
        "kinesis.db was written by a newer devenv",
        "Do what it says",
        {},
        refusing_log,
    ),
    Sick(
        "proxy",
        "HTTP_PROXY=http://proxy:3128",
        "NO_PROXY=127.0.0.1",
        {"environ": {"http_proxy": "http://proxy:3128", "NO_PROXY": "example.com"}},
    ),
    Sick(
        "aws_cli",
        "aws-cli/2.31.2, which takes --data for base64 (`Invalid base64`)",
        "aws configure set cli_binary_format raw-in-base64-out",
        machine(programs=V2),
    ),
    Sick(
        "aws_cli",
        "refuses --cli-binary-format and sends `aws sqs` to AWS",
        "`scripts/setup`",
        machine(programs={"/usr/bin/aws": "aws-cli/1.44.44 Python/3.13.1"}),
    ),
    Sick(
        "endpoint",
        "runs without kinesis:devenv",
        "scripts/setup",
        {"endpoint": Endpoint("LocalStack", missing_plugins=("kinesis:devenv",))},
    ),
    Sick(
        "endpoint",
        "127.0.0.1:4566 does not answer (refused)",
        "`devenv up -d`",
        {"endpoint": NoAnswer("refused")},
    ),
    Sick(
        "endpoint",
        "something answers at http://127.0.0.1:4566, but not as AWS does: it is nginx",
        "set AWS_ENDPOINT_URL",
        {"endpoint": Stranger("it is nginx")},
    ),
    Sick(
        "credentials",
        "there are none",
        "`cp .env.example .env`",
        {"signer": Unknown("there are no credentials")},
    ),
    Sick(
        "credentials",
        "boto3 can't read them: The config profile (work) could not be found",
        "Check AWS_PROFILE",
        {"signer": ProfileNotFound(profile="work")},
    ),
    Sick(
        "credentials",
        "AWS refused AKIA… from shared-credentials-file (ExpiredToken)",
        "take new ones",
        ON_AWS | {"identity": client_error("ExpiredToken")},
    ),
    Sick(
        "credentials",
        "emulator's credentials (test)",
        "Remove AWS_ACCESS_KEY_ID",
        ON_AWS | {"signer": Signer("test", False, "env")},
    ),
    Sick(
        "credentials",
        "a session token of other credentials",
        "unset AWS_SESSION_TOKEN",
        ON_AWS | {"signer": replace(OWN, temporary=True)},
    ),
    Sick(
        "region",
        "AWS_REGION is eu-west-1",
        "unset AWS_REGION",
        {"environ": {"AWS_REGION": "eu-west-1"}},
    ),
    Sick(
        "region",
        "none is set",
        "AWS_DEFAULT_REGION=us-east-1",
        {"environ": {"AWS_DEFAULT_REGION": ""}},
    ),
    Sick(
        "region",
        "the profile's is eu-west-1",
        "AWS_DEFAULT_REGION=eu-west-1",
        ON_AWS | {"profile": {"region": "eu-west-1"}},
    ),
    Sick(
        "region",
        "ride_events is not in us-east-1, but in eu-west-1",
        "devenv bootstrap",
        streams("MISSING", "MISSING") | {"profile": {"region": "eu-west-1"}},
    ),
    Sick(
        "clock",
        "301 s ahead: AWS refuses",
        "timedatectl",
        {"pages": {"/_localstack/health": Page(200, b"{}", "Fri, 15 Jan 2027 07:54:59 GMT")}},
    ),
    Sick(
        "clock",
        "3600 s behind",
        "timedatectl",
        ON_AWS | {"identity": Identity("1", "arn", "Fri, 15 Jan 2027 09:00:00 GMT")},
    ),
    Sick(
        "streams",
        "ride_predictions not in us-east-1",
        "PREDICTIONS_STREAM_NAME",
        streams("ACTIVE", "MISSING"),
    ),
    Sick(
        "streams",
        "ride_events and ride_predictions not in us-east-1",
        "`aws kinesis create-stream --shard-count 1 --stream-name ride_predictions",
        streams("MISSING", "MISSING") | {"function": ZIPPED},
    ),
    Sick("streams", "ride_events is DELETING", "Wait", streams("DELETING", "ACTIVE")),
    Sick("registry", "has no ride-duration@champion", "devenv bootstrap", {"champion": None}),
    Sick(
        "registry",
        "MLflow at http://127.0.0.1:5000 does not answer",
        "`devenv up -d`",
        {"champion": Unreachable("MLflow at http://127.0.0.1:5000 does not answer")},
    ),
    Sick(
        "registry", "has nothing there", "the same S3", {"clients": client(s3=FakeS3(mlmodel=None))}
    ),
    Sick(
        "registry",
        f"is version 2 at {MODEL_URI}, and the function loads s3://old",
        "devenv bootstrap",
        {"champion": Champion("2", MODEL_URI), "function": function({"MODEL_URI": "s3://old"})},
    ),
    Sick(
        "model_versions",
        "scikit-learn 1.0.2, and the function has 1.9.1",
        "Pipfile",
        {"clients": client(s3=FakeS3(mlmodel="flavors: {sklearn: {sklearn_version: 1.0.2}}"))},
    ),
    Sick(
        "model_versions",
        "Python 3.9, and the function has 3.13",
        "Train the model",
        {"clients": client(s3=FakeS3(mlmodel=PICKLED.replace("3.13.5", "3.9.6")))},
    ),
    Sick("function", "there is no function", "devenv bootstrap", state("Missing")),
    Sick(
        "function", "is Failed: no such image", "devenv bootstrap", state("Failed", "no such image")
    ),
    Sick(
        "function",
        "is Failed: no bootstrap",
        "`aws lambda update-function-code --function-name ride-duration-prediction "
        "--zip-file fileb://function.zip",
        state("Failed", "no bootstrap") | {"function": ZIPPED},
    ),
    Sick("function", "is Pending", "Wait a moment", state("Pending")),
    Sick(
        "function",
        "stream-model-duration:0123456789ab, was made before",
        "devenv bootstrap",
        state("Active", None, "Successful", "stream-model-duration:0123456789ab"),
        lambda root: (root / "lambda_function.py").write_text(""),
    ),
    Sick(
        "image",
        "has an attestation beside it",
        "--provenance=false",
        image(Manifests=[{"Kind": "image"}, {"Kind": "attestation"}]),
    ),
    Sick(
        "image",
        "is a list of platforms",
        "--platform linux/amd64",
        image(Descriptor={"mediaType": "application/vnd.oci.image.index.v1+json"}),
    ),
    Sick(
        "image",
        "is made for arm64, and the function runs on amd64",
        "--platform linux/amd64",
        image(Architecture="arm64"),
    ),
    Sick(
        "sizing",
        "its timeout is 3 s, Lambda's default",
        "--timeout 15",
        {"function": function(Timeout=3)},
    ),
    Sick(
        "sizing",
        "longest invocation 14.0 s",
        "--timeout 33",
        {"invocations": [Invocation(1, report(duration=14_000, init=2300))]},
    ),
    Sick(
        "sizing",
        "init takes 9.5 s or more, and is cut at 10",
        "--memory-size 1024",
        {"invocations": [Invocation(1, report(init=9500))]},
    ),
    Sick("sizing", "and is cut at 10", "--memory-size 1024", {"invocations": log(INIT_CUT)}),
    Sick(
        "sizing",
        "used 127 of its 128 MB",
        "--memory-size 256",
        {"function": function(MemorySize=128), "invocations": [Invocation(1, report(used=127))]},
    ),
    Sick(
        "mapping",
        "there is none from ride_events",
        "devenv bootstrap",
        {"system": system(mapping=MappingState("Missing"))},
    ),
    Sick(
        "mapping",
        "it is Disabled",
        "devenv bootstrap",
        {"system": system(mapping=MappingState("Disabled"))},
    ),
    Sick(
        "mapping",
        "PROBLEM: Function call failed' (6 retries, 2 records given up)",
        "devenv logs function",
        {"system": system(mapping=stuck())},
    ),
    Sick(
        "mapping",
        "there is none from ride_events to ride-duration-prediction",
        "`aws lambda create-event-source-mapping --function-name ride-duration-prediction "
        "--event-source-arn arn:ride_events --starting-position LATEST",
        {"system": replace(BY_HAND, mapping=MappingState("Missing")), "function": ZIPPED},
    ),
    Sick(
        "mapping",
        "it is Disabling",
        "`aws lambda update-event-source-mapping --uuid the-uuid --enabled",
        {"system": BY_HAND, "function": ZIPPED},
    ),
    Sick(
        "lag",
        "90 s old",
        "ParallelizationFactor",
        {"clients": client(cloudwatch=FakeCloudWatch(12, 90_000))},
    ),
    Sick("invocations", "timeout of 3.00 s", "Raise the timeout", {"invocations": log(TIMED_OUT)}),
    Sick("invocations", "init took longer", "more memory", {"invocations": log(INIT_CUT)}),
    Sick(
        "invocations",
        "it rejected record 7 (data: expected JSON)",
        "--cli-binary-format raw-in-base64-out",
        {"invocations": log(REJECTED)},
    ),
    Sick(
        "mapping",
        "PROBLEM: Function call failed' (6 retries, 2 records given up): it rejected record 7",
        "devenv put",
        {"system": system(mapping=stuck()), "invocations": [*log(REJECTED), *log()]},
    ),
    Sick(
        "registry",
        "RUN_ID is 1f, and the function has the champion",
        "`devenv bootstrap` deploys that run's",
        {"environ": {"RUN_ID": "1f"}},
    ),
    Sick(
        "registry",
        "the model of run 1f should be at s3://mlflow-models/models/m-1/artifacts, and",
        "Set RUN_ID to a run that has a model",
        {
            "function": function({"RUN_ID": "1f", "MODEL_ALIAS": ""}),
            "clients": client(s3=FakeS3(mlmodel=None)),
        },
    ),
    Sick(
        "invocations",
        "[ERROR] Odd: nobody knows",
        "devenv logs function",
        {"invocations": log("[ERROR] Odd: nobody knows")},
    ),
    Sick(
        "role",
        f"kinesis:PutRecords on {STREAM_ARN} (3 times)",
        "put-role-policy --role-name lambda-kinesis-role",
        {"pages": permissions({**PUT, "allowed": False, "count": 3})},
    ),
    Sick(
        "predictions",
        "TEST_RUN=True",
        "Unset TEST_RUN",
        {"function": function({"TEST_RUN": "True"})},
    ),
    Sick(
        "predictions",
        "TEST_RUN=True: it predicts",
        "'Variables={MODEL_URI=s3://mlflow-models/models/m-1/artifacts,"
        "PREDICTIONS_STREAM_NAME=ride_predictions,TEST_RUN=False,TOKEN=…}'",
        {
            "function": function(
                {"TEST_RUN": "True", "TOKEN": "secret"}, PackageType="Zip", Role=ROLE
            )
        },
    ),
    Sick(
        "predictions",
        "publishes to ride_prediction,",
        "PREDICTIONS_STREAM_NAME",
        {"function": function({"PREDICTIONS_STREAM_NAME": "ride_prediction"})},
    ),
    Sick(
        "predictions",
        "ride_events holds rides, and ride_predictions nothing",
        "devenv logs function",
        {"clients": client(kinesis=FakeKinesis(ride_events=1))},
    ),
]


@pytest.mark.parametrize("sick", SICK, ids=str)
def test_what_is_wrong_is_said_with_its_cure(sick: Sick, root: Path) -> None:
    """And nothing else but a failure of that check's own subject does it."""
    sick.prepare(root)
    finding = look(sick.check, root, **sick.given)
    assert finding.ok is False, finding
    assert sick.words in finding.detail
    assert sick.cure in str(finding.cure)


@pytest.mark.parametrize("name", BY_NAME)
def test_a_healthy_system_is_well(name: str, root: Path) -> None:
    """Or there is a reason not to look."""
    well_known = {
        "machine": FakeMachine(
            packages={"cbor2": "5.7.1"},
            listeners={4566: Program("python", 10), 5000: Program("python", 11)},
            ours={10, 11},
            programs={"/checkout/.venv/bin/aws": "aws-cli/1.44.44 Python/3.13.1 devenv/0.1.0"},
        ),
        "pages": permissions({**PUT, "allowed": True, "count": 9}),
    }
    assert look(name, root, **well_known).ok is True


def test_every_way_of_being_wrong_is_in_the_table(root: Path) -> None:
    """Each place of a check that calls `wrong` is come to by one of these systems."""
    places = {
        (path.name, line)
        for path in (Path(check.__file__) for check in CHECKS)  # type: ignore[attr-defined]
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "wrong"
        for line in [node.lineno]
    }
    met: set[tuple[str, int]] = set()

    def note(frame: Any, event: str, argument: object) -> None:
        if event == "call" and frame.f_code is wrong.__code__:
            met.add((Path(frame.f_back.f_code.co_filename).name, frame.f_back.f_lineno))

    threading.setprofile(note)  # Each check has a thread of its own.
    try:
        for number, sick in enumerate(SICK):
            own = root / str(number)
            shutil.copytree(root, own, ignore=shutil.ignore_patterns("[0-9]*"))
            sick.prepare(own)
            look(sick.check, own, **sick.given)
    finally:
        threading.setprofile(None)
    assert places - met == set()


def test_each_check_has_a_sick_system_and_a_sentence_for_a_name() -> None:
    """And each sick system a name of its own, by which tests/integration/cures.py knows it."""
    assert {sick.check for sick in SICK} == BY_NAME.keys()
    assert len({str(sick) for sick in SICK}) == len(SICK)
    names = [check.NAME for check in CHECKS]
    assert len(set(names)) == len(names)
    assert [name for name in names if " " not in name or name[0].islower()] == []
