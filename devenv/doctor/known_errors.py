"""What functions of this kind log when something is wrong, and what it is in plain words.

The messages are Lambda's, boto3's, MLflow's, scikit-learn's, and those of `lambda_function.py`; the
first pattern that is found says what to change.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Diagnosis:
    """What happened, and what to do."""

    what: str
    cure: str


DENIED = r"not authorized to perform: (?P<action>\S+)(?: on resource: (?P<resource>\S+))?"
VERSIONS = (
    "Train the model with the versions of Pipfile.lock, or pin the model's versions in Pipfile, "
    "run scripts/lock, and deploy again (`devenv bootstrap`)."
)

KNOWN: list[tuple[str, str, str]] = [
    (
        DENIED,
        "the function's role may not {action} on {resource}",
        "If that is what is meant (a mistyped name is denied, too), attach a policy to the role "
        "that allows {action} on it; `devenv bootstrap` gives its role what the function needs.",
    ),
    (
        r"AccessDenied|Access Denied|\b403\b.*Forbidden",
        "the function's role was denied something",
        "See `devenv logs function` for the operation, and allow it in a policy of the role "
        "(`devenv bootstrap` puts its policies right).",
    ),
    (
        r"No module named '(?P<module>sklearn\.\S+|numpy\._core\S*|numpy\.core\S*)'"
        r"|Trying to unpickle estimator|InconsistentVersionWarning|was saved by scikit-learn"
        r"|Can't get attribute|node array from the pickle has an incompatible dtype"
        r"|incompatible.* pickle|unsupported pickle protocol|code\(\) (?:argument|takes)",
        "the model was saved by other versions of scikit-learn, numpy or Python than the "
        "function has",
        VERSIONS,
    ),
    (
        r"No module named '(?P<module>[^']+)'",
        "the function imports {module}, which isn't installed where it runs",
        "Add {module} to Pipfile, run scripts/lock, then `devenv bootstrap` (in containers: build "
        "the image again). A file of your own has to be copied in the Dockerfile.",
    ),
    (
        r"Runtime\.HandlerNotFound|Runtime\.MalformedHandlerName",
        "the handler isn't in the module",
        "CMD in the Dockerfile must name file and function: lambda_function.lambda_handler.",
    ),
    (
        r"Runtime\.UserCodeSyntaxError|Runtime\.ImportModuleError",
        "the function's module can't be imported",
        "Put right the line that `devenv logs function` names, then `devenv bootstrap`.",
    ),
    (
        r"INIT_REPORT .*Status: timeout",
        "init took longer than the 10 s that Lambda gives it",
        "Give the function more memory, since CPU comes with it (a whole core at 1769 MB), and "
        "import and load less: a skops model without mlflow or pandas takes a third of the time.",
    ),
    (
        r"Task timed out after (?P<seconds>[\d.]+) seconds",
        "it was cut off at its timeout of {seconds} s (Lambda's default is 3)",
        "Raise the timeout to 15 s or more, and the memory to 512 MB if it has less, since CPU "
        "comes with it. If it still times out, it waits for something that doesn't answer.",
    ),
    (
        r"OutOfMemory|signal: killed|MemoryError",
        "it ran out of memory",
        "Give it more memory: `Max Memory Used` in `devenv logs function` says how near it was.",
    ),
    (
        r"exec format error|Runtime\.InvalidEntrypoint|exec: .* not found",
        "the image's program can't be run: it is made for another platform, or has no such CMD",
        "Build it for the function's platform: docker buildx build --platform linux/amd64 "
        "--provenance=false.",
    ),
    (
        r"NoRegionError|You must specify a region",
        "there is no region where it runs",
        "Set AWS_DEFAULT_REGION there: docker run -e AWS_DEFAULT_REGION=us-east-1. (Lambda itself "
        "sets AWS_REGION.)",
    ),
    (
        r"NoCredentialsError|Unable to locate credentials",
        "there are no credentials where it runs",
        "With docker run pass -e AWS_ACCESS_KEY_ID -e AWS_SECRET_ACCESS_KEY -e AWS_SESSION_TOKEN, "
        "or mount them: -v ~/.aws:/root/.aws:ro. (On Lambda they come from the role.)",
    ),
    (
        r"Stream (?P<stream>\S+) under account \S+ not found",
        "it writes to the stream {stream}, which isn't there",
        "Set PREDICTIONS_STREAM_NAME to the stream's right name (ride_predictions), or make the "
        "stream; then `devenv bootstrap`.",
    ),
    (
        r"NoSuchBucket|NoSuchKey|can't get MLmodel from it|there is no MLmodel in it|\(404\)"
        r"|has no model in s3://",
        "the model's files aren't in S3 where it looks for them",
        "`devenv bootstrap` finds or trains a model and gives the function its place. Since MLflow "
        "3 models don't lie under the run's folder: don't build s3:// addresses from its parts.",
    ),
    (
        r"no model: set MODEL_URI|RESOURCE_DOES_NOT_EXIST|Run .* not found|No such artifact",
        "MLflow doesn't know the model that the function is told to load",
        "Check RUN_ID or MODEL_URI among the function's variables; `devenv bootstrap` sets them.",
    ),
    (
        r"Could not connect to the endpoint URL: \"?(?P<url>[^\"\s]+)|ConnectionRefusedError",
        "it can't reach {url}",
        "Inside a container localhost is the container itself: AWS_ENDPOINT_URL has to name the "
        "emulator as containers see it (http://localstack:4566 under compose).",
    ),
    (
        r"not JSON serializable",
        "what it returns or publishes can't be written as JSON",
        "numpy's values have to become Python's: float(prediction[0]), or array.tolist().",
    ),
    (
        r"InvalidEvent|InvalidRide|KeyError: '(?P<key>ride|ride_id|features|pred_id|Records)'",
        "the event isn't what the function reads",
        "Give it one ride as the pipeline has it, or a Kinesis event, in which that is base64 in "
        "Records[].kinesis.data: tests/events/ has examples.",
    ),
    (
        r"JSONDecodeError|UnicodeDecodeError|binascii\.Error",
        "a record's data isn't JSON",
        "Put JSON. With AWS CLI v2 add --cli-binary-format raw-in-base64-out, or it takes the text "
        "for base64 and sends something else.",
    ),
    (
        r"holds types that its MLmodel does not declare: (?P<types>[^\n\"]*?)\. If",
        "the model holds types that aren't trusted: {types}",
        "If you trust them, save the model again with skops_trusted_types=[…] naming them.",
    ),
    (
        r"Read-only file system",
        "it writes where Lambda's disk can't be written",
        "Write to /tmp only (for libraries: HOME=/tmp, MPLCONFIGDIR=/tmp).",
    ),
    (
        r"predictions were not published|did not take \d+|ProvisionedThroughputExceeded",
        "the predictions stream takes no more: a shard has 1,000 records or 1 MB a second",
        "Give the stream more shards: aws kinesis update-shard-count.",
    ),
    (
        r"Runtime\.ExitError",
        "its process ended in the middle",
        "See `devenv logs function` for its last words; often it is memory.",
    ),
]
"""(pattern, what happened, what to do), from the particular to the general."""


def diagnose(text: str) -> Diagnosis | None:
    """What `text`, a log or an error's message, tells; None if nothing here is known."""
    for pattern, what, cure in KNOWN:
        if found := re.search(pattern, text, re.MULTILINE):
            values = {name: _word(value) for name, value in found.groupdict().items()}
            return Diagnosis(what.format(**values), cure.format(**values))
    return None


def _word(value: str | None) -> str:
    """As it stands in a sentence."""
    return value.strip("`'\".,;:") if value else "what the log names"
