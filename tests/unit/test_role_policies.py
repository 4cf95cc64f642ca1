"""The role's policies: each line on what it's for alone, and explained."""

import json
from pathlib import Path

import pytest
from run_cli import main

from devenv.bootstrap.policies import document, explained, read_model
from devenv.settings import read_settings


@pytest.mark.parametrize(
    ("uri", "prefix"),
    [
        ("s3://b/models/m-1/artifacts", "models/"),
        ("s3://b/3/models/m-1/artifacts", "3/models/"),
        ("s3://b/deep/er/3/models/m-1/artifacts/", "deep/er/3/models/"),
        ("s3://b/1/0a1b/artifacts/model", "1/0a1b/artifacts/model/"),
        ("s3://b/bike-model", "bike-model/"),
    ],
)
def test_the_model_can_be_read_and_nothing_beside_it(uri: str, prefix: str) -> None:
    """MLflow 3's models of one experiment; of a run's older layout, the one model."""
    get, listing = document(read_model(uri))["Statement"]
    assert (get["Action"], get["Resource"]) == (["s3:GetObject"], f"arn:aws:s3:::b/{prefix}*")
    assert (listing["Action"], listing["Resource"]) == (["s3:ListBucket"], "arn:aws:s3:::b")
    assert listing["Condition"] == {"StringLike": {"s3:prefix": [prefix[:-1], f"{prefix}*"]}}


def test_every_line_is_explained_and_about_the_systems_own_things(tmp_path: Path) -> None:
    """But for AWS's own policy, which is about all."""
    environ = {"AWS_DEFAULT_REGION": "eu-west-1", "PREDICTIONS_STREAM_NAME": "out"}
    found = list(explained(read_settings(environ, tmp_path), "123456789012"))
    grants = [grant for policy in found for grant in policy.grants]
    assert all(grant.why for grant in grants)
    assert {grant.resource for policy in found if not policy.arn for grant in policy.grants} == {
        "arn:aws:kinesis:eu-west-1:123456789012:stream/out",
        "arn:aws:sqs:eu-west-1:123456789012:ride-duration-prediction-failures",
        "arn:aws:s3:::mlflow-models",
        "arn:aws:s3:::mlflow-models/models/*",
    }


def test_explain_needs_nothing_that_runs(shell: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For people a paragraph a policy, for programs a line."""
    assert main(("bootstrap", "--explain")) == 0
    shown = capsys.readouterr().out
    assert "write-predictions (inline)\n  allow kinesis:PutRecord, kinesis:PutRecords\n" in shown
    assert main(("bootstrap", "--explain", "--json")) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["policy"] for line in lines] == [
        "AWSLambdaKinesisExecutionRole",
        "write-predictions",
        "read-model",
        "report-failures",
    ]
    assert all(len(line["why"]) == len(line["document"]["Statement"]) for line in lines)
