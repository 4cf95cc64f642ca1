"""000: the notes of the course's unit on streaming, step by step."""

import pytest

from devenv.testing.engine import Engine

from . import commands as c
from .conftest import Sit
from .steps import UNTIL_ECR, How, Step, follow, parametrize
from .terminal import Terminal

ACCOUNT, REGION = "222222222222", "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/lambda-kinesis-role"
TEST = "ride-duration-prediction-test"
RIDE_EVENTS = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/ride_events"

NO_RIDE_ID = f"""
import json
{c.RIDES}
def lambda_handler(event, context):
    print(json.dumps(event))
    return {{"ride_duration": predict({{}}), "ride_id": ride_id}}
"""
"""As in the notes, which forget to define it."""

STEPS = [
    Step("create the role lambda-kinesis-role", How.EQUIVALENT, c.create_role(), "KinesisExec"),
    Step(
        "create the function, Python 3.9, author from scratch",
        How.EQUIVALENT,
        c.create_function(TEST, ROLE, c.HELLO),
        r'"Runtime": "python3.9"',
    ),
    Step(
        "test it with the default event",
        How.EQUIVALENT,
        c.invoke(TEST, '{"key1": "value1", "key2": "value2", "key3": "value3"}'),
        r'"key1": "value1".*Hello from Lambda!',
    ),
    Step(
        "prepare_features, predict and a test event with a ride",
        How.EQUIVALENT,
        c.deploy(TEST, c.ONE_RIDE)
        + c.invoke(
            TEST,
            '{"ride": {"PULocationID": 130, "DOLocationID": 205, "trip_distance": 3.66}, '
            '"ride_id": 123}',
        ),
        r'"ride_duration": 10.0, "ride_id": 123',
    ),
    Step(
        "create the stream ride_events, provisioned, 1 shard",
        How.EQUIVALENT,
        c.create_stream("ride_events"),
        r'"StreamMode": "PROVISIONED".*"OpenShardCount": 1',
    ),
    Step(
        "print the event, and forget to define ride_id",
        How.ITS_ERROR,
        c.deploy(TEST, NO_RIDE_ID),
    ),
    Step(
        "add the trigger",
        How.EQUIVALENT,
        c.add_trigger(TEST, RIDE_EVENTS),
        r'"StartingPosition": "LATEST"',
    ),
    Step("the trigger is enabled", How.EQUIVALENT, c.trigger_state(TEST), "Enabled", again=True),
    Step(
        "send a record",
        How.AS_WRITTEN,
        "KINESIS_STREAM_INPUT=ride_events\n"
        "aws kinesis put-record \\\n"
        "    --stream-name ${KINESIS_STREAM_INPUT} \\\n"
        "    --partition-key 1 \\\n"
        '    --data "Hello, this is a test."\n',
        r'"ShardId": "shardId-000000000000",\s+"SequenceNumber": "\d+"',
    ),
    Step(
        "the logs show the error, and that it is tried again",
        How.EQUIVALENT,
        f"aws logs tail /aws/lambda/{TEST} --since 10m",
        r"name 'ride_id' is not defined.*name 'ride_id' is not defined",
        again=True,
    ),
    Step(
        "deploy it put right: the log has the event of Kinesis",
        How.EQUIVALENT,
        c.deploy(TEST, c.DECODED),
    ),
    Step(
        "the data is decoded",
        How.EQUIVALENT,
        f"aws logs tail /aws/lambda/{TEST} --since 10m --format short",
        r'"kinesisSchemaVersion": "1.0".*"data": "SGVsbG8sIHRoaXMgaXMgYSB0ZXN0Lg==".*'
        rf'"eventSourceARN": "{RIDE_EVENTS}".*Hello, this is a test\.',
        again=True,
    ),
    Step(
        "the event of the log as a new test event",
        How.EQUIVALENT,
        f"EVENT=$(aws logs filter-log-events --log-group-name /aws/lambda/{TEST} "
        '--query "events[?starts_with(message, \'{\\"Records\')].message | [0]" --output text)\n'
        f'aws lambda invoke --function-name {TEST} --payload "$EVENT" --log-type Tail '
        "--query LogResult --output text answer.json | base64 --decode",
        r"Hello, this is a test\.",
    ),
    Step("send a ride", How.AS_WRITTEN, c.put_ride(156), r'"SequenceNumber": "\d+"'),
    Step(
        "the logs have it decoded",
        How.EQUIVALENT,
        f"aws logs tail /aws/lambda/{TEST} --since 10m --format short",
        r'"PULocationID": 130,.*"ride_id": 156',
        again=True,
    ),
    Step(
        "return predictions of all records",
        How.EQUIVALENT,
        c.deploy(TEST, c.BATCH) + c.invoke(TEST, "kinesis-ride-156-002.json"),
        r'"predictions": \[\{"ride_duration": 10.0, "ride_id": 156\}\]',
    ),
    Step(
        "create the stream ride_predictions",
        How.EQUIVALENT,
        c.create_stream("ride_predictions"),
        '"StreamStatus": "ACTIVE"',
    ),
    Step(
        "put predictions there: the role has no PutRecord permission",
        How.EQUIVALENT,
        c.deploy(TEST, c.publishing("ride_predictions"))
        + c.invoke(TEST, "kinesis-ride-156-002.json"),
        r"AccessDeniedException.*kinesis:PutRecord on resource: arn:aws:kinesis",
    ),
    Step(
        "attach a policy that allows it",
        How.EQUIVALENT,
        c.attach_policy(
            "lambda-kinesis-role",
            "lambda_kinesis_write_to_ride_predictions",
            '["kinesis:PutRecord", "kinesis:PutRecords"]',
            f'"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/ride_predictions"',
        ),
        "lambda_kinesis_write_to_ride_predictions",
    ),
    Step("send a ride again", How.AS_WRITTEN, c.put_ride(156), r'"SequenceNumber": "\d+"'),
    Step(
        "read from the stream",
        How.AS_WRITTEN,
        c.read_stream("ride_predictions", "| base64 --decode"),
        r'"ride_duration": 10.0, "ride_id": 156',
        again=True,
    ),
    Step(
        "test.py with the model of a run, and nothing published",
        How.EQUIVALENT,
        "RUN_ID=$CHAMPION_RUN TEST_RUN=True AWS_ACCESS_KEY_ID=$OWN_ACCOUNT "
        "AWS_DEFAULT_REGION=$OWN_REGION python $CHECKOUT/scripts/try_function.py",
        r'"prediction": \{"ride_duration": \d+\.\d+',
    ),
    Step(
        "pipenv install boto3 mlflow scikit-learn",
        How.EQUIVALENT,
        "(cd $CHECKOUT && PIPENV_IGNORE_VIRTUALENVS=1 pipenv requirements)",
        r"boto3==.*mlflow-skinny==.*scikit-learn==",
    ),
    Step(
        "docker build",
        How.ENGINE,
        c.DOCKERFILE.format(name="stream-model-duration:v1"),
        "sha256:",
    ),
    Step(
        "test_docker.py",
        How.AS_WRITTEN,
        c.post("kinesis-ride-156-002"),
        r"'ride_id': 156",
        again=True,
    ),
    Step(
        "create a repository",
        How.AS_WRITTEN,
        "aws ecr create-repository --repository-name duration-model",
        "repositoryUri",
        until=UNTIL_ECR,
    ),
    Step(
        "log in",
        How.AS_WRITTEN,
        "aws ecr get-login --no-include-email",
        "docker login -u AWS",
        until=UNTIL_ECR,
    ),
    Step(
        "create the function ride-duration-prediction from the image",
        How.EQUIVALENT,
        c.create_from_image(
            "ride-duration-prediction",
            ROLE,
            "PREDICTIONS_STREAM_NAME=ride_predictions,RUN_ID=$CHAMPION_RUN",
            "stream-model-duration:v1",
        ),
        '"PackageType": "Image"',
    ),
    Step(
        "one function per stream: the trigger of the first one goes",
        How.EQUIVALENT,
        "UUID=$(aws lambda list-event-source-mappings --function-name "
        f"{TEST} --query 'EventSourceMappings[0].UUID' --output text)\n"
        "aws lambda delete-event-source-mapping --uuid $UUID",
        "Deleting",
    ),
    Step(
        "add the trigger to the new one",
        How.EQUIVALENT,
        c.add_trigger("ride-duration-prediction", RIDE_EVENTS),
        '"StartingPosition": "LATEST"',
    ),
    Step(
        "may need to add S3 permissions",
        How.EQUIVALENT,
        c.attach_policy(
            "lambda-kinesis-role",
            "read_permission_mlflow_models",
            '["s3:Get*", "s3:List*"]',
            '["arn:aws:s3:::mlflow-models", "arn:aws:s3:::mlflow-models/*"]',
        ),
        "read_permission_mlflow_models",
    ),
    Step(
        "more memory and 15 s",
        How.EQUIVALENT,
        c.size("ride-duration-prediction", 512, 15),
        '"Timeout": 15',
    ),
    Step(
        "the trigger of the new one is enabled",
        How.EQUIVALENT,
        c.trigger_state("ride-duration-prediction"),
        "Enabled",
        again=True,
    ),
    Step(
        "send the event again",
        How.AS_WRITTEN,
        "export KINESIS_STREAM_INPUT=ride_events\n" + c.put_ride(157),
        r'"SequenceNumber": "\d+"',
    ),
    Step(
        "the result is on the stream, decoded",
        How.EQUIVALENT,
        c.last_predictions("ride_predictions"),
        r'"version": "[0-9a-f]{32}", "prediction": \{"ride_duration": \d+\.\d+, "ride_id": 157',
        again=True,
    ),
]


@pytest.fixture(scope="module")
def terminal(sit: Sit) -> Terminal:
    return sit(ACCOUNT, REGION)


@parametrize("000", STEPS)
def test_notes(step: Step, terminal: Terminal, engine: Engine) -> None:
    follow(step, terminal, engine)
