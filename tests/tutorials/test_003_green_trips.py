"""003: green trips, ride_events → ride_prediction, in ten steps."""

import pytest

from devenv.testing.engine import Engine

from . import commands as c
from .conftest import Sit
from .steps import UNTIL_ECR, How, Step, follow, parametrize
from .terminal import Terminal

ACCOUNT, REGION = "938316853267", "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/lambda-kinesis-role"
TEST, FUNCTION = "ride-duration-prediction-function", "ride_duration_prediction"
RIDE_EVENTS = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/ride_events"
RIDE = '{"ride": {"PULocationID": 130, "DOLocationID": 205, "trip_distance": 3.66}, "ride_id": 123}'

UNNAMED_ID = """
import json

def lambda_handler(event, context):
    print(json.dumps(event))
    predictions = 10.0
    return {"ride_duration": predictions, "ride_id": ride_id}
"""
"""As in the tutorial's fourth step, where the id isn't read from anything."""

READ = """
export KINESIS_STREAM_OUTPUT='ride_prediction'
export SHARD='shardId-000000000000'
export SHARD_ITERATOR=$(aws kinesis \\
    get-shard-iterator \\
    --shard-id ${SHARD} \\
    --shard-iterator-type TRIM_HORIZON \\
    --stream-name ${KINESIS_STREAM_OUTPUT} \\
    --query 'ShardIterator'
)

echo $SHARD_ITERATOR

export RESULT=$(aws kinesis get-records --shard-iterator $SHARD_ITERATOR --output json)

echo $RESULT

echo ${RESULT} | jq -r '.Records[0].Data' | base64 --decode | jq
"""

PUT = """
aws kinesis put-record \\
    --stream-name ride_events \\
    --partition-key 1 \\
    --cli-binary-format raw-in-base64-out \\
    --data '{
  "ride": {
    "PULocationID": 130,
    "DOLocationID": 205,
    "trip_distance": 3.66
  },
  "ride_id": 123
}'
"""

STEPS = [
    Step(
        "1 role and permissions", How.EQUIVALENT, c.create_role(), "AWSLambdaKinesisExecutionRole"
    ),
    Step(
        "2 a test function, Python 3.9",
        How.EQUIVALENT,
        c.create_function(TEST, ROLE, c.HELLO),
        r'"Runtime": "python3.9"',
    ),
    Step(
        "2 its output on a test event",
        How.EQUIVALENT,
        c.invoke(TEST, '{"key1": "value1"}'),
        r'"statusCode": 200, "body": "\\"Hello from Lambda!\\""',
    ),
    Step(
        "3 prepare_features and predict on a ride",
        How.EQUIVALENT,
        c.deploy(TEST, c.ONE_RIDE) + c.invoke(TEST, RIDE),
        r'\{"ride_duration": 10.0, "ride_id": 123\}',
    ),
    Step(
        "4 the stream ride_events, provisioned, 1 shard",
        How.EQUIVALENT,
        c.create_stream("ride_events"),
        r'"StreamMode": "PROVISIONED".*"OpenShardCount": 1',
    ),
    Step(
        "4 the function with edits, which returns an id that it hasn't read",
        How.ITS_ERROR,
        c.deploy(TEST, UNNAMED_ID) + c.invoke(TEST, RIDE),
        "name 'ride_id' is not defined",
    ),
    Step("4 the trigger", How.EQUIVALENT, c.add_trigger(TEST, RIDE_EVENTS), "StartingPosition"),
    Step("4 the trigger works", How.EQUIVALENT, c.trigger_state(TEST), "Enabled", again=True),
    Step(
        "4 configure the CLI, output=text",
        How.AS_WRITTEN,
        "printf '%s\\n' AKIAIOSFODNN7EXAMPLE wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY us-east-1 "
        "text | aws configure\naws configure get output",
        "text",
    ),
    Step(
        "4 put a basic test event",
        How.AS_WRITTEN,
        "aws kinesis put-record \\\n"
        "    --stream-name ride_events \\\n"
        "    --partition-key 1 \\\n"
        '    --data "Hi test 1" \\\n'
        "    --cli-binary-format raw-in-base64-out\n",
        r"shardId-000000000000",
    ),
    Step(
        "4 the event's structure in the logs",
        How.EQUIVALENT,
        f"aws logs tail /aws/lambda/{TEST} --since 10m --format short",
        r'"data": "SGkgdGVzdCAx".*"eventName": "aws:kinesis:record", "invokeIdentityArn": '
        rf'"{ROLE}", "awsRegion": "us-east-1", "eventSourceARN": "{RIDE_EVENTS}"',
        again=True,
    ),
    Step(
        "4 decoded, in a new test",
        How.EQUIVALENT,
        c.deploy(TEST, c.DECODED) + c.invoke(TEST, "kinesis-hi-003.json"),
        "Hi test 1",
    ),
    Step("5 send a ride record", How.AS_WRITTEN, PUT, "shardId-000000000000"),
    Step(
        "5 the ride decoded in the log",
        How.EQUIVALENT,
        f"aws logs tail /aws/lambda/{TEST} --since 10m --format short",
        r'"ride_id": 123',
        again=True,
    ),
    Step(
        "6 the stream ride_prediction",
        How.EQUIVALENT,
        c.create_stream("ride_prediction"),
        "ride_prediction",
    ),
    Step(
        "6 the policy for putRecord on it",
        How.EQUIVALENT,
        c.attach_policy(
            "lambda-kinesis-role",
            "write-putrecord",
            '"kinesis:PutRecord"',
            f'"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/ride_prediction"',
        ),
        "write-putrecord",
    ),
    Step(
        "6 the function that puts predictions",
        How.EQUIVALENT,
        c.deploy(TEST, c.publishing("ride_prediction"))
        + c.invoke(TEST, "kinesis-ride-123-003.json"),
        r'"ride_id": 123',
    ),
    Step("6 get records from ride_prediction", How.AS_WRITTEN, READ, r'"ride_id": 123', again=True),
    Step(
        "7 test.py with the model",
        How.EQUIVALENT,
        "export PREDICTIONS_STREAM_NAME='ride_prediction'\n"
        "export RUN_ID=$CHAMPION_RUN\n"
        'export TEST_RUN="True"\n\n'
        "AWS_ACCESS_KEY_ID=$OWN_ACCOUNT AWS_DEFAULT_REGION=$OWN_REGION "
        "python3 $CHECKOUT/scripts/try_function.py "
        "$CHECKOUT/tests/events/kinesis-ride-123-003.json",
        r'"ride_id": 123',
    ),
    Step(
        "8 required packages",
        How.EQUIVALENT,
        "(cd $CHECKOUT && pipenv requirements)",
        "boto3==.*mlflow-skinny==.*scikit-learn==",
    ),
    Step(
        "8 the tutorial's Dockerfile copies `lambda_function`, a file without .py that isn't there",
        How.ITS_ERROR,
        "ls $CHECKOUT/lambda_function",
        "No such file or directory",
        fails=True,
    ),
    Step(
        "8 build the image",
        How.ENGINE,
        c.DOCKERFILE.format(name="stream-model-duration:v1"),
        "sha256:",
    ),
    Step(
        "8 test_docker.py",
        How.AS_WRITTEN,
        c.post("kinesis-ride-123-003"),
        r"'ride_id': 123",
        again=True,
    ),
    Step(
        "9 create the repository",
        How.AS_WRITTEN,
        "aws ecr create-repository --repository-name duration-pred-model",
        "duration-pred-model",
        until=UNTIL_ECR,
    ),
    Step(
        "9 authenticate",
        How.ENGINE,
        f"aws ecr get-login-password --region {REGION} | docker login --username AWS "
        f"--password-stdin {ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/",
        "Login Succeeded",
        until=UNTIL_ECR,
    ),
    Step(
        "9 tag and push",
        How.ENGINE,
        f'export REMOTE_URI="{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/duration-pred-model"\n'
        "export REMOTE_TAG='v1'\nexport REMOTE_IMAGE=${REMOTE_URI}:${REMOTE_TAG}\n"
        'export LOCAL_IMAGE="stream-model-duration:v1"\n\n'
        "docker tag ${LOCAL_IMAGE} ${REMOTE_IMAGE}\ndocker push ${REMOTE_IMAGE}\n\n"
        "echo $REMOTE_IMAGE",
        "digest: sha256:",
        until=UNTIL_ECR,
    ),
    Step(
        "10 the new function by the image's URI",
        How.AS_WRITTEN,
        c.create_from_image(
            "from-ecr",
            ROLE,
            "X=1",
            f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/duration-pred-model:v1",
        ),
        "from-ecr",
        until=UNTIL_ECR,
    ),
    Step(
        "10 the new function from the image, and its variables",
        How.EQUIVALENT,
        f"aws lambda delete-function --function-name {TEST}\n"
        + c.create_from_image(
            FUNCTION,
            ROLE,
            "PREDICTIONS_STREAM_NAME=ride_prediction,RUN_ID=$CHAMPION_RUN",
            "stream-model-duration:v1",
        ),
        FUNCTION,
    ),
    Step(
        "10 its trigger: ride_events",
        How.EQUIVALENT,
        c.add_trigger(FUNCTION, RIDE_EVENTS),
        "Creating",
    ),
    Step(
        "10 the policy for reading the bucket",
        How.EQUIVALENT,
        c.attach_policy(
            "lambda-kinesis-role",
            "read-bucket",
            '["s3:Get*", "s3:List*"]',
            '["arn:aws:s3:::mlflow-models", "arn:aws:s3:::mlflow-models/*"]',
        ),
        "read-bucket",
    ),
    Step("10 512 MB, 15 s", How.EQUIVALENT, c.size(FUNCTION, 512, 15), FUNCTION),
    Step("10 its trigger works", How.EQUIVALENT, c.trigger_state(FUNCTION), "Enabled", again=True),
    Step("10 send an event record", How.AS_WRITTEN, PUT, "shardId-000000000000"),
    Step(
        "10 receive its prediction",
        How.EQUIVALENT,
        c.last_predictions("ride_prediction").replace("get-records", "get-records --output json"),
        r'"version": "[0-9a-f]{32}", "prediction": \{"ride_duration": \d+\.\d+, "ride_id": 123',
        again=True,
    ),
    Step("dbg", How.EQUIVALENT, "sleep 15; aws logs tail /aws/lambda/ride_duration_prediction; aws lambda list-event-source-mappings --output json; exit_code=1; false", ""),
    Step(
        "10 `aws kinesis get_record` is no command; get-records is",
        How.ITS_ERROR,
        "aws kinesis get_record",
        "[Ii]nvalid choice",
        fails=True,
    ),
]


@pytest.fixture(scope="module")
def terminal(sit: Sit) -> Terminal:
    return sit(ACCOUNT, REGION)


@parametrize("003", STEPS)
def test_green_trips(step: Step, terminal: Terminal, engine: Engine) -> None:
    follow(step, terminal, engine)
