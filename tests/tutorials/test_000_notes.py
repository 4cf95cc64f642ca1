"""000: the notes of the course's unit on streaming, step by step."""

import pytest

from devenv.testing.engine import Engine

from . import commands as c
from . import functions as f
from .conftest import Sit
from .page import block
from .steps import Seed, as_written, console, engine, equivalent, fails, its_error, types, until
from .terminal import Terminal

TEST, FUNCTION, ROLE = (
    "ride-duration-prediction-test",
    "ride-duration-prediction",
    "lambda-kinesis-role",
)
RIDE_EVENT = '"PULocationID": 130,.*"ride_id": 156'

PUT_BY_BOTO3 = (
    'python -c \'import boto3; print(boto3.client("kinesis").put_record('
    'StreamName="ride_predictions", Data="{}", PartitionKey="1"))\''
)

SEED = Seed(
    "000",
    "222222222222",
    "us-east-1",
    [
        console(
            "create the role lambda-kinesis-role",
            "A role",
            ROLE=ROLE,
            shows='"RoleName": "lambda-kinesis-role"',
        ),
        equivalent(
            "create the function ride-duration-prediction-test, Python 3.9",
            "[A function](#a-function)",
            c.create(TEST, ROLE, f.HELLO),
        ),
        equivalent(
            "test it with the console's own event",
            "[Test](#test)",
            c.test(TEST, c.KEYS, r'START.*"key1": "value1".*END.*"body": "\\"Hello from Lambda!'),
        ),
        equivalent(
            "predict, prepare_features, ride and ride_id; the README's ride as test event",
            c.DEPLOY_AND_TEST,
            c.deploy(TEST, f.ONE_RIDE),
            c.test(TEST, c.RIDE, r'\{"ride_duration": 10.0, "ride_id": 123\}'),
        ),
        its_error(
            "print the event; ride_id isn't defined any more",
            "deployed as it is: the logs show the error in a moment",
            c.deploy(TEST, f.UNNAMED_ID),
            c.test(TEST, c.RIDE, "name 'ride_id' is not defined"),
        ),
        c.input_stream("create the stream ride_events: provisioned, 1 shard"),
        c.trigger("add the trigger Kinesis: ride_events", TEST, "ride_events"),
        equivalent(
            "attach the policy to the role, if that was forgotten",
            c.POLICY_ATTACHED,
            types(c.policies(ROLE), "AWSLambdaKinesisExecutionRole"),
        ),
        as_written(
            "send a record",
            types("KINESIS_STREAM_INPUT=ride_events"),
            types(
                "aws kinesis put-record \\\n"
                "    --stream-name ${KINESIS_STREAM_INPUT} \\\n"
                "    --partition-key 1 \\\n"
                '    --data "Hello, this is a test."',
                c.NUMBERED,
            ),
        ),
        equivalent(
            "CloudWatch's logs show the error, and that it is tried again",
            c.LOGS,
            until(c.logs(TEST), "'ride_id' is not defined.*'ride_id' is not defined"),
        ),
        equivalent(
            "define ride_id, deploy; the log has the record as JSON",
            "[Deploy](#deploy), [CloudWatch's logs](#cloudwatchs-logs)",
            c.deploy(TEST, f.PRINTED),
            until(
                c.logs(TEST),
                '"kinesisSchemaVersion": "1.0".*"data": "SGVsbG8sIHRoaXMgaXMgYSB0ZXN0Lg==".*'
                '"eventSourceARN": "arn:aws:kinesis:us-east-1:222222222222:stream/ride_events"',
            ),
        ),
        equivalent(
            "decode base64, and make the log's JSON a test event: the payload is printed",
            c.DEPLOY_AND_TEST,
            c.deploy(TEST, f.DECODED),
            types(
                f"{c.logs(TEST).strip()} | grep -o '{{\"Records.*' | tail -1 > event.json\n"
                + block("Test", FUNCTION=TEST),
                r"Hello, this is a test\.",
            ),
        ),
        as_written("send a ride", types(c.put_ride(156), c.NUMBERED)),
        equivalent(
            "the logs have it, decoded",
            c.LOGS,
            until(c.logs(TEST), RIDE_EVENT),
        ),
        its_error(
            "a list of predictions: KeyError, since `event` has no ride",
            "`ride_event`, as the notes find out: [Deploy](#deploy), [Test](#test)",
            c.deploy(TEST, f.batch("event")),
            c.test(TEST, "kinesis-ride-156-002", r"KeyError: 'ride'"),
            c.deploy(TEST, f.batch()),
            c.test(
                TEST,
                "kinesis-ride-156-002",
                r'"predictions": \[\{"ride_duration": 10.0, "ride_id": 156\}\]',
            ),
        ),
        console(
            "create the stream ride_predictions, 1 shard", "A stream", STREAM="ride_predictions"
        ),
        equivalent(
            "put each prediction there: the role has no PutRecord permission",
            c.DEPLOY_AND_TEST,
            c.deploy(TEST, f.publishing("ride_predictions")),
            c.test(
                TEST,
                "kinesis-ride-156-002",
                r"AccessDeniedException.*kinesis:PutRecord on resource: arn:aws:kinesis",
            ),
        ),
        console(
            "create a policy with PutRecord(s), and attach it",
            "A policy to put on a stream",
            c.test(TEST, "kinesis-ride-156-002", r'"ride_duration": 10.0, "ride_id": 156'),
            POLICY="lambda_kinesis_write_to_ride_predictions",
            ROLE=ROLE,
            STREAM="ride_predictions",
        ),
        as_written(
            "read from the stream",
            until(c.read("ride_predictions"), r'"ride_duration": 10.0, "ride_id": 156'),
            needs=("jq",),
        ),
        equivalent(
            "the model of a run in predict(); test.py with RUN_ID and TEST_RUN",
            c.TEST_PY,
            c.try_function(
                "kinesis-ride-156-002",
                r'"prediction": \{"ride_duration": \d+\.\d+, "ride_id": 156',
                "RUN_ID=$RUN_ID TEST_RUN=True ",
            ),
        ),
        its_error(
            "what predict() returns, an ndarray, is no JSON",
            "`float(pred[0])`, as the notes find out, and as the function here has it",
            fails(
                "python -c 'import json, numpy; json.dumps(numpy.array([10.0]))'",
                "Object of type ndarray is not JSON serializable",
            ),
        ),
        equivalent(
            "pipenv install boto3 mlflow scikit-learn --python=3.9",
            c.PIPFILE,
            c.function_packages(),
        ),
        equivalent("make the Dockerfile", c.DOCKERFILE, c.dockerfile()),
        engine("docker build", c.BUILD, c.build("stream-model-duration:v1")),
        engine("docker run with the variables", c.RUN, c.run("stream-model-duration:v1")),
        as_written(
            "test_docker.py",
            until(c.post("kinesis-ride-156-002"), r"'ride_duration': \d+\.\d+, 'ride_id': 156"),
        ),
        its_error(
            "it fails: there is no region; then there are no credentials",
            "the variables of [docker run](#docker-run)",
            fails(f"env -u AWS_DEFAULT_REGION {PUT_BY_BOTO3}", "NoRegionError"),
            fails(f"env -u AWS_ACCESS_KEY_ID {PUT_BY_BOTO3}", "CredentialsError"),
            types(PUT_BY_BOTO3, "shardId-000000000000"),
        ),
        its_error(
            "scikit-learn==1.0.2, since the model can't be unpickled",
            "the model's own, which is in `Pipfile.lock`",
            types(
                "(cd $CHECKOUT && PIPENV_VERBOSITY=-1 pipenv requirements) | grep scikit-learn\n"
                "pip freeze | grep scikit-learn",
                r"scikit-learn==([\d.]+)\D.*scikit-learn==\1",
            ),
        ),
        as_written("create the repository duration-model", *c.repository("duration-model")),
        engine(
            "set REMOTE_URI, and docker tag", c.REMOTE, types(c.TAG % "stream-model-duration:v1")
        ),
        engine(
            "aws ecr get-login",
            c.LOGIN,
            types("$(aws ecr get-login --no-include-email)", "Login Succeeded"),
        ),
        engine("docker push", c.REMOTE, types(c.PUSH, c.PUSHED)),
        c.function_of_the_image(
            "create the function ride-duration-prediction from the image", FUNCTION, ROLE
        ),
        console(
            "add PREDICTIONS_STREAM_NAME and RUN_ID",
            "Its variables",
            FUNCTION=FUNCTION,
            VARIABLES="PREDICTIONS_STREAM_NAME=ride_predictions,RUN_ID=$RUN_ID",
            shows='"RUN_ID": "[0-9a-f]{32}"',
        ),
        c.trigger("add its trigger: ride_events", FUNCTION, "ride_events"),
        console(
            "may need to add S3 permissions",
            "A policy to read models",
            POLICY="read_permission_mlflow_models",
            ROLE=ROLE,
        ),
        as_written(
            "send the event again",
            types("export KINESIS_STREAM_INPUT=ride_events\n" + c.put_ride(157), c.NUMBERED),
        ),
        console(
            "256 MB, 15 s",
            "Its memory and timeout",
            FUNCTION=FUNCTION,
            MEMORY="256",
            SECONDS_AT_MOST="15",
            shows='"Timeout": 15,\\s+"MemorySize": 256',
        ),
        equivalent(
            "test it (twice, because of the timeout)",
            "[Test](#test); once is enough",
            c.test(FUNCTION, "kinesis-ride-156-002", r'"ride_duration": \d+\.\d+, "ride_id": 156'),
        ),
        as_written("try again from the CLI", types(c.put_ride(158), c.NUMBERED)),
        equivalent(
            "see in CloudWatch that it worked",
            c.LOGS,
            until(c.logs(FUNCTION), "START RequestId.*REPORT RequestId"),
        ),
        equivalent(
            "the result on the stream, from a SequenceNumber of the log on, decoded",
            c.ALL_RECORDS,
            until(c.all_of("ride_predictions"), c.PREDICTED % 158),
        ),
    ],
)


@pytest.fixture(scope="module")
def terminal(sit: Sit) -> Terminal:
    return sit(SEED)


@pytest.mark.parametrize("step", SEED.parameters)
def test_notes(step: int, terminal: Terminal, engine: Engine) -> None:
    SEED.follow(step, terminal, engine)
