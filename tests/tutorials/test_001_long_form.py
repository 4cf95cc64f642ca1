"""001: the long form, with the web service, the registry, streaming, Docker and clean-up."""

import pytest

from devenv.testing.engine import Engine

from . import commands as c
from .conftest import Sit
from .steps import UNTIL_ECR, How, Step, follow, parametrize
from .terminal import Terminal

ACCOUNT, REGION = "387546586013", "eu-west-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/lambda-kinesis-role"
TEST, FUNCTION = "ride-duration-prediction-test", "ride-duration-prediction"
RIDE_EVENTS = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/ride_events"
AWS_TUTORIALS = "111122223333"
"""The account of AWS's own tutorial, which this one quotes."""

INDEX = """
exports.handler = async (event) => {
  for (const record of event.Records) {
    const payload = Buffer.from(record.kinesis.data, "base64").toString("ascii");
    console.log("Decoded payload:", payload);
  }
  return "done";
};
"""

LOADED = """
import os
import mlflow
run_id = os.environ["CHAMPION_RUN"]
ride = [{"PU_DO": "130_205", "trip_distance": 3.66}]
for uri in (f"runs:/{run_id}/model", "models:/ride-duration@champion"):
    print(uri, float(mlflow.pyfunc.load_model(uri).predict(ride)[0]))
for uri in ("models://ride-duration/Production",):
    try:
        mlflow.pyfunc.load_model(uri)
    except mlflow.exceptions.MlflowException as error:
        print(uri, error)
"""

PREDICT = """
from flask import Flask
app = Flask('duration-prediction)
"""
"""With the mistake that the tutorial's own has."""

ASK = """
import os
import requests
ride_info = {"PULocationID": 10, "DOLocationID": 50, "trip_distance": 40}
url = f"http://127.0.0.1:{os.environ['DEVENV_WEB_PORT']}/predict"
print(requests.post(url, json=ride_info).json())
"""

STEPS = [
    Step("4.2 pip freeze", How.AS_WRITTEN, "pip freeze | grep scikit-learn", r"scikit-learn=="),
    Step(
        "4.2 pipenv install, and the Pipfile.lock that it makes",
        How.EQUIVALENT,
        "(cd $CHECKOUT && pipenv requirements)",
        r"scikit-learn==",
    ),
    Step(
        "4.2 python predict.py",
        How.ITS_ERROR,
        c.write(PREDICT, "predict.py") + "python predict.py",
        "SyntaxError: unterminated string literal",
        fails=True,
    ),
    Step(
        "4.2 the web service, by gunicorn",
        How.EQUIVALENT,
        "(cd $CHECKOUT && AWS_ACCESS_KEY_ID=$OWN_ACCOUNT AWS_DEFAULT_REGION=$OWN_REGION "
        "exec devenv serve) >serve.log 2>&1 &\nSERVICE=$!",
    ),
    Step(
        "4.2 test.py",
        How.AS_WRITTEN,
        c.write(ASK, "test.py") + "python test.py",
        r"'duration': \d+\.\d+, 'model_version': '1'",
        again=True,
    ),
    Step(
        "4.2 stop it",
        How.EQUIVALENT,
        "kill $SERVICE; wait $SERVICE; tail -1 serve.log",
        "nterrupted",
    ),
    Step(
        "4.2 docker build and run of the web service",
        How.ENGINE,
        "(cd $CHECKOUT && docker build -q --target web -t ride-duration-prediction-service:v1 .)",
        "sha256:",
    ),
    Step(
        "4.3 mlflow server",
        How.ITS_ERROR,
        "mlflow server --backend-store-uri=sqlite:///mlflow.db "
        "--default-artifact-rot=s3://mlflow-models-alexey",
        "No such option:? '?--default-artifact-rot",
        fails=True,
    ),
    Step(
        "4.3 mlflow server, as it's meant: `devenv up` runs one",
        How.EQUIVALENT,
        "curl -sS $MLFLOW_TRACKING_URI/health",
        "OK",
    ),
    Step(
        "4.3 load the model by run and by alias; by stage (an address that MLflow never had)",
        How.AS_WRITTEN,
        c.write(LOADED, "load.py") + "python load.py 2>&1",
        r"runs:/\w+/model \d+\.\d+.*@champion \d+\.\d+.*models://ride-duration/Production \S+",
    ),
    Step("4.4 aws --version", How.AS_WRITTEN, "aws --version", r"aws-cli/\d+\."),
    Step("4.4 create the role", How.EQUIVALENT, c.create_role(), "AWSLambdaKinesisExecutionRole"),
    Step(
        "4.4 create the function, Python 3.9",
        How.EQUIVALENT,
        c.create_function(TEST, ROLE, c.HELLO),
        r'"Runtime": "python3.9"',
    ),
    Step(
        "4.4 configure and run the test event",
        How.EQUIVALENT,
        c.invoke(TEST, '{"key1": "value1", "key2": "value2", "key3": "value3"}'),
        r'"key1": "value1".*"statusCode": 200, "body": "\\"Hello from Lambda!\\""',
    ),
    Step(
        "4.4 by the CLI: a folder and a deployment package",
        How.AS_WRITTEN,
        "mkdir kinesis-tutorial\ncd kinesis-tutorial\n"
        + c.write(INDEX, "index.js")
        + "zip function.zip index.js",
        "adding: index.js",
    ),
    Step(
        "4.4 the role of AWS's own tutorial",
        How.EQUIVALENT,
        f"export AWS_ACCESS_KEY_ID={AWS_TUTORIALS}\n" + c.create_role(),
        "AWSLambdaKinesisExecutionRole",
    ),
    Step(
        "4.4 create-function, nodejs18.x",
        How.AS_WRITTEN,
        "aws lambda create-function --function-name ProcessKinesisRecords \\\n"
        "    --zip-file fileb://function.zip --handler index.handler --runtime nodejs18.x \\\n"
        "    --role arn:aws:iam::111122223333:role/lambda-kinesis-role",
        r'"FunctionArn": "arn:aws:lambda:[\w-]+:111122223333:function:ProcessKinesisRecords"',
        needs="node",
    ),
    Step(
        "4.4 invoke it",
        How.AS_WRITTEN,
        "cp $CHECKOUT/tests/events/kinesis-hello-001.json input.txt\n"
        "aws lambda invoke --function-name ProcessKinesisRecords \\\n"
        "    --cli-binary-format raw-in-base64-out \\\n"
        "    --payload file://input.txt outputfile.txt\ncat outputfile.txt",
        r'"StatusCode": 200.*"done"',
        again=True,
        needs="node",
    ),
    Step(
        "4.4 create a stream by the CLI",
        How.AS_WRITTEN,
        "aws kinesis create-stream --stream-name lambda-stream --shard-count 1 && "
        "aws kinesis list-streams",
        "lambda-stream",
    ),
    Step(
        "4.4 back in the tutorial's account: the stream ride_events",
        How.EQUIVALENT,
        f"export AWS_ACCESS_KEY_ID={ACCOUNT}; cd ..\n" + c.create_stream("ride_events"),
        r'"StreamMode": "PROVISIONED".*"OpenShardCount": 1',
    ),
    Step(
        "4.4 add the trigger",
        How.EQUIVALENT,
        c.add_trigger(TEST, RIDE_EVENTS),
        r'"StartingPosition": "LATEST"',
    ),
    Step("4.4 it is enabled", How.EQUIVALENT, c.trigger_state(TEST), "Enabled", again=True),
    Step(
        "4.4 aws configure",
        How.AS_WRITTEN,
        "printf '%s\\n' AKIAIOSFODNN7EXAMPLE wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY "
        "us-west-2 json | aws configure\naws configure get region",
        "us-west-2",
    ),
    Step(
        "4.4 test the upload",
        How.AS_WRITTEN,
        "KINESIS_STREAM_INPUT=ride_events\n"
        "aws kinesis put-record \\\n"
        "    --stream-name ${KINESIS_STREAM_INPUT} \\\n"
        "    --partition-key 1 \\\n"
        "    --cli-binary-format raw-in-base64-out \\\n"
        '    --data "Hello, this is a test."\n',
        r'"ShardId": "shardId-000000000000"',
    ),
    Step(
        "4.4 the event in the logs",
        How.EQUIVALENT,
        f"aws logs tail /aws/lambda/{TEST} --since 10m --format short",
        r'"partitionKey": "1".*"data": "SGVsbG8sIHRoaXMgaXMgYSB0ZXN0Lg==".*'
        rf'"invokeIdentityArn": "{ROLE}", "awsRegion": "{REGION}"',
        again=True,
    ),
    Step(
        "4.4 decode it, with the event of the log for a test",
        How.EQUIVALENT,
        c.deploy(TEST, c.DECODED) + c.invoke(TEST, "kinesis-hello-001.json"),
        "Hello, this is a test",
    ),
    Step(
        "4.4 test on the real data format",
        How.AS_WRITTEN,
        c.put_ride(156, c.RAW),
        r'"SequenceNumber": "\d+"',
    ),
    Step(
        "4.4 the logs have it",
        How.EQUIVALENT,
        f"aws logs tail /aws/lambda/{TEST} --since 10m --format short",
        r'"PULocationID": 130',
        again=True,
    ),
    Step(
        "4.4 predictions returned",
        How.EQUIVALENT,
        c.deploy(TEST, c.BATCH) + c.invoke(TEST, "kinesis-ride-256-001.json"),
        r'"predictions": \[\{"ride_duration": 10.0, "ride_id": 256\}\]',
    ),
    Step(
        "4.4 the stream ride_predictions",
        How.EQUIVALENT,
        c.create_stream("ride_predictions"),
        '"StreamStatus": "ACTIVE"',
    ),
    Step(
        "4.4 boto3 puts predictions on it; a typing error in its name is denied",
        How.EQUIVALENT,
        c.deploy(TEST, c.publishing("ride_prediction"))
        + c.invoke(TEST, "kinesis-ride-256-001.json"),
        "AccessDeniedException.*stream/ride_prediction ",
    ),
    Step(
        "4.4 create the policy, and attach it to the role",
        How.EQUIVALENT,
        c.attach_policy(
            "lambda-kinesis-role",
            "lambda_kinesis_write_to_ride_predictions",
            '["kinesis:PutRecord", "kinesis:PutRecords"]',
            f'"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/ride_predictions"',
        ),
        "lambda_kinesis_write_to_ride_predictions",
    ),
    Step(
        "4.4 test it, its name put right",
        How.EQUIVALENT,
        c.deploy(TEST, c.publishing("ride_predictions"))
        + c.invoke(TEST, "kinesis-ride-256-001.json"),
        r'"prediction": \{"ride_duration": 10.0, "ride_id": 256\}',
    ),
    Step(
        "4.4 read from the stream",
        How.AS_WRITTEN,
        c.read_stream("ride_predictions", "| base64 --decode"),
        r'"prediction": \{"ride_duration": 10.0, "ride_id": 256\}',
        again=True,
    ),
    Step(
        "4.4 the model by s3://…/1/RUN_ID/artifacts/model: MLflow 3 keeps it elsewhere, and that "
        "is told",
        How.EQUIVALENT,
        "MODEL_URI=s3://mlflow-models/1/$CHAMPION_RUN/artifacts/model TEST_RUN=True "
        "AWS_ACCESS_KEY_ID=$OWN_ACCOUNT AWS_DEFAULT_REGION=$OWN_REGION "
        "python $CHECKOUT/scripts/try_function.py",
        r"MLflow 3 keeps models apart from runs: this run's is at s3://mlflow-models/",
        fails=True,
    ),
    Step(
        "4.4 test.py",
        How.EQUIVALENT,
        'export PREDICTIONS_STREAM_NAME="ride_predictions"\n'
        'export RUN_ID="$CHAMPION_RUN"\n'
        'export TEST_RUN="True"\n'
        "AWS_ACCESS_KEY_ID=$OWN_ACCOUNT AWS_DEFAULT_REGION=$OWN_REGION "
        "python $CHECKOUT/scripts/try_function.py $CHECKOUT/tests/events/kinesis-ride-256-001.json",
        r'"ride_id": 256',
    ),
    Step(
        "4.4 build the docker",
        How.ENGINE,
        c.DOCKERFILE.format(name="stream-model-duration:v1"),
        "sha256:",
    ),
    Step(
        "4.4 test_docker.py",
        How.AS_WRITTEN,
        c.post("kinesis-ride-256-001"),
        r"'ride_duration': \d+\.\d+, 'ride_id': 256",
        again=True,
    ),
    Step(
        "4.4 publish to ECR",
        How.AS_WRITTEN,
        "aws ecr create-repository --repository-name duration-model",
        r'"repositoryUri".*"imageTagMutability": "MUTABLE"',
        until=UNTIL_ECR,
    ),
    Step(
        "4.4 log in",
        How.AS_WRITTEN,
        "$(aws ecr get-login --no-include-email)",
        "Login Succeeded",
        until=UNTIL_ECR,
    ),
    Step(
        "4.4 tag and push",
        How.ENGINE,
        'REMOTE_URI="387546586013.dkr.ecr.eu-west-1.amazonaws.com/duration-model"\n'
        'REMOTE_TAG="v1"\nREMOTE_IMAGE=${REMOTE_URI}:${REMOTE_TAG}\n\n'
        'LOCAL_IMAGE="stream-model-duration:v1"\n'
        "docker tag ${LOCAL_IMAGE} ${REMOTE_IMAGE}\ndocker push ${REMOTE_IMAGE}",
        "digest: sha256:",
        until=UNTIL_ECR,
    ),
    Step(
        "4.4 create the final function from the image's URI",
        How.AS_WRITTEN,
        c.create_from_image(
            FUNCTION,
            ROLE,
            "PREDICTION_STREAM_NAME=ride_predictions,RUN_ID=$CHAMPION_RUN",
            "387546586013.dkr.ecr.eu-west-1.amazonaws.com/duration-model:v1",
        ),
        '"PackageType": "Image"',
        until=UNTIL_ECR,
    ),
    Step(
        "4.4 create the final function from the image",
        How.EQUIVALENT,
        c.create_from_image(
            FUNCTION,
            ROLE,
            "PREDICTION_STREAM_NAME=ride_predictions,RUN_ID=$CHAMPION_RUN",
            "stream-model-duration:v1",
        ),
        '"PackageType": "Image"',
    ),
    Step("4.4 512 MB, 30 s", How.EQUIVALENT, c.size(FUNCTION, 512, 30), '"Timeout": 30'),
    Step(
        "4.4 delete the test function",
        How.EQUIVALENT,
        f"aws lambda delete-function --function-name {TEST} && aws lambda list-functions "
        "--query 'Functions[].FunctionName'",
        rf'\[\s+"{FUNCTION}"',
    ),
    Step(
        "4.4 add the trigger to the final function",
        How.EQUIVALENT,
        c.add_trigger(FUNCTION, RIDE_EVENTS),
        r'"StartingPosition": "LATEST"',
    ),
    Step(
        "4.4 the policy to list and read the bucket",
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
        "4.4 it is enabled, too", How.EQUIVALENT, c.trigger_state(FUNCTION), "Enabled", again=True
    ),
    Step(
        "4.4 send an event to the stream",
        How.AS_WRITTEN,
        c.put_ride(157),
        r'"SequenceNumber": "\d+"',
    ),
    Step(
        "4.4 its prediction comes",
        How.EQUIVALENT,
        c.last_predictions("ride_predictions"),
        r'"prediction": \{"ride_duration": \d+\.\d+, "ride_id": 157',
        again=True,
    ),
    Step(
        "4.4 invoke by Lambda's address",
        How.EQUIVALENT,
        f"curl -sS --aws-sigv4 aws:amz:{REGION}:lambda --user "
        '"$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" -d '
        '\'{"ride": {"PULocationID": 130, "DOLocationID": 205, "trip_distance": 3.66}, '
        '"ride_id": 158}\' '
        f"$AWS_ENDPOINT_URL/2015-03-31/functions/{FUNCTION}/invocations",
        r'"ride_id": 158',
    ),
    Step(
        "4.4 clean up",
        How.EQUIVALENT,
        "aws kinesis delete-stream --stream-name ride_events\n"
        "aws kinesis delete-stream --stream-name ride_predictions\n"
        "aws kinesis wait stream-not-exists --stream-name ride_predictions\n"
        "aws kinesis list-streams",
        r'"StreamNames": \[\]',
    ),
]


@pytest.fixture(scope="module")
def terminal(sit: Sit) -> Terminal:
    return sit(ACCOUNT, REGION)


@parametrize("001", STEPS)
def test_long_form(step: Step, terminal: Terminal, engine: Engine) -> None:
    follow(step, terminal, engine)
