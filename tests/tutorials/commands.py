"""The clicks in AWS's console that tutorials describe, as commands: docs/tutorials.md has them."""

TRUST = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", '
    '"Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}'
)


def create_role(name: str = "lambda-kinesis-role") -> str:
    """IAM → Roles → Create role: AWS service, Lambda, AWSLambdaKinesisExecutionRole."""
    return f"""
aws iam create-role --role-name {name} --assume-role-policy-document '{TRUST}'
aws iam attach-role-policy --role-name {name} \\
    --policy-arn arn:aws:iam::aws:policy/service-role/AWSLambdaKinesisExecutionRole
aws iam list-attached-role-policies --role-name {name}
"""


def write(code: str, name: str = "lambda_function.py") -> str:
    """The console's editor."""
    return f"cat > {name} <<'CODE'\n{code.strip()}\nCODE\n"


def create_function(name: str, role: str, code: str, runtime: str = "python3.9") -> str:
    """Lambda → Create function → Author from scratch, with an existing role."""
    return f"""{write(code)}
zip -q function.zip lambda_function.py
aws lambda create-function --function-name {name} --runtime {runtime} \\
    --handler lambda_function.lambda_handler --zip-file fileb://function.zip --role {role} \\
    --timeout 10 && aws lambda wait function-active-v2 --function-name {name}
"""


def deploy(name: str, code: str) -> str:
    """Deploy, in the editor."""
    return f"""{write(code)}
zip -q function.zip lambda_function.py
aws lambda update-function-code --function-name {name} --zip-file fileb://function.zip &&
aws lambda wait function-updated-v2 --function-name {name}
"""


def invoke(name: str, event: str) -> str:
    """Test, with an event of one's own, or one of tests/events; the log's end as the console shows
    it."""
    payload = f"'{event}'" if event.startswith("{") else f'"$(cat $CHECKOUT/tests/events/{event})"'
    return f"""
aws lambda invoke --function-name {name} --log-type Tail --payload {payload} \\
    --query LogResult --output text answer.json | base64 --decode
cat answer.json
"""


def create_stream(name: str) -> str:
    """Kinesis → Create data stream: provisioned, 1 shard."""
    return f"""
aws kinesis create-stream --stream-name {name} --shard-count 1 &&
aws kinesis wait stream-exists --stream-name {name} &&
aws kinesis describe-stream-summary --stream-name {name}
"""


def add_trigger(function: str, stream_arn: str) -> str:
    """Lambda → Add trigger → Kinesis."""
    return f"""
aws lambda create-event-source-mapping --function-name {function} \\
    --event-source-arn {stream_arn} --starting-position LATEST
"""


def trigger_state(function: str) -> str:
    return (
        f"aws lambda list-event-source-mappings --function-name {function} "
        "--query 'EventSourceMappings[0].State'"
    )


def attach_policy(role: str, name: str, actions: str, resources: str) -> str:
    """IAM → Create policy, attached to the role."""
    document = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", '
        f'"Action": {actions}, "Resource": {resources}}}]}}'
    )
    return f"""
POLICY_ARN=$(aws iam create-policy --policy-name {name} --policy-document '{document}' \\
    --query Policy.Arn --output text)
aws iam attach-role-policy --role-name {role} --policy-arn $POLICY_ARN
aws iam list-attached-role-policies --role-name {role}
"""


def read_stream(stream: str, ending: str = "| base64 --decode | jq") -> str:
    """The tutorials' recipe: all that the stream's first shard holds, and its first record."""
    return f"""
KINESIS_STREAM_OUTPUT='{stream}'
SHARD='shardId-000000000000'

SHARD_ITERATOR=$(aws kinesis \\
    get-shard-iterator \\
        --shard-id ${{SHARD}} \\
        --shard-iterator-type TRIM_HORIZON \\
        --stream-name ${{KINESIS_STREAM_OUTPUT}} \\
        --query 'ShardIterator' \\
)

RESULT=$(aws kinesis get-records --shard-iterator $SHARD_ITERATOR)

echo ${{RESULT}} | jq -r '.Records[0].Data' {ending}
"""


HELLO = """
import json

def lambda_handler(event, context):
    print(json.dumps(event))
    return {"statusCode": 200, "body": json.dumps("Hello from Lambda!")}
"""

RIDES = """
def prepare_features(ride):
    pair = "%s_%s" % (ride["PULocationID"], ride["DOLocationID"])
    return {"PU_DO": pair, "trip_distance": ride["trip_distance"]}

def predict(features):
    return 10.0
"""

ONE_RIDE = f"""{RIDES}
def lambda_handler(event, context):
    prediction = predict(prepare_features(event["ride"]))
    return {{"ride_duration": prediction, "ride_id": event["ride_id"]}}
"""

DECODED = """
import base64
import json

def lambda_handler(event, context):
    print(json.dumps(event))
    for record in event["Records"]:
        print(base64.b64decode(record["kinesis"]["data"]).decode("utf-8"))
"""

BATCH = f"""
import base64
import json
{RIDES}
def lambda_handler(event, context):
    predictions = []
    for record in event["Records"]:
        ride_event = json.loads(base64.b64decode(record["kinesis"]["data"]).decode("utf-8"))
        prediction = predict(prepare_features(ride_event["ride"]))
        predictions.append({{"ride_duration": prediction, "ride_id": ride_event["ride_id"]}})
    return {{"predictions": predictions}}
"""


def publishing(stream: str) -> str:
    """The batch's predictions put on a second stream, whose name a variable may give."""
    return f"""
import base64
import json
import os

import boto3

kinesis_client = boto3.client("kinesis")
PREDICTIONS_STREAM_NAME = os.getenv("PREDICTIONS_STREAM_NAME", "{stream}")
{RIDES}
def lambda_handler(event, context):
    predictions = []
    for record in event["Records"]:
        ride_event = json.loads(base64.b64decode(record["kinesis"]["data"]).decode("utf-8"))
        ride_id = ride_event["ride_id"]
        prediction = predict(prepare_features(ride_event["ride"]))
        made = {{"ride_duration": prediction, "ride_id": ride_id}}
        prediction_event = {{"model": "ride_duration", "version": "123", "prediction": made}}
        kinesis_client.put_record(
            StreamName=PREDICTIONS_STREAM_NAME,
            Data=json.dumps(prediction_event),
            PartitionKey=str(ride_id),
        )
        predictions.append(prediction_event)
    return {{"predictions": predictions}}
"""


def put_ride(ride_id: int, option: str = "") -> str:
    """The tutorials' ride, as most of them put it."""
    return f"""
aws kinesis put-record \\
    --stream-name ${{KINESIS_STREAM_INPUT}} \\
    --partition-key 1 \\{option}
    --data '{{
        "ride": {{
            "PULocationID": 130,
            "DOLocationID": 205,
            "trip_distance": 3.66
        }},
        "ride_id": {ride_id}
    }}'
"""


RAW = "\n    --cli-binary-format raw-in-base64-out \\"


def post(event: str) -> str:
    """test_docker.py: one of tests/events to the function by itself; the port is the test's."""
    return f"""
cat > test_docker.py <<'CODE'
import json, os
import requests
event = json.load(open(os.environ["CHECKOUT"] + "/tests/events/{event}.json"))
url = f"http://localhost:{{os.environ['FUNCTION_PORT']}}/2015-03-31/functions/function/invocations"
response = requests.post(url, json=event)
print(response.json())
CODE
python test_docker.py
"""


def create_from_image(name: str, role: str, variables: str, image: str = "$REMOTE_IMAGE") -> str:
    """Lambda → Create function → Container image, with an existing role and variables."""
    return f"""
aws lambda create-function --function-name {name} --package-type Image \\
    --code ImageUri={image} --role {role} --environment "Variables={{{variables}}}" &&
aws lambda wait function-active-v2 --function-name {name}
"""


def size(name: str, memory: int, timeout: int) -> str:
    """Lambda → Configuration → General configuration → Edit."""
    return f"""
aws lambda update-function-configuration --function-name {name} \\
    --memory-size {memory} --timeout {timeout} &&
aws lambda wait function-updated-v2 --function-name {name}
"""


def last_predictions(stream: str) -> str:
    """The recipe for all records rather than the first."""
    return read_stream(stream, "").replace("Records[0].Data", "Records[].Data | @base64d")


DOCKERFILE = "(cd $CHECKOUT && docker build -q -t {name} .)"
