"""What functions log when something is wrong, in plain words with the cure."""

from pathlib import Path

import pytest

from devenv.doctor.diagnosis import Diagnosis, Failed
from devenv.doctor.diagnosis import diagnose as diagnose_of
from devenv.doctor.known_errors import KNOWN
from devenv.place import Commands, Place

ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/ride_predictions"
USER = "User: arn:aws:sts::000000000000:assumed-role/lambda-kinesis-role/rides is"
UNPICKLED = (
    "InconsistentVersionWarning: Trying to unpickle estimator DecisionTreeRegressor from version "
    "1.0.2 when using version 1.9.1"
)

LOGGED = [
    (
        "botocore.exceptions.ClientError: An error occurred (AccessDeniedException) when calling "
        f"the PutRecords operation: {USER} not authorized to perform: kinesis:PutRecords on "
        f"resource: {ARN} because no identity-based policy allows it",
        f"may not kinesis:PutRecords on {ARN}",
        "devenv bootstrap",
    ),
    (
        "An error occurred (AccessDenied) when calling the GetObject operation: Access Denied",
        "was denied something",
        "a policy of the role lambda-kinesis-role",
    ),
    (
        "2026-01-01T00:00:00.000Z 1 Task timed out after 3.00 seconds",
        "timeout of 3.00 s",
        "Raise the timeout",
    ),
    (
        "INIT_REPORT Init Duration: 10000.00 ms\tPhase: init\tStatus: timeout",
        "longer than the 10 s",
        "more memory",
    ),
    (
        "[ERROR] Runtime.ImportModuleError: Unable to import module 'lambda_function': No module "
        "named 'pandas'",
        "imports pandas",
        "Add pandas to Pipfile",
    ),
    ("No module named 'sklearn.ensemble.forest'", "other versions", "Pipfile.lock"),
    (
        "[ERROR] Runtime.UserCodeSyntaxError: Syntax error in module 'lambda_function'",
        "can't be imported",
        "the line that",
    ),
    (
        "[ERROR] Runtime.HandlerNotFound: Handler 'handler' missing on module 'lambda_function'",
        "no function handler in lambda_function.py",
        "CMD in the Dockerfile",
    ),
    (
        "[ERROR] Runtime.ImportModuleError: Unable to import module 'lambda_functio': No module "
        "named 'lambda_functio'",
        "names lambda_functio.py, which isn't in the function's code",
        "CMD in the Dockerfile",
    ),
    (
        "[ERROR] Runtime.MalformedHandlerName: Bad handler 'handler': not enough values to unpack",
        "isn't of the form FILE.FUNCTION",
        "CMD in the Dockerfile",
    ),
    (UNPICKLED, "other versions", "Train the model"),
    (
        "AttributeError: Can't get attribute '__pyx_unpickle_CyHalfSquaredError' on <module>",
        "other versions",
        "Pipfile.lock",
    ),
    (
        "[ERROR] ModelError: s3://b/m was saved by scikit-learn 1.0.2, this function has 1.9.1",
        "other versions",
        "Pipfile.lock",
    ),
    (
        "[ERROR] ModelError: s3://b/m: can't get MLmodel from it: An error occurred (NoSuchKey)",
        "aren't in S3",
        "devenv bootstrap",
    ),
    (
        "[ERROR] ModelError: no model: set MODEL_URI to the S3 folder",
        "doesn't know the model",
        "RUN_ID or MODEL_URI",
    ),
    (
        "mlflow.exceptions.MlflowException: Run with id=86bf not found",
        "doesn't know the model",
        "RUN_ID",
    ),
    (
        "botocore.exceptions.NoRegionError: You must specify a region.",
        "no region",
        "-e AWS_DEFAULT_REGION",
    ),
    (
        "botocore.exceptions.NoCredentialsError: Unable to locate credentials",
        "no credentials",
        "-v ~/.aws:/root/.aws:ro",
    ),
    (
        "An error occurred (ResourceNotFoundException) when calling the PutRecords operation: "
        "Stream ride_prediction under account 000000000000 not found.",
        "the stream ride_prediction,",
        "PREDICTIONS_STREAM_NAME",
    ),
    (
        'Could not connect to the endpoint URL: "http://127.0.0.1:4566/"',
        "can't reach http://127.0.0.1:4566/",
        "http://localstack:4566",
    ),
    (
        "TypeError: Object of type ndarray is not JSON serializable",
        "can't be written as JSON",
        "float(prediction[0])",
    ),
    (
        "[ERROR] ModelError: s3://b/m holds types that its MLmodel does not declare: a.B, c.D. If "
        "they are known and safe, save the model again",
        "types that aren't trusted: a.B, c.D",
        "skops_trusted_types",
    ),
    (
        "[ERROR] InvalidEvent: ride_id: expected int or str, but it is missing",
        "isn't what the function reads",
        "tests/events/",
    ),
    (
        "PublishError: ride_predictions did not take 3 predictions in 6 attempts: "
        "ProvisionedThroughputExceededException",
        "takes no more",
        "more shards",
    ),
    ("[ERROR] KeyError: 'ride'", "isn't what the function reads", "Records[].kinesis.data"),
    (
        "[ERROR] JSONDecodeError: Expecting value: line 1 column 1 (char 0)",
        "isn't JSON",
        "--cli-binary-format raw-in-base64-out",
    ),
    ("OSError: [Errno 30] Read-only file system: '/var/task/x'", "can't be written", "/tmp"),
    (
        "RequestId: 1 Error: Runtime exited with error: signal: killed\nRuntime.ExitError",
        "out of memory",
        "more memory",
    ),
    (
        "RequestId: 1 Error: Runtime exited with error: exit status 1\nRuntime.ExitError",
        "ended in the middle",
        "devenv logs function",
    ),
    ("exec /lambda-entrypoint.sh: exec format error", "another platform", "--platform linux/amd64"),
    (
        "PublishError: 3 of 500 predictions were not published to ride_predictions",
        "takes no more",
        "more shards",
    ),
]


EMBEDDED = Commands(Place.EMBEDDED)
IMAGE = Failed("ride-duration-prediction", EMBEDDED, role="lambda-kinesis-role")
ZIP = Failed("by-hand", EMBEDDED, True, "app.handlr", "by-hand-role", 3, 128)


def diagnose(text: str, function: Failed = IMAGE) -> Diagnosis | None:
    return diagnose_of(text, function)


@pytest.mark.parametrize(("logged", "what", "cure"), LOGGED, ids=lambda x: x[:30])
def test_known_errors_are_told_in_plain_words(logged: str, what: str, cure: str) -> None:
    """The words of the log are filled in."""
    known = diagnose(f"START RequestId: 1 Version: $LATEST\n{logged}\nEND RequestId: 1")
    assert known is not None
    assert what in known.what
    assert cure in known.cure


def test_each_known_error_is_met() -> None:
    """No line of the table stands there untried."""
    met = {known.what for text, _, _ in LOGGED if (known := diagnose(text))}
    assert len(met) >= len(KNOWN)


def test_our_own_functions_errors_are_worded_so() -> None:
    """The doctor may not import them."""
    root = Path(__file__).parents[3]
    files = [root / "lambda_function.py", *(root / "serving").glob("*.py")]
    source = " ".join(file.read_text() for file in files)
    for words in (
        *("was saved by scikit-learn", "can't get {name} from it", "there is no MLmodel in it"),
        *("no model: set MODEL_URI", "holds types that its MLmodel does not declare: "),
    ):
        assert words in source


def test_what_the_log_does_not_name_is_said_so() -> None:
    """Rather than nothing."""
    known = diagnose(f"{USER} not authorized to perform: s3:ListBucket")
    assert known is not None
    assert known.what.endswith("may not s3:ListBucket on what the log names")


def test_a_good_log_and_an_unknown_error_are_not_diagnosed() -> None:
    """No guesses."""
    assert diagnose("START\nEND\nREPORT RequestId: 1\tDuration: 9 ms") is None
    assert diagnose("[ERROR] ValueError: odd") is None


CONFIGURE = "`aws lambda update-function-configuration --function-name by-hand"
CODE = "`aws lambda update-function-code --function-name by-hand --zip-file fileb://function.zip"


@pytest.mark.parametrize(
    ("logged", "cure"),
    [
        (
            "Runtime.HandlerNotFound: Handler 'handlr' missing on module 'app'",
            f"Its handler is app.handlr: name a function that the file defines ({CONFIGURE} "
            "--handler app.FUNCTION`)",
        ),
        ("Unable to import module 'ap': No module named 'ap'", f"({CONFIGURE} --handler FILE.FUN"),
        ("Runtime.MalformedHandlerName: Bad handler 'app'", f"{CONFIGURE} --handler FILE.FUNCTION"),
        (
            "Unable to import module 'app': No module named 'mlflow'",
            "`pip install --target package mlflow`",
        ),
        ("Unable to import module 'app': No module named 'mlflow'", CODE),
        ("Runtime.UserCodeSyntaxError: Syntax error in module 'app'", CODE),
        (f"{USER} not authorized to perform: kinesis:PutRecord on resource: {ARN}", "by-hand-role"),
        (
            f"{USER} not authorized to perform: kinesis:PutRecord on resource: {ARN} because",
            f'"Action": "kinesis:PutRecord", "Resource": "{ARN}"}}]}}\'',
        ),
        ("Task timed out after 3.00 seconds", f"{CONFIGURE} --timeout 15`"),
        ("Stream rides under account 0 not found", "kinesis create-stream --stream-name rides"),
    ],
)
def test_a_zip_functions_cures_are_a_zips(logged: str, cure: str) -> None:
    """No Pipfile or Dockerfile, which it doesn't have; no bootstrap, which doesn't touch it."""
    known = diagnose(logged, ZIP)
    assert known is not None
    assert cure in known.cure
    told = known.cure.partition(" (Or add it to the Pipfile of a function that is made")[0]
    assert not any(word in told for word in ("Dockerfile", "Pipfile", "devenv bootstrap"))


@pytest.mark.parametrize(
    ("place", "deploys"),
    [
        (Place.EMBEDDED, "then `devenv bootstrap`"),
        (Place.COMPOSE, "then `docker compose up -d --wait --build`"),
        (Place.AWS, "then `devenv publish`, then `devenv bootstrap`"),
    ],
)
def test_cures_name_what_deploys_there(place: Place, deploys: str) -> None:
    """Where it is read."""
    known = diagnose("No module named 'pandas'", Failed("f", Commands(place)))
    assert known is not None
    assert deploys in known.cure


def test_every_cure_can_be_worded_for_both_kinds() -> None:
    """No field of a cure is unknown to `diagnose`."""
    for logged, _, _ in LOGGED:
        for function in (IMAGE, ZIP):
            known = diagnose(logged, function)
            assert known is not None
            assert "{" not in known.what + known.cure.replace('{"', "").replace("[{", "")
