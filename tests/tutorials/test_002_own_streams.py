"""002: start-ride-events → ride-predictions, by the CLI, and the function as an image."""

import pytest

from devenv.testing.engine import Engine

from . import commands as c
from .conftest import Sit
from .steps import UNTIL_ECR, How, Step, follow, parametrize
from .terminal import Terminal

ACCOUNT, REGION = "740446032364", "us-west-2"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/lambda-kinesis-role"
FUNCTION = "ride-duration-prediction"
INPUT = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/start-ride-events"

PUT = """
KINESIS_STREAM_INPUT=start-ride-events
aws kinesis put-record \\
    --stream-name ${KINESIS_STREAM_INPUT} \\
    --partition-key 1 \\
    --data '{        "ride": {
            "PULocationID": 130,
            "DOLocationID": 205,
            "trip_distance": 3.66
        },
        "ride_id": 156
    }'  --cli-binary-format raw-in-base64-out
"""

STEPS = [
    Step(
        "the rights: the role, and what it may put",
        How.EQUIVALENT,
        c.create_role()
        + c.attach_policy(
            "lambda-kinesis-role",
            "write-predictions",
            '["kinesis:PutRecord", "kinesis:PutRecords"]',
            f'"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/ride-predictions"',
        ),
        "write-predictions",
    ),
    Step(
        "create Lambda",
        How.EQUIVALENT,
        c.create_function(FUNCTION, ROLE, c.publishing("ride-predictions")),
        r'"Runtime": "python3.9"',
    ),
    Step(
        "its two streams",
        How.EQUIVALENT,
        c.create_stream("start-ride-events") + c.create_stream("ride-predictions"),
        '"StreamName": "ride-predictions"',
    ),
    Step("the trigger", How.EQUIVALENT, c.add_trigger(FUNCTION, INPUT), "StartingPosition"),
    Step("the trigger works", How.EQUIVALENT, c.trigger_state(FUNCTION), "Enabled", again=True),
    Step("put an event to the stream", How.AS_WRITTEN, PUT, r'"SequenceNumber": "\d+"'),
    Step(
        "the event that the function gets",
        How.EQUIVALENT,
        c.invoke(FUNCTION, "kinesis-ride-156-002.json"),
        r'"ride_id": 156',
    ),
    Step(
        "read from the stream",
        How.AS_WRITTEN,
        c.read_stream("ride-predictions", "| base64 --decode | jq")
        .replace("'ride-pre", "ride-pre")
        .replace("ictions'", "ictions"),
        r'"ride_id": 156',
        again=True,
    ),
    Step(
        "create pipenv",
        How.EQUIVALENT,
        "(cd $CHECKOUT && pipenv requirements)",
        "boto3==.*mlflow-skinny==.*scikit-learn==",
    ),
    Step(
        "build the image",
        How.ENGINE,
        c.DOCKERFILE.format(name="stream-model-duration:v1"),
        "sha256:",
    ),
    Step(
        "test it using test_docker.py",
        How.AS_WRITTEN,
        c.post("kinesis-ride-156-002"),
        r"'ride_id': 156",
        again=True,
    ),
    Step(
        "create a repo in ECR",
        How.AS_WRITTEN,
        "aws ecr create-repository --repository-name duration-model",
        f"{ACCOUNT}",
        until=UNTIL_ECR,
    ),
    Step(
        "log into ECR with docker",
        How.ENGINE,
        "aws ecr get-login-password | docker login --username AWS --password-stdin "
        f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com",
        "Login Succeeded",
        until=UNTIL_ECR,
    ),
    Step(
        "push the image",
        How.ENGINE,
        f'REMOTE_URI="{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/duration-model"\n'
        'REMOTE_TAG="v1"\nREMOTE_IMAGE=${REMOTE_URI}:${REMOTE_TAG}\n\n'
        'LOCAL_IMAGE="stream-model-duration:v1"\n'
        "docker tag ${LOCAL_IMAGE} ${REMOTE_IMAGE}\ndocker push ${REMOTE_IMAGE}",
        "digest: sha256:",
        until=UNTIL_ECR,
    ),
    Step(
        "create new Lambda from the image's URI",
        How.AS_WRITTEN,
        c.create_from_image(
            "from-ecr", ROLE, "X=1", f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/duration-model:v1"
        ),
        '"PackageType": "Image"',
        until=UNTIL_ECR,
    ),
    Step(
        "create new Lambda from the image, with its variables",
        How.EQUIVALENT,
        f"aws lambda delete-function --function-name {FUNCTION}\n"
        + c.create_from_image(
            FUNCTION,
            ROLE,
            "PREDICTIONS_STREAM_NAME=ride-predictions,RUN_ID=$CHAMPION_RUN",
            "stream-model-duration:v1",
        ),
        '"PackageType": "Image"',
    ),
    Step(
        "S3 access for the role",
        How.EQUIVALENT,
        c.attach_policy(
            "lambda-kinesis-role",
            "read-model",
            '["s3:Get*", "s3:List*"]',
            '["arn:aws:s3:::mlflow-models", "arn:aws:s3:::mlflow-models/*"]',
        ),
        "read-model",
    ),
    Step("memory 512, timeout 15", How.EQUIVALENT, c.size(FUNCTION, 512, 15), '"Timeout": 15'),
    Step("its trigger is there, by its name", How.EQUIVALENT, c.trigger_state(FUNCTION), "Enabled", again=True),
    Step("put the event again", How.AS_WRITTEN, PUT, r'"SequenceNumber": "\d+"'),
    Step(
        "the model's prediction is on the stream",
        How.EQUIVALENT,
        c.last_predictions("ride-predictions"),
        r'"version": "[0-9a-f]{32}", "prediction": \{"ride_duration": \d+\.\d+, "ride_id": 156',
        again=True,
    ),
]


@pytest.fixture(scope="module")
def terminal(sit: Sit) -> Terminal:
    return sit(ACCOUNT, REGION)


@parametrize("002", STEPS)
def test_own_streams(step: Step, terminal: Terminal, engine: Engine) -> None:
    follow(step, terminal, engine)
