"""002: start-ride-events → ride-predictions, by the CLI, and the function as an image."""

import pytest

from devenv.testing.engine import Engine

from . import commands as c
from . import functions as f
from .conftest import Sit
from .page import block
from .steps import Seed, as_written, console, engine, equivalent, fails, its_error, types, until
from .terminal import Terminal

ROLE, TEST, FUNCTION = "lambda-kinesis-role", "ride-duration-test", "ride-duration-prediction"

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

SEED = Seed(
    "002",
    "740446032364",
    "us-west-2",
    [
        equivalent(
            "AmazonKinesisAnalyticsFullAccess for your user",
            "`aws iam attach-user-policy`; nobody asks for it here",
            types(
                "aws iam create-user --user-name reader\n"
                "aws iam attach-user-policy --user-name reader "
                "--policy-arn arn:aws:iam::aws:policy/AmazonKinesisAnalyticsFullAccess\n"
                "aws iam list-attached-user-policies --user-name reader",
                '"PolicyName": "AmazonKinesisAnalyticsFullAccess"',
            ),
        ),
        equivalent(
            "create Lambda, with ids in events and predictions",
            "[A role](#a-role), [A policy to put on a stream](#a-policy-to-put-on-a-stream), "
            "[A function](#a-function)",
            types(block("A role", ROLE=ROLE)),
            types(
                block(
                    "A policy to put on a stream",
                    POLICY="write-to-ride-predictions",
                    ROLE=ROLE,
                    STREAM="ride-predictions",
                )
            ),
            c.create(TEST, ROLE, f.publishing("ride-predictions")),
        ),
        c.two_streams_and_trigger(
            "its streams start-ride-events and ride-predictions, its trigger",
            TEST,
            "start-ride-events",
            "ride-predictions",
        ),
        equivalent(
            "the event that gets sent to the queue",
            "[Test](#test)",
            c.test(TEST, "kinesis-ride-156-002", r'"ride_duration": 10.0, "ride_id": 156'),
        ),
        as_written("put an event to the stream", types(PUT, c.NUMBERED)),
        as_written(
            "read from the stream",
            until(c.read("ride-predictions", " | jq"), r'"ride_id": 156'),
            needs=("jq",),
        ),
        equivalent(
            "pipenv install boto3 mlflow scikit-learn==1.2.2 --python=3.9",
            c.PIPFILE,
            c.function_packages(),
        ),
        engine("docker build", c.BUILD, c.build("stream-model-duration:v1")),
        engine(
            "docker run, with ~/.aws mounted",
            c.RUN,
            types(c.ACCOUNT_CONFIGURED),
            c.run("stream-model-duration:v1", c.FOLDER),
        ),
        as_written(
            "test using test_docker.py",
            until(c.post("kinesis-ride-156-002"), r"'ride_duration': \d+\.\d+, 'ride_id': 156"),
        ),
        as_written("create a repo in AWS ECR", *c.repository("duration-model")),
        engine("log into ECR with docker", c.LOGIN, c.login()),
        c.tag_and_push("push the image"),
        c.function_of_the_image("create new Lambda from the image, with the role", FUNCTION, ROLE),
        console(
            "set its env vars",
            "Its variables",
            FUNCTION=FUNCTION,
            VARIABLES="PREDICTIONS_STREAM_NAME=ride-predictions,RUN_ID=$RUN_ID",
            shows='"RUN_ID": "[0-9a-f]{32}"',
        ),
        its_error(
            "add the trigger start-ride-event",
            "the stream's name, `start-ride-events`: [A trigger](#a-trigger)",
            fails(
                block("A trigger", FUNCTION=FUNCTION, STREAM="start-ride-event"),
                "Stream not found: .*stream/start-ride-event",
            ),
            types(block("A trigger", FUNCTION=FUNCTION, STREAM="start-ride-events")),
            until(c.state(FUNCTION), "Enabled"),
        ),
        console(
            "add S3 access to the role",
            "A policy to read models",
            POLICY="read-models",
            ROLE=ROLE,
        ),
        console(
            "memory 512, timeout 15 secs",
            "Its memory and timeout",
            types(PUT, c.NUMBERED),
            until(c.all_of("ride-predictions"), c.PREDICTED % 156),
            FUNCTION=FUNCTION,
            MEMORY="512",
            SECONDS_AT_MOST="15",
            shows='"Timeout": 15,\\s+"MemorySize": 512',
        ),
    ],
)


@pytest.fixture(scope="module")
def terminal(sit: Sit) -> Terminal:
    return sit(SEED)


@pytest.mark.parametrize("step", SEED.parameters)
def test_own_streams(step: int, terminal: Terminal, engine: Engine) -> None:
    SEED.follow(step, terminal, engine)
