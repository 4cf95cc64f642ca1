"""The doctor at a real environment: all is well, and then learners' errors for real."""

import json
import os
import uuid
from dataclasses import replace
from typing import Any

import pytest

from devenv.aws import Aws
from devenv.doctor.checks import CHECKS, invocations, predictions, role, sizing, streams
from devenv.doctor.examination import Check, examine
from devenv.doctor.facts import Facts
from devenv.doctor.finding import Finding
from devenv.doctor.machine import Machine
from devenv.producer import Record, put_records
from devenv.settings import Settings
from devenv.testing.engine import Engine
from devenv.wait import wait_for

from .zip_functions import Functions

RIDE = {"PULocationID": 130, "DOLocationID": 205, "trip_distance": 3.66}
LOGGED = 120.0
PATIENCE = 60.0
"""Seconds for a check: a person has less, tests share the machine."""


class Here(Machine):
    """This machine, whatever AWS CLI is on it."""

    def which(self, program: str) -> str | None:
        return None


def look(check: Check, settings: Settings) -> Finding:
    ((_, finding),) = examine([check], Facts(settings, os.environ, Here()), PATIENCE)
    return finding


def test_a_healthy_environment_is_well(engine: Engine, system: Settings, aws: Aws) -> None:
    """Once a ride has been through, every check is content, or says why it didn't look."""
    # An endpoint remembers what was refused to earlier runs' functions.
    refused_before = engine is Engine.ENDPOINT and look(role, system).ok is False
    ride_id = uuid.uuid4().hex
    ride = Record(json.dumps({"ride": RIDE, "ride_id": ride_id}).encode(), ride_id)
    list(put_records(system.input_stream, [ride], aws))
    for check in (invocations, predictions):
        wait_for(
            lambda check=check: look(check, system).ok,  # type: ignore[misc]
            timeout=LOGGED,
            interval=0.5,
            failure=f"{check.NAME} did not become true",
        )
    findings = dict(examine(CHECKS, Facts(system, os.environ, Here()), PATIENCE))
    # Whether init is quick enough depends on what else this machine does: here it's measured.
    assert findings.pop(sizing.NAME).ok is not None
    if refused_before:
        findings.pop(role.NAME)
    assert {name: f for name, f in findings.items() if f.ok is False} == {}
    skipped = {name for name, finding in findings.items() if finding.ok is None}
    assert skipped <= {
        "The AWS CLI takes data as it is typed, and asks this endpoint",
        "Lambda takes the function's image",  # Where there's no Docker, or it isn't made by it.
        "The role covers what the function did",
    }


def test_another_region_is_empty(system: Settings) -> None:
    """Which says what to change."""
    finding = look(streams, replace(system, region="eu-west-1"))
    assert finding.ok is False
    assert "ride_events and ride_predictions not in eu-west-1" in finding.detail
    assert "AWS_DEFAULT_REGION" in str(finding.cure)


TYPO = """
import boto3
def handler(event, context):
    boto3.client("kinesis").put_record(StreamName="ride_prediction", Data=b"1", PartitionKey="1")
"""
SLOW = """
import time
def handler(event, context):
    time.sleep(30)
"""


@pytest.mark.parametrize(
    ("source", "given", "what", "cure"),
    [
        (
            *("import mlflow", {}, "imports mlflow, which isn't installed"),
            "pip install --target package mlflow",
        ),
        (TYPO, {}, "may not kinesis:PutRecord on arn:aws:kinesis", "a mistyped name is denied"),
        (SLOW, {"Timeout": 1}, "at its timeout of 1.00 s", "Raise the timeout"),
    ],
    ids=["missing package", "stream's name", "timeout"],
)
def test_learners_errors_are_told_in_plain_words(
    source: str,
    given: dict[str, Any],
    what: str,
    cure: str,
    functions: Functions,
    system: Settings,
) -> None:
    """By what Lambda logs of them; an invocation that goes well ends it."""
    name = functions.create(source, **given)
    assert functions.invoke(name).error == "Unhandled"
    settings = replace(system, function_name=name)
    finding = wait_for(
        lambda: found if (found := look(invocations, settings)).ok is False else None,
        timeout=LOGGED,
        failure="the log has no failure",
    )
    assert what in finding.detail
    assert cure in str(finding.cure)
    if given:
        sizes = look(sizing, settings)
        assert (sizes.ok, "its timeout is 1 s" in sizes.detail) == (False, True)
