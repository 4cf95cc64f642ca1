"""003: green trips, ride_events → ride_prediction, in ten steps."""

import pytest

from devenv.testing.engine import Engine

from . import commands as c
from . import functions as f
from .conftest import Sit
from .page import block
from .steps import Seed, as_written, console, engine, equivalent, fails, its_error, types, until
from .terminal import Terminal

ROLE, TEST = "lambda-kinesis-role", "ride-duration-prediction-function"
FUNCTION = "ride_duration_prediction"

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
"""
DECODE = "echo ${RESULT} | jq -r '.Records[0].Data' | base64 --decode | jq"

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
NUMBERED = r"\d+\s+shardId-000000000000"
"""What a put shows as text."""

NO_BASE64 = """
import json

def lambda_handler(event, context):
    for record in event["Records"]:
        print(json.loads(base64.b64decode(record["kinesis"]["data"]).decode("utf-8")))
"""

SEED = Seed(
    "003",
    "938316853267",
    "us-east-1",
    [
        console(
            "1 create the role lambda-kinesis-role",
            "A role",
            types(c.policies(ROLE), "AWSLambdaKinesisExecutionRole"),
            ROLE=ROLE,
        ),
        equivalent(
            "2 a test function, Python 3.9, and its output on a test event",
            "[A function](#a-function), [Test](#test)",
            c.create(TEST, ROLE, f.HELLO),
            c.test(TEST, c.KEYS, r'"statusCode": 200, "body": "\\"Hello from Lambda!\\""'),
        ),
        equivalent(
            "3 prepare_features and predict, with a ride as test event",
            c.DEPLOY_AND_TEST,
            c.deploy(TEST, f.ONE_RIDE),
            c.test(TEST, c.RIDE, r'\{"ride_duration": 10.0, "ride_id": 123\}'),
        ),
        its_error(
            "4 print the event, with an id that nothing has read",
            "without it, or `ride_id = None`",
            c.deploy(TEST, f.UNNAMED_ID),
            c.test(TEST, c.RIDE, "name 'ride_id' is not defined"),
            c.deploy(TEST, f.PRINTED),
        ),
        c.input_stream("4 create the stream ride_events: provisioned, 1 shard"),
        c.trigger("4 add the trigger", TEST, "ride_events"),
        as_written(
            "4 configure the AWS CLI, output=text",
            types(
                "aws configure",
                answers=(
                    *("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
                    *("us-east-1", "text"),
                ),
            ),
            types("aws configure get output", "text"),
        ),
        as_written(
            "4 put a basic test event",
            types(
                "aws kinesis put-record \\\n"
                "    --stream-name ride_events \\\n"
                "    --partition-key 1 \\\n"
                '    --data "Hi test 1" \\\n'
                "    --cli-binary-format raw-in-base64-out\n",
                NUMBERED,
            ),
        ),
        equivalent(
            "4 the event's structure in CloudWatch's logs",
            c.LOGS,
            until(
                c.logs(TEST),
                '"data": "SGkgdGVzdCAx".*"eventName": "aws:kinesis:record", "invokeIdentityArn": '
                '"arn:aws:iam::938316853267:role/lambda-kinesis-role", "awsRegion": "us-east-1", '
                '"eventSourceARN": "arn:aws:kinesis:us-east-1:938316853267:stream/ride_events"',
            ),
        ),
        equivalent(
            "4 decode it, with that event as a new test",
            c.DEPLOY_AND_TEST,
            c.deploy(TEST, f.DECODED),
            c.test(TEST, "kinesis-hi-003", "Hi test 1"),
        ),
        as_written("5 send a ride record", types(PUT, NUMBERED)),
        equivalent(
            "5 the ride in the log, decoded by the function",
            c.LOGS,
            until(c.logs(TEST), r'"trip_distance": 3.66.*"ride_id": 123'),
        ),
        console("6 create the stream ride_prediction", "A stream", STREAM="ride_prediction"),
        equivalent(
            "6 the function that puts predictions",
            "[Deploy](#deploy)",
            c.deploy(TEST, f.publishing("ride_prediction")),
        ),
        its_error(
            "6 a policy for putRecord on `ride_predictions`",
            "on `ride_prediction`, where the function puts; for PutRecords too: "
            "[A policy to put on a stream](#a-policy-to-put-on-a-stream)",
            types(
                block(
                    "A policy to put on a stream",
                    POLICY="write-elsewhere",
                    ROLE=ROLE,
                    STREAM="ride_predictions",
                )
            ),
            c.test(TEST, "kinesis-ride-123-003", r"AccessDeniedException.*stream/ride_prediction "),
            types(
                block(
                    "A policy to put on a stream",
                    POLICY="write-putrecord",
                    ROLE=ROLE,
                    STREAM="ride_prediction",
                )
            ),
            c.test(TEST, "kinesis-ride-123-003", r'"ride_duration": 10.0, "ride_id": 123'),
        ),
        as_written("6 get records from ride_prediction", until(READ, '"PartitionKey": "123"')),
        equivalent(
            "6 apt-get install jq",
            "`scripts/data_out.sh` decodes without it",
            types(c.all_of("ride_prediction"), r'"ride_duration": 10.0, "ride_id": 123'),
        ),
        as_written("6 decode and parse", types(DECODE, r'"ride_id": 123'), needs=("jq",)),
        its_error(
            "7 the function with the model, which doesn't import base64",
            "`lambda_function.py` of the checkout",
            c.deploy(TEST, NO_BASE64),
            c.test(TEST, "kinesis-ride-123-003", "name 'base64' is not defined"),
            c.deploy(TEST, f.publishing("ride_prediction")),
        ),
        equivalent(
            "7 python3 test.py, with its variables",
            c.TEST_PY,
            types(
                "export PREDICTIONS_STREAM_NAME='ride_prediction'\n"
                "export RUN_ID=$RUN_ID\n"
                'export TEST_RUN="True"'
            ),
            c.try_function("kinesis-ride-123-003", r'"ride_duration": \d+\.\d+, "ride_id": 123'),
        ),
        equivalent(
            "8 pipenv install boto3 mlflow scikit-learn --python=3.9",
            c.PIPFILE,
            c.function_packages(),
        ),
        its_error(
            "8 the Dockerfile copies `lambda_function`, without .py",
            "nothing: `Dockerfile` is there",
            fails("ls $CHECKOUT/lambda_function", "No such file or directory"),
            c.dockerfile(),
        ),
        engine("8 docker build", c.BUILD, c.build("stream-model-duration:v1")),
        engine("8 docker run", c.RUN, c.run("stream-model-duration:v1")),
        as_written(
            "8 python3 test_docker.py",
            until(c.post("kinesis-ride-123-003"), r"'ride_duration': \d+\.\d+, 'ride_id': 123"),
        ),
        engine(
            "8 docker ps, docker kill, docker image rm",
            "embedded, nothing runs that would be killed; remove the image after it is pushed",
            types(
                'docker kill "$(docker ps -q --filter publish=$FUNCTION_PORT)"',
                r"^[0-9a-f]{12}\s*$",
            ),
        ),
        equivalent(
            "8 pipenv --rm, rm Pipfile.lock, pipenv install",
            "`scripts/lock`, then `devenv bootstrap`",
            c.function_packages(),
        ),
        as_written("9 create the repository", *c.repository("duration-pred-model")),
        engine("9 authenticate docker", c.LOGIN, c.login(" --region us-east-1")),
        c.tag_and_push(
            "9 tag and push the image",
            types("echo $REMOTE_IMAGE", "/duration-pred-model:v1"),
            types("docker image rm stream-model-duration:v1", "Untagged"),
        ),
        c.function_of_the_image(
            "10 create a new function from the image",
            FUNCTION,
            ROLE,
            shows="function:ride_duration_prediction",
        ),
        console(
            "10 its variables PREDICTIONS_STREAM_NAME and RUN_ID",
            "Its variables",
            FUNCTION=FUNCTION,
            VARIABLES="PREDICTIONS_STREAM_NAME=ride_prediction,RUN_ID=$RUN_ID",
        ),
        c.trigger("10 its trigger: ride_events", FUNCTION, "ride_events"),
        as_written("10 send an event", types(PUT, NUMBERED)),
        equivalent(
            "10 view logs in Lambda",
            c.LOGS,
            until(c.logs(FUNCTION), "is not authorized to perform: s3:ListBucket"),
        ),
        console(
            "10 a policy for reading the bucket",
            "A policy to read models",
            POLICY="read-models",
            ROLE=ROLE,
        ),
        console(
            "10 512 MB, 15 s",
            "Its memory and timeout",
            FUNCTION=FUNCTION,
            MEMORY="512",
            SECONDS_AT_MOST="15",
        ),
        its_error(
            "10 `aws kinesis put_record` and `get_record`",
            "`put-record` and `get-records`; or `scripts/data_out.sh` for all records",
            fails("aws kinesis put_record", "[Ii]nvalid choice"),
            fails("aws kinesis get_record", "[Ii]nvalid choice"),
            types(PUT, NUMBERED),
            until(c.all_of("ride_prediction"), c.PREDICTED % 123),
        ),
    ],
)


@pytest.fixture(scope="module")
def terminal(sit: Sit) -> Terminal:
    return sit(SEED)


@pytest.mark.parametrize("step", SEED.parameters)
def test_green_trips(step: int, terminal: Terminal, engine: Engine) -> None:
    SEED.follow(step, terminal, engine)
