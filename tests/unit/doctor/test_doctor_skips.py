"""What can't be looked at is skipped with its reason, and what is no fault is not called one."""

import json
from pathlib import Path
from typing import Any

import botocore.exceptions as boto
import pytest
from botocore.parsers import ResponseParserError
from fake_aws import client_error
from patient import (
    MODEL_URI,
    ROLE,
    FakeKinesis,
    FakeMachine,
    FakeSqs,
    client,
    function,
    log,
    patient,
    report,
)

from devenv.aws import Signer
from devenv.doctor.checks import CHECKS
from devenv.doctor.endpoint import Endpoint, Page
from devenv.doctor.examination import examine
from devenv.doctor.facts import Champion, Facts
from devenv.doctor.finding import Finding, Unknown
from devenv.doctor.function_log import Invocation
from devenv.doctor.machine import Program
from devenv.errors import Unreachable

BY_NAME = {check.__name__.rpartition(".")[2]: check for check in CHECKS}
OWN = Signer("ASIAIOSFODNN7EXAMPLE", True, "sso")
SILENT = "the endpoint does not answer"


def look(name: str, facts: Facts) -> Finding:
    ((_, finding),) = examine([BY_NAME[name]], facts)
    return finding


def silent(root: Path, **environ: str) -> Facts:
    """Nothing answers, and nothing was asked before."""

    def refuse(url: str) -> Page:
        raise ConnectionRefusedError(111, "Connection refused")

    facts: Any = patient(root, environ=environ)
    facts.get = refuse
    for name in ("endpoint", "system", "function", "invocations", "champion"):
        del facts.__dict__[name]
    return facts  # type: ignore[no-any-return]


def test_a_silent_endpoint_is_one_failure_and_the_rest_is_skipped(tmp_path: Path) -> None:
    """Nothing that depends on it is called wrong."""
    findings = {n: look(n, silent(tmp_path)) for n in BY_NAME}
    assert [n for n, finding in findings.items() if finding.ok is False] == ["endpoint"]
    assert "http://127.0.0.1:4566 does not answer ([Errno 111]" in findings["endpoint"].detail
    assert "devenv up -d" in str(findings["endpoint"].cure)
    skipped = {n for n, finding in findings.items() if finding.detail == SILENT}
    assert skipped == {
        *("clock", "streams", "registry", "function", "image", "sizing", "mapping"),
        *("lag", "invocations", "role", "predictions"),
    }


def strange(root: Path, answer: Any) -> Facts:
    """Something answers that has none of the emulators' pages, and says `answer` to STS."""
    facts: Any = patient(root, machine=FakeMachine(listeners={4566: Program("nginx", 9)}))
    del facts.__dict__["endpoint"], facts.__dict__["system"]
    facts.get = lambda url: Page(404, b"", None, "nginx")
    facts.clients = client(sts=Sts(answer))
    return facts  # type: ignore[no-any-return]


def test_what_answers_but_not_as_aws_does_is_a_stranger(tmp_path: Path) -> None:
    """Some other program on that port."""
    facts = strange(tmp_path, ResponseParserError("no XML"))
    finding = look("endpoint", facts)
    assert (finding.ok, "answers at http://127.0.0.1:4566, but" in finding.detail) == (False, True)
    assert "(nginx)" in finding.detail
    assert look("ports", facts).detail == "4566 is taken by nginx, process 9"
    assert look("streams", facts).ok is None


def test_an_emulator_that_is_not_known_is_one_all_the_same(tmp_path: Path) -> None:
    """It answers STS."""
    answer = {"Account": "1", "Arn": "arn", "ResponseMetadata": {"HTTPHeaders": {}}}
    facts = strange(tmp_path, answer)
    finding = look("endpoint", facts)
    assert (finding.ok, "a server that isn't known here (nginx)" in finding.detail) == (True, True)


def test_an_endpoint_elsewhere_is_to_be_checked(tmp_path: Path) -> None:
    """`devenv up` can't start it."""
    finding = look("endpoint", silent(tmp_path, AWS_ENDPOINT_URL="http://emulator.invalid:4566"))
    assert (finding.ok, finding.cure) == (False, "Check AWS_ENDPOINT_URL.")


class Sts:
    """AWS's answer to GetCallerIdentity."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    def get_caller_identity(self) -> Any:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


def on_aws(root: Path, answer: Any, signer: Signer = OWN) -> Facts:
    facts: Any = patient(root, environ={"AWS_ENDPOINT_URL": ""}, signer=signer)
    for name in ("endpoint", "clients", "system", "function", "invocations", "champion"):
        del facts.__dict__[name]
    facts.connect = lambda settings: client(sts=Sts(answer))
    return facts  # type: ignore[no-any-return]


def test_aws_is_told_with_its_account(tmp_path: Path) -> None:
    """And whom it takes us for."""
    arn = "arn:aws:sts::123456789012:assumed-role/me/me"
    answer = {"Account": "123456789012", "Arn": arn, "ResponseMetadata": {"HTTPHeaders": {}}}
    facts = on_aws(tmp_path, answer)
    assert look("endpoint", facts).detail == f"AWS, account 123456789012, as {arn}"
    assert look("credentials", facts).detail == f"ASIA… from sso: {arn}"
    assert look("clock", facts).ok is None


def test_refused_credentials_are_one_failure(tmp_path: Path) -> None:
    """The checks that need AWS say that it isn't asked."""
    error: Any = client_error("ExpiredToken", "GetCallerIdentity")
    error.response["ResponseMetadata"] = {"HTTPHeaders": {"date": "Fri, 15 Jan 2027 07:50:00 GMT"}}
    facts = on_aws(tmp_path, error)
    credentials = look("credentials", facts)
    assert (credentials.ok, "ExpiredToken" in credentials.detail) == (False, True)
    assert look("streams", facts) == Finding(None, "AWS refuses the credentials")
    assert look("clock", facts).ok is False  # Perhaps the very reason.


def test_aws_that_can_not_be_reached(tmp_path: Path) -> None:
    """One failure, again."""
    facts = on_aws(tmp_path, boto.EndpointConnectionError(endpoint_url="https://sts"))
    assert look("endpoint", facts).ok is False
    for name in ("credentials", "streams", "lag"):
        assert look(name, facts) == Finding(None, SILENT)


def test_aws_is_not_asked_with_an_emulators_credentials(tmp_path: Path) -> None:
    """Whatever the check."""
    facts = on_aws(tmp_path, AssertionError("asked"), Signer("test", False, "env"))
    for name in ("endpoint", "streams", "registry", "predictions"):
        assert look(name, facts).detail == "the credentials are an emulator's: AWS is not asked"
    assert look("role", facts).ok is None


def test_no_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An emulator's are easy to have."""
    facts = silent(tmp_path)
    del facts.__dict__["signer"], facts.__dict__["clients"]
    monkeypatch.setattr("devenv.doctor.facts.signer", lambda settings: None)
    finding = look("credentials", facts)
    assert (finding.ok, "cp .env.example .env" in str(finding.cure)) == (False, True)
    facts.endpoint = Endpoint("moto's server")  # type: ignore[misc]
    assert look("streams", facts) == Finding(None, "there are no credentials")


def test_no_region_is_the_regions_failure(tmp_path: Path) -> None:
    """The others are skipped."""
    facts = patient(tmp_path, environ={"AWS_DEFAULT_REGION": ""})
    del facts.__dict__["clients"], facts.__dict__["system"]
    assert look("region", facts).ok is False
    assert look("streams", facts) == Finding(None, "there is no region")


@pytest.mark.parametrize(
    ("name", "given", "reason"),
    [
        ("packages", {}, "no requirements.lock"),
        ("ports", {"environ": {"AWS_ENDPOINT_URL": "", "MLFLOW_TRACKING_URI": ""}}, "nothing has"),
        ("proxy", {"environ": {"AWS_ENDPOINT_URL": ""}}, "not on this machine"),
        ("aws_cli", {}, "no `aws` on the PATH"),
        ("model_versions", {}, "no Pipfile.lock"),
        ("image", {"function": {"Configuration": {}, "Code": {}}}, "not made from an image"),
        ("sizing", {"invocations": []}, "not measured"),
        ("invocations", {"invocations": []}, "has not run since"),
        ("role", {}, "not known here"),
        ("predictions", {"clients": client(kinesis=FakeKinesis())}, "no ride has been put"),
    ],
)
def test_what_can_not_be_looked_at(
    name: str, given: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    """With the reason."""
    finding = look(name, patient(tmp_path, **given))
    assert (finding.ok, finding.cure) == (None, None)
    assert reason in finding.detail


def test_no_docker_is_no_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Containers are one way to run it."""
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    facts = patient(tmp_path)
    del facts.__dict__["docker"]
    assert look("image", facts) == Finding(None, "no Docker engine answers")
    assert look("leftovers", facts).ok is True


def test_cli_v2_with_the_setting_is_well(tmp_path: Path) -> None:
    """Whoever set it."""
    machine = FakeMachine(programs={"/usr/bin/aws": "aws-cli/2.31.2 Python/3.13.7"})
    facts = patient(tmp_path, machine=machine, profile={"cli_binary_format": "raw-in-base64-out"})
    assert look("aws_cli", facts).ok is True


def test_containers_ports_are_no_strangers(tmp_path: Path) -> None:
    """`docker compose` holds them by a program of its own."""
    proxy = Program("docker-proxy", 9)
    machine = FakeMachine(listeners={4566: proxy, 5000: proxy})
    facts = patient(tmp_path, machine=machine, pages={"/health": Page(200, b"OK")})
    assert look("ports", facts).detail == (
        "4566 answers as emulator, not started by `devenv up`; "
        "5000 answers as mlflow, not started by `devenv up`"
    )


def test_an_error_that_is_past_is_past(tmp_path: Path) -> None:
    """The last invocation counts."""
    timed_out = Invocation(1, "1 Task timed out after 3.00 seconds\n" + report())
    facts = patient(tmp_path, invocations=[timed_out, *log()])
    assert look("invocations", facts).ok is True


def test_a_record_that_was_rejected_before_is_past(tmp_path: Path) -> None:
    """The last invocation counts."""
    line = {"message": "rejected", "sequence_number": "7", "reason": "data: expected JSON"}
    facts = patient(tmp_path, invocations=[*log(json.dumps(line)), *log()])
    assert look("invocations", facts).ok is True


def test_what_was_used_last_tells_whether_it_is_denied(tmp_path: Path) -> None:
    """A policy came, or went, meanwhile; another role's denials are its own."""
    use = {"action": "s3:GetObject", "resource": "arn:aws:s3:::b/k", "count": 1}
    denied, allowed = ({"role": ROLE, **use, "allowed": verdict} for verdict in (False, True))
    other = {"role": "arn:aws:iam::1:role/other", **use, "allowed": False}
    for uses, ok in (([denied, allowed, other], True), ([allowed, denied], False)):
        page = Page(200, json.dumps(uses).encode())
        facts = patient(tmp_path, pages={"/_devenv/permissions": page})
        assert look("role", facts).ok is ok


def test_records_that_were_given_up_are_noted(tmp_path: Path) -> None:
    """By the failure queue, if there is one."""
    sqs = FakeSqs(ride_duration_prediction_failures=3)
    finding = look("mapping", patient(tmp_path, clients=client(sqs=sqs)))
    assert finding.ok is True
    assert "3 failures (records given up) are told in the queue ride-dur" in finding.detail
    assert "failures" not in look("mapping", patient(tmp_path)).detail


def test_another_champion_does_not_matter_with_run_id(tmp_path: Path) -> None:
    """The function has that run's model, as asked for; also where RUN_ID isn't set any more, and
    where somebody made the function with RUN_ID alone."""
    deployed = {"RUN_ID": "1f", "MODEL_ALIAS": "", "MODEL_VERSION": "3"}
    unregistered = {"RUN_ID": "1f", "MODEL_VERSION": "1f"}  # By an earlier devenv.
    for environ in ({"RUN_ID": "1f"}, {}):
        for variables in (deployed, unregistered):
            made = function({**variables, "MODEL_URI": MODEL_URI})
            facts = patient(
                tmp_path, environ=environ, function=made, champion=Champion("2", "s3://x/y")
            )
            finding = look("registry", facts)
            assert (finding.ok, "run 1f's, as RUN_ID said" in finding.detail) == (True, True)
            assert "version 2: `devenv bootstrap` without RUN_ID deploys it" in finding.detail
    by_hand: Any = function(PackageType="Image", Environment={"Variables": {"RUN_ID": "1f"}})
    assert look("registry", patient(tmp_path, function=by_hand, champion=None)).ok is True


def test_mlflow_that_does_not_answer(tmp_path: Path) -> None:
    """Named, with what starts it."""
    facts: Any = patient(tmp_path)
    del facts.__dict__["champion"]
    facts.known["champion"] = (None, Unreachable("MLflow at http://127.0.0.1:5000 does not answer"))
    finding = look("registry", facts)
    assert (finding.ok, "devenv up -d" in str(finding.cure)) == (False, True)


def test_a_named_image_is_looked_at_before_there_is_a_function(tmp_path: Path) -> None:
    """That is when it can still be built otherwise."""
    facts = patient(tmp_path, environ={"FUNCTION_IMAGE_URI": "stream-model-duration:v1"})
    del facts.__dict__["function"]
    facts.known["function"] = (None, Unknown("there is no function"))
    assert look("image", facts).ok is True


def test_a_region_of_the_profile_is_noted_where_the_emulator_has_the_streams(
    tmp_path: Path,
) -> None:
    """`aws` on its own would look there."""
    finding = look("region", patient(tmp_path, profile={"region": "eu-west-1"}))
    assert finding.ok is True
    assert "the profile's is eu-west-1" in finding.detail
