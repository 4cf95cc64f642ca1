"""001, the long form, its second half: streaming, Docker, ECR, other ways to call, clean-up."""

import pytest

from devenv.testing.engine import Engine

from . import commands as c
from . import functions as f
from .conftest import Sit
from .page import block, link
from .steps import Seed, as_written, console, engine, equivalent, fails, its_error, types, until
from .terminal import Terminal
from .test_001_web_service import SEED as FIRST_HALF

TEST, FUNCTION = "ride-duration-prediction-test", "ride-duration-prediction"
ROLE = "lambda-kinesis-role"
PAGE = "without-a-stream.md"

SEED = Seed(
    "001",
    "387546586013",
    "eu-west-1",
    [
        as_written("4.4 aws --version", types("aws --version", r"aws-cli/\d+\.\d+\.\d+ Python/")),
        equivalent(
            "4.4 install or update the AWS CLI",
            "nothing: `aws` is in `.venv`",
            types("ls -l $CHECKOUT/.venv/bin/aws && aws sts get-caller-identity", "387546586013"),
        ),
        console(
            "4.4 create the execution role", "A role", ROLE=ROLE, shows='"RoleName": "lambda-k'
        ),
        equivalent(
            "4.4 attach its permissions, if that isn't done",
            c.POLICY_ATTACHED,
            types(c.policies(ROLE), "AWSLambdaKinesisExecutionRole"),
        ),
        equivalent(
            "4.4 create the function ride-duration-prediction-test, Python 3.9",
            "[A function](#a-function)",
            c.create(TEST, ROLE, f.HELLO),
        ),
        equivalent(
            "4.4 edit, deploy, configure and run the test event",
            c.DEPLOY_AND_TEST,
            c.test(TEST, c.KEYS, r'"key1": "value1".*"statusCode": 200, "body": "\\"Hello'),
        ),
        as_written("4.4 a directory", types("mkdir kinesis-tutorial\ncd kinesis-tutorial")),
        as_written("4.4 save a function there", types(c.write(f.NODE, "index.js"))),
        as_written(
            "4.4 zip function.zip",
            types("zip function.zip index.js", "adding: index.js"),
            needs=("zip",),
        ),
        as_written(
            "4.4 create-function, nodejs18.x",
            types(
                "aws lambda create-function --function-name ProcessKinesisRecords \\\n"
                "--zip-file fileb://function.zip --handler index.handler --runtime nodejs18.x \\\n"
                "--role arn:aws:iam::387546586013:role/lambda-kinesis-role",
                r'"FunctionArn": "arn:aws:lambda:.*:387546586013:function:ProcessKinesisRecords"',
            ),
            types("aws lambda wait function-active-v2 --function-name ProcessKinesisRecords"),
            needs=("zip", "node"),
        ),
        as_written(
            "4.4 invoke it",
            types("cp $CHECKOUT/tests/events/kinesis-hello-001.json input.txt"),
            types(
                "aws lambda invoke --function-name ProcessKinesisRecords \\\n"
                "--cli-binary-format raw-in-base64-out \\\n"
                "--payload file://input.txt outputfile.txt",
                '"StatusCode": 200',
            ),
            types("cat outputfile.txt", "done"),
            needs=("zip", "node"),
        ),
        as_written(
            "4.4 aws configure set cli-binary-format",
            types("cd ..; aws configure set cli-binary-format raw-in-base64-out"),
        ),
        as_written(
            "4.4 create a stream by the CLI",
            types("aws kinesis create-stream --stream-name lambda-stream --shard-count 1"),
            types("aws kinesis list-streams", "lambda-stream"),
        ),
        c.input_stream("4.4 the stream ride_events: provisioned, 1 shard"),
        c.trigger("4.4 add the trigger", TEST, "ride_events"),
        as_written(
            "4.4 test the upload",
            types(
                "KINESIS_STREAM_INPUT=ride_events\n"
                "aws kinesis put-record \\\n"
                "    --stream-name ${KINESIS_STREAM_INPUT} \\\n"
                "    --partition-key 1 \\\n"
                "    --cli-binary-format raw-in-base64-out \\\n"
                '    --data "Hello, this is a test."\n',
                c.NUMBERED,
            ),
        ),
        as_written(
            "4.4 aws configure",
            types(
                "aws configure",
                r"AWS Access Key ID \[None\]: .*Default output format \[None\]: ",
                answers=(
                    *("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
                    *("us-west-2", "json"),
                ),
            ),
        ),
        equivalent(
            "4.4 the event in CloudWatch's logs",
            c.LOGS,
            until(
                c.logs(TEST),
                '"partitionKey": "1".*"data": "SGVsbG8sIHRoaXMgaXMgYSB0ZXN0Lg==".*'
                '"invokeIdentityArn": "arn:aws:iam::387546586013:role/lambda-kinesis-role", '
                '"awsRegion": "eu-west-1"',
            ),
        ),
        equivalent(
            "4.4 decode it, with the test event test-kinesis",
            c.DEPLOY_AND_TEST,
            c.deploy(TEST, f.DECODED),
            c.test(TEST, "kinesis-hello-001", "Hello, this is a test"),
        ),
        as_written(
            "4.4 put a ride",
            types(c.put_ride(156, "--cli-binary-format raw-in-base64-out"), c.NUMBERED),
        ),
        equivalent(
            "4.4 the ride in CloudWatch's logs",
            c.LOGS,
            until(c.logs(TEST), r'"PULocationID": 130.*"ride_id": 156'),
        ),
        equivalent(
            "4.4 return predictions of all records",
            c.DEPLOY_AND_TEST,
            c.deploy(TEST, f.batch()),
            c.test(
                TEST,
                "kinesis-ride-256-001",
                r'"predictions": \[\{"ride_duration": 10.0, "ride_id": 256\}\]',
            ),
        ),
        console(
            "4.4 the stream ride_predictions: provisioned, 1 shard",
            "A stream",
            STREAM="ride_predictions",
        ),
        equivalent(
            "4.4 boto3 and put_record in the function: it may only read",
            c.DEPLOY_AND_TEST,
            c.deploy(TEST, f.publishing("ride_predictions")),
            c.test(
                TEST,
                "kinesis-ride-256-001",
                r"AccessDeniedException.*kinesis:PutRecord on resource: arn:aws:kinesis:eu-west-1",
            ),
        ),
        console(
            "4.4 create the policy, and attach it to the role",
            "A policy to put on a stream",
            POLICY="lambda_kinesis_write_to_ride_predictions",
            ROLE=ROLE,
            STREAM="ride_predictions",
        ),
        its_error(
            "4.4 test it: with `ride_prediction` for `ride_predictions` it doesn't work",
            "the stream's name, as the tutorial finds out: [Deploy](#deploy), [Test](#test)",
            c.deploy(TEST, f.publishing("ride_prediction")),
            c.test(TEST, "kinesis-ride-256-001", "AccessDeniedException.*stream/ride_prediction "),
            c.deploy(TEST, f.publishing("ride_predictions")),
            c.test(
                TEST,
                "kinesis-ride-256-001",
                r'"prediction": \{"ride_duration": 10.0, "ride_id": 256\}',
            ),
        ),
        as_written(
            "4.4 read from the stream",
            until(
                c.read("'ride_predictions'"),
                r'"prediction": \{"ride_duration": 10.0, "ride_id": 256\}',
            ),
            needs=("jq",),
        ),
        equivalent(
            "4.4 the model by s3://…/RUN_ID/artifacts/model",
            c.RUN_ALONE,
            c.try_function("kinesis-ride-256-001", r'"ride_id": 256', c.WITHOUT_SERVER),
        ),
        equivalent(
            "4.4 python test.py",
            c.TEST_PY,
            types(
                'export PREDICTIONS_STREAM_NAME="ride_predictions"\n'
                'export RUN_ID="$RUN_ID"\n'
                'export TEST_RUN="True"'
            ),
            c.try_function("kinesis-ride-256-001", r'"ride_duration": \d+\.\d+, "ride_id": 256'),
        ),
        equivalent(
            "4.4 the model from a file, since the author's bucket is closed",
            "nothing: the bucket is yours; `MODEL_URI` takes a folder, too",
            types(
                "aws s3 sync --quiet s3://mlflow-models/models all\n"
                'MODEL=$(dirname "$(grep -l "run_id: $RUN_ID" all/*/artifacts/MLmodel)")'
            ),
            c.try_function("kinesis-ride-256-001", r'"ride_id": 256', "MODEL_URI=$PWD/$MODEL "),
        ),
        equivalent(
            "4.4 pipenv install boto3 mlflow scikit-learn --python=3.9",
            c.PIPFILE,
            c.function_packages(),
        ),
        equivalent("4.4 create the Dockerfile", c.DOCKERFILE, c.dockerfile()),
        engine("4.4 docker build", c.BUILD, c.build("stream-model-duration:v1")),
        its_error(
            "4.4 docker run: a backslash is missing after the port",
            "type it; and what [docker run](#docker-run) adds",
            fails(
                "docker run -it --rm \\\n"
                "    -p 8080:8080\n"
                '    -e PREDICTIONS_STREAM_NAME="ride_predictions" \\\n'
                '    -e RUN_ID="$RUN_ID" \\\n'
                '    -e TEST_RUN="True" \\\n'
                "    stream-model-duration:v1",
                "-e: command not found",
            ),
        ),
        engine(
            "4.4 docker run, with region and credentials", c.RUN, c.run("stream-model-duration:v1")
        ),
        as_written(
            "4.4 test_docker.py",
            until(c.post("kinesis-ride-256-001"), r"'ride_duration': \d+\.\d+, 'ride_id': 256"),
        ),
        engine(
            "4.4 docker run, with ~/.aws mounted",
            f"{c.RUN}",
            c.run("stream-model-duration:v1", c.FOLDER),
            until(c.post("kinesis-ride-256-001"), r"'ride_duration': \d+\.\d+, 'ride_id': 256"),
        ),
        as_written("4.4 create the repository duration-model", *c.repository("duration-model")),
        engine(
            "4.4 log in by aws ecr get-login",
            c.LOGIN,
            types("$(aws ecr get-login --no-include-email)", "Login Succeeded"),
        ),
        c.tag_and_push("4.4 docker tag and push"),
        c.function_of_the_image(
            "4.4 create the function ride-duration-prediction from the image", FUNCTION, ROLE
        ),
        console(
            "4.4 PREDICTION_STREAM_NAME and RUN_ID",
            "Its variables",
            FUNCTION=FUNCTION,
            VARIABLES="PREDICTION_STREAM_NAME=ride_predictions,RUN_ID=$RUN_ID",
            shows='"RUN_ID": "[0-9a-f]{32}"',
        ),
        console(
            "4.4 512 MB, 512 MB of storage, 30 s",
            "Its memory and timeout",
            FUNCTION=FUNCTION,
            MEMORY="512",
            SECONDS_AT_MOST="30",
            shows='"Timeout": 30,\\s+"MemorySize": 512.*"EphemeralStorage": {\\s+"Size": 512',
        ),
        c.trigger("4.4 add its trigger: ride_events", FUNCTION, "ride_events"),
        equivalent(
            "4.4 delete the test function",
            f"`aws lambda delete-function --function-name {TEST}`",
            types(
                f"aws lambda delete-function --function-name {TEST}\n"
                "aws lambda list-functions --query 'Functions[].FunctionName' --output text",
                r"ride-duration-prediction(?!-test)",
            ),
        ),
        as_written("4.4 send an event to the stream", types(c.put_ride(156), c.NUMBERED)),
        console(
            "4.4 the policy read_permission_mlflow_models",
            "A policy to read models",
            until(c.all_of("ride_predictions"), c.PREDICTED % 156),
            POLICY="read_permission_mlflow_models",
            ROLE=ROLE,
        ),
        equivalent(
            "4.4 call it without a stream: a function URL",
            link("A function URL", PAGE),
            types(
                f"function={FUNCTION} event='{c.RIDE}'\n" + block("A function URL", page=PAGE),
                r'"ride_duration": \d+\.\d+, "ride_id": 123',
            ),
        ),
        equivalent(
            "4.4 call it by the CLI or an SDK",
            link("Invoke: the AWS CLI and the SDKs", PAGE),
            types(
                f"FUNCTION_NAME={FUNCTION}\n"
                + block("Invoke: the AWS CLI and the SDKs", page=PAGE),
                r'"ride_duration": \d+\.\d+, "ride_id": 156',
            ),
        ),
        equivalent(
            "4.4 call it by API Gateway",
            link("API Gateway", PAGE),
            types(block("API Gateway", page=PAGE), r'"ride_duration": \d+\.\d+, "ride_id": 156'),
        ),
        equivalent(
            "4.4 call it by the console",
            "[Test](#test)",
            c.test(FUNCTION, c.RIDE, r'"ride_duration": \d+\.\d+, "ride_id": 123'),
        ),
        equivalent(
            "4.4 delete the streams",
            "`aws kinesis delete-stream --stream-name STREAM`",
            types(
                "for stream in ride_events ride_predictions lambda-stream; do\n"
                "    aws kinesis delete-stream --stream-name $stream\n"
                "done"
            ),
            until("aws kinesis list-streams", r'"StreamNames": \[\]'),
        ),
    ],
    first=len(FIRST_HALF.steps) + 1,
)


@pytest.fixture(scope="module")
def terminal(sit: Sit) -> Terminal:
    return sit(SEED)


@pytest.mark.parametrize("step", SEED.parameters)
def test_streaming(step: int, terminal: Terminal, engine: Engine) -> None:
    SEED.follow(step, terminal, engine)
