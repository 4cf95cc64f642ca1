"""004: London's bikes, passenger_events → bike-predictions, with a profile of the CLI."""

import pytest

from devenv.testing.engine import Engine

from . import commands as c
from .conftest import Sit
from .steps import UNTIL_ECR, How, Step, follow, parametrize
from .terminal import Terminal

ACCOUNT, REGION = "082206757367", "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/lambda-kinesis"
FUNCTION = "bike-prediction"
INPUT = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/passenger_events"

NO_MODEL = """
import base64
import json
import os

import boto3

kinesis = boto3.client("kinesis")

def lambda_handler(event, context):
    made = []
    for record in event["Records"]:
        hour = json.loads(base64.b64decode(record["kinesis"]["data"]).decode("utf-8"))
        made.append({"cnt": 10.0, "pred_id": hour["pred_id"]})
        kinesis.put_record(
            StreamName=os.getenv("OUTPUT_STREAM", "bike-predictions"),
            Data=json.dumps({"model": "none", "prediction": made[-1]}),
            PartitionKey=str(hour["pred_id"]),
        )
    return {"predictions": made}
"""

DATA_IN = """
KINESIS_STREAM_INPUT=passenger_events

aws kinesis put-record \\
    --stream-name ${KINESIS_STREAM_INPUT} \\
    --partition-key 1 \\
    --data '{
        "features": {
            "t1": 2,
            "t2": 3,
            "hum": 50,
            "weather_code": 2
        },
        "pred_id": 123
    }' \\
    --cli-binary-format raw-in-base64-out \\
    --profile iamadmin
"""

DATA_OUT = "KINESIS_STREAM_OUTPUT=bike-predictions PIPELINE=bike $CHECKOUT/scripts/data_out.sh"

STEPS = [
    Step(
        "the profile iamadmin, as the reader has it",
        How.EQUIVALENT,
        f"printf '%s\\n' {ACCOUNT} test {REGION} json | aws configure --profile iamadmin\n"
        "aws configure get region --profile iamadmin",
        REGION,
    ),
    Step(
        "attach the necessary policies",
        How.EQUIVALENT,
        c.create_role("lambda-kinesis")
        + c.attach_policy(
            "lambda-kinesis",
            "write-predictions",
            '["kinesis:PutRecord", "kinesis:PutRecords"]',
            f'"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/bike-predictions"',
        ),
        "write-predictions",
    ),
    Step(
        "a new function in the UI, without a model",
        How.EQUIVALENT,
        c.create_function(FUNCTION, ROLE, NO_MODEL),
        FUNCTION,
    ),
    Step(
        "its two streams",
        How.EQUIVALENT,
        c.create_stream("passenger_events") + c.create_stream("bike-predictions"),
        "bike-predictions",
    ),
    Step("the Kinesis trigger", How.EQUIVALENT, c.add_trigger(FUNCTION, INPUT), "StartingPosition"),
    Step("the trigger works", How.EQUIVALENT, c.trigger_state(FUNCTION), "Enabled", again=True),
    Step("./data_in.sh", How.AS_WRITTEN, DATA_IN, r'"SequenceNumber": "\d+"'),
    Step("./data_out.sh", How.EQUIVALENT, DATA_OUT, r'"cnt": 10.0, "pred_id": 123', again=True),
    Step(
        "the test event in the Test tab",
        How.EQUIVALENT,
        c.invoke(FUNCTION, "bike/kinesis-test-123-004.json"),
        r'"pred_id": 123',
    ),
    Step(
        "docker build",
        How.ENGINE,
        c.DOCKERFILE.format(name="bike-prediction:v1"),
        "sha256:",
    ),
    Step(
        "winpty docker run: winpty is a program of Windows alone",
        How.ITS_ERROR,
        "winpty docker run -it --rm -p 8080:8080 bike-prediction:v1",
        "winpty: command not found",
        fails=True,
    ),
    Step(
        "log in to ECR",
        How.ENGINE,
        f"aws ecr get-login-password --region {REGION} --profile iamadmin | docker login "
        f"--username AWS --password-stdin {ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com",
        "Login Succeeded",
        until=UNTIL_ECR,
    ),
    Step(
        "tag and push",
        How.ENGINE,
        f"docker tag bike-prediction:v1 {ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/bike-model:v1\n\n"
        f"docker push {ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/bike-model:v1",
        "digest: sha256:",
        until=UNTIL_ECR,
    ),
    Step(
        "use the ECR image",
        How.AS_WRITTEN,
        c.create_from_image(
            "from-ecr", ROLE, "X=1", f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/bike-model:v1"
        ),
        "from-ecr",
        until=UNTIL_ECR,
    ),
    Step(
        "use the image, with its variables",
        How.EQUIVALENT,
        f"aws lambda delete-function --function-name {FUNCTION}\n"
        + c.create_from_image(
            FUNCTION,
            ROLE,
            "PIPELINE=bike,OUTPUT_STREAM=bike-predictions,RUN_ID=$BIKES_RUN",
            "stream-model-duration:v1",
        ),
        FUNCTION,
    ),
    Step(
        "the bucket that the model is in",
        How.EQUIVALENT,
        c.attach_policy(
            "lambda-kinesis",
            "read-model",
            '["s3:Get*", "s3:List*"]',
            '["arn:aws:s3:::mlflow-models", "arn:aws:s3:::mlflow-models/*"]',
        ),
        "read-model",
    ),
    Step("memory 256 MB", How.EQUIVALENT, c.size(FUNCTION, 256, 15), '"MemorySize": 256'),
    Step("the Kinesis trigger as before", How.EQUIVALENT, c.trigger_state(FUNCTION), "Enabled", again=True),
    Step("./data_in.sh again", How.AS_WRITTEN, DATA_IN, r'"SequenceNumber": "\d+"'),
    Step(
        "./data_out.sh again",
        How.EQUIVALENT,
        DATA_OUT,
        r'"model": "bike-model", "version": "[0-9a-f]{32}", "prediction": '
        r'\{"cnt": \d+\.\d+, "pred_id": 123\}',
        again=True,
    ),
]


@pytest.fixture(scope="module")
def terminal(sit: Sit, bikes_run: str) -> Terminal:
    opened = sit(ACCOUNT, REGION)
    opened.type(f"export BIKES_RUN={bikes_run}")
    return opened


@parametrize("004", STEPS)
def test_bikes(step: Step, terminal: Terminal, engine: Engine) -> None:
    follow(step, terminal, engine)
