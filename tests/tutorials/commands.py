"""Commands that several tutorials have alike, or that docs/tutorials.md has instead of them."""

from dataclasses import replace

from .page import block
from .steps import Step, Typed, console, engine, equivalent, meanwhile, types, until

KEYS = '{"key1": "value1", "key2": "value2", "key3": "value3"}'
"""The console's first test event."""
RIDE = '{"ride": {"PULocationID": 130, "DOLocationID": 205, "trip_distance": 3.66}, "ride_id": 123}'

NUMBERED = r'"ShardId": "shardId-000000000000",\s+"SequenceNumber": "\d+"'
"""What a put shows."""
PREDICTED = r'"version": "[0-9a-f]{32}", "prediction": \{"ride_duration": \d+\.\d+, "ride_id": %d\}'
"""A prediction of the model."""

KEY_VARIABLES = "-e AWS_ACCESS_KEY_ID -e AWS_SECRET_ACCESS_KEY"
FOLDER = '-v "$HOME/.aws:/root/.aws"'
"""In place of them: the tutorials' other way."""

ACCOUNT_CONFIGURED = (
    "mkdir -p ~/.aws; printf '[default]\\naws_access_key_id=%s\\naws_secret_access_key=test\\n'"
    " $ACCOUNT > ~/.aws/credentials"
)

# What docs/tutorials.md says, of several steps.
LOGS = "[CloudWatch's logs](#cloudwatchs-logs)"
DEPLOY_AND_TEST = "[Deploy](#deploy), [Test](#test)"
POLICY_ATTACHED = "the second command of [A role](#a-role)"
PIPFILE = "nothing: `Pipfile` has them, and `devenv up` installs them for the function"
S3_PLACE = (
    "[where MLflow 3 has it](training.md#where-the-model-is), which the function says; or `RUN_ID`"
)
RUN_ALONE = "`RUN_ID` alone: the function finds the run's model in the bucket"
WITHOUT_SERVER = "MLFLOW_TRACKING_URI= TEST_RUN=True "
DOCKERFILE = "nothing: `Dockerfile` is there"
TEST_PY = "`python scripts/try_function.py EVENT`"
BUILD = "in the checkout; embedded, nothing to build"
RUN = "[docker run](#docker-run); embedded, port 8080 answers"
LOGIN = "the host is that of `repositoryUri`; embedded, nothing to log in to"
REMOTE = "REMOTE_URI is the `repositoryUri`; embedded, nothing to push"
ALL_RECORDS = "`scripts/data_out.sh`, which reads them all"


def write(text: str, name: str) -> str:
    """A file, as an editor saves it."""
    return f"cat > {name} <<'END'\n{text.strip()}\nEND\n"


def code(text: str) -> str:
    """What is in the console's editor."""
    return write(text, "lambda_function.py")


def create(function: str, role: str, text: str) -> Typed:
    return types(code(text) + block("A function", FUNCTION=function, ROLE=role), "python3.9")


def deploy(function: str, text: str) -> Typed:
    return types(code(text) + block("Deploy", FUNCTION=function))


def test(function: str, event: str, shows: str) -> Typed:
    """With an event, or the file of one in tests/events."""
    file = "" if event.startswith("{") else f"cp $CHECKOUT/tests/events/{event}.json event.json\n"
    return types((file or write(event, "event.json")) + block("Test", FUNCTION=function), shows)


def logs(function: str) -> str:
    return block("CloudWatch's logs", FUNCTION=function)


def state(function: str) -> str:
    """Of a function's trigger."""
    return (
        f"aws lambda list-event-source-mappings --function-name {function} "
        "--query 'EventSourceMappings[0].State'"
    )


def input_stream(title: str) -> Step:
    """The console's stream ride_events: provisioned, of one shard."""
    shown = types(
        "aws kinesis describe-stream-summary --stream-name ride_events",
        r'"StreamMode": "PROVISIONED".*"OpenShardCount": 1',
    )
    return console(title, "A stream", shown, STREAM="ride_events")


def trigger(title: str, function: str, stream: str) -> Step:
    enabled = until(state(function), "Enabled")
    return console(title, "A trigger", enabled, FUNCTION=function, STREAM=stream)


def two_streams_and_trigger(title: str, function: str, events: str, predictions: str) -> Step:
    return equivalent(
        title,
        "[A stream](#a-stream), [A trigger](#a-trigger)",
        types(block("A stream", STREAM=events)),
        types(block("A stream", STREAM=predictions)),
        types(block("A trigger", FUNCTION=function, STREAM=events)),
        until(state(function), "Enabled"),
    )


def policies(role: str) -> str:
    return f"aws iam list-attached-role-policies --role-name {role}"


def put_ride(ride_id: int, *options: str) -> str:
    """The tutorials' ride, as most of them put it."""
    given = "".join(f"\n    {option} \\" for option in options)
    return f"""
aws kinesis put-record \\
    --stream-name ${{KINESIS_STREAM_INPUT}} \\
    --partition-key 1 \\{given}
    --data '{{
        "ride": {{
            "PULocationID": 130,
            "DOLocationID": 205,
            "trip_distance": 3.66
        }},
        "ride_id": {ride_id}
    }}'
"""


def read(stream: str, ending: str = "") -> str:
    """The tutorials' recipe: all that the stream's first shard holds, and its first record."""
    return f"""
KINESIS_STREAM_OUTPUT={stream}
SHARD='shardId-000000000000'

SHARD_ITERATOR=$(aws kinesis \\
    get-shard-iterator \\
        --shard-id ${{SHARD}} \\
        --shard-iterator-type TRIM_HORIZON \\
        --stream-name ${{KINESIS_STREAM_OUTPUT}} \\
        --query 'ShardIterator' \\
)

RESULT=$(aws kinesis get-records --shard-iterator $SHARD_ITERATOR)

echo ${{RESULT}} | jq -r '.Records[0].Data' | base64 --decode{ending}
"""


def all_of(stream: str) -> str:
    """Every record, where the tutorials count to theirs."""
    return f"KINESIS_STREAM_OUTPUT={stream} $CHECKOUT/scripts/data_out.sh"


def try_function(event: str, shows: str, given: str = "") -> Typed:
    """The handler by itself, with the variables of the terminal."""
    script = "$CHECKOUT/scripts/try_function.py"
    return types(f"{given}python {script} $CHECKOUT/tests/events/{event}.json", shows)


def place_of_the_model() -> tuple[Typed, Typed]:
    """Told by the function that is given the tutorials' path; kept in a variable."""
    refused = try_function(
        "kinesis-ride-256-001",
        "this run's is at s3://mlflow-models/",
        "export TEST_RUN=True\nMODEL_URI=s3://mlflow-models/1/$RUN_ID/artifacts/model ",
    )
    shown = replace(refused, command=f"{refused.command} 2>&1 | tee refused")
    return shown, types("MODEL=$(grep -o 's3://mlflow-models/[^ ]*/m-[^ ;]*' refused | tail -1)")


def post(event: str) -> str:
    """test_docker.py, with the port where the function answers by itself in these tests."""
    text = f"""
import json, os
import requests
event = json.load(open(os.environ["CHECKOUT"] + "/tests/events/{event}.json"))
url = f"http://localhost:{{os.environ['FUNCTION_PORT']}}/2015-03-31/functions/function/invocations"
response = requests.post(url, json=event)
print(response.json())
"""
    return write(text, "test_docker.py") + "python test_docker.py"


def function_packages() -> Typed:
    packages = ("boto3", "mlflow-skinny", "scikit-learn")
    return types("cat $CHECKOUT/Pipfile", ".*".join(rf'\n{name} = "==\d' for name in packages))


def dockerfile() -> Typed:
    shows = r"FROM public.ecr.aws/lambda/python:3.*CMD \[\"lambda_function.lambda_handler\"\]"
    return types("cat $CHECKOUT/Dockerfile", shows)


def build(image: str, *options: str) -> Typed:
    built = " ".join(("docker build", *options, "-t", image, "."))
    return types(f"(cd $CHECKOUT && {built})", image)


def run(image: str, more: str = KEY_VARIABLES) -> Typed:
    """docker run, with what docs/tutorials.md adds to it; `more` in place of the credentials."""
    command = block("docker run", IMAGE=image, PORT="$FUNCTION_PORT")
    assert KEY_VARIABLES in command
    return meanwhile(command.replace(KEY_VARIABLES, more))


def repository(name: str) -> tuple[Typed, ...]:
    """create-repository, and the address that it answers with kept in a variable."""
    made = types(f"aws ecr create-repository --repository-name {name}", f"repository/{name}")
    kept = types(
        f"REPOSITORY_URI=$(aws ecr describe-repositories --repository-names {name} "
        "--query 'repositories[0].repositoryUri' --output text)"
    )
    return made, kept


TAG = """
REMOTE_URI=$REPOSITORY_URI
REMOTE_TAG="v1"
REMOTE_IMAGE=${REMOTE_URI}:${REMOTE_TAG}

LOCAL_IMAGE="%s"
docker tag ${LOCAL_IMAGE} ${REMOTE_IMAGE}
"""
PUSH = "docker push ${REMOTE_IMAGE}"
PUSHED = "digest: sha256:"


def tag_and_push(title: str, *more: Typed) -> Step:
    pushed = types(TAG % "stream-model-duration:v1"), types(PUSH, PUSHED)
    return engine(title, REMOTE, *pushed, *more)


def function_of_the_image(
    title: str, function: str, role: str, shows: str = '"PackageType": "Image"'
) -> Step:
    names = {"FUNCTION": function, "IMAGE": "$REPOSITORY_URI:v1", "ROLE": role}
    return console(title, "A function from an image", shows=shows, **names)


def login(options: str = "") -> Typed:
    return types(
        f"aws ecr get-login-password{options} | docker login --username AWS --password-stdin "
        "${REPOSITORY_URI%%/*}",
        "Login Succeeded",
    )
