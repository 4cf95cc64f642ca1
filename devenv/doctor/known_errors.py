"""What functions of this kind log when something is wrong, and what it is in plain words.

The messages are Lambda's, boto3's, MLflow's, scikit-learn's, and those of `lambda_function.py`; the
first pattern that is found says what to change. `diagnosis` fills in the words of cures.
"""

from dataclasses import dataclass

RETRAIN = (
    "Train the model again with the versions of Pipfile.lock (docs/training.md has a cell to run), "
    "and give it the alias, or set its RUN_ID; then {make}."
)
PACKAGES = (
    "A zip has boto3 and what is in it: `pip install --target package {module}`, "
    "`(cd package && zip -qr ../function.zip .)`, then {code}. (Or add it to the Pipfile of a "
    "function that is made from an image.)"
)


@dataclass(frozen=True)
class Known:
    """One error."""

    pattern: str
    what: str
    cure: str
    """Its fields: the pattern's groups; {make}, {deploy}, {logs} and {code}, which updates a zip
    function's code; {configure:OPTIONS} and {aws:WORDS}; {timeout} and {memory}, enough of both."""
    zip_cure: str | None = None
    """Where another one cures a zip function."""


KNOWN = [
    Known(
        r"not authorized to perform: (?P<action>\S+)(?: on resource: (?P<resource>\S+))?",
        "the function's role may not {action} on {resource}",
        "{make} gives its role what the function needs. Anything else, if it is what is meant (a "
        "mistyped name is denied, too): {aws:iam put-role-policy --role-name {role} --policy-name "
        "allowed-by-hand --policy-document '{document}'}.",
        "If that is what is meant (a mistyped name is denied, too): {aws:iam put-role-policy "
        "--role-name {role} --policy-name allowed-by-hand --policy-document '{document}'}.",
    ),
    Known(
        r"AccessDenied|Access Denied|\b403\b.*Forbidden",
        "the function's role was denied something",
        "See {logs} for the operation, and allow it in a policy of the role {role} ({make} puts "
        "its own policies right).",
        "See {logs} for the operation, and allow it in a policy of the role {role}.",
    ),
    Known(
        r"No module named '(?P<module>sklearn\.\S+|numpy\._core\S*|numpy\.core\S*)'"
        r"|Trying to unpickle estimator|InconsistentVersionWarning|was saved by scikit-learn"
        r"|Can't get attribute|node array from the pickle has an incompatible dtype"
        r"|incompatible.* pickle|unsupported pickle protocol|code\(\) (?:argument|takes)",
        "the model was saved by other versions of scikit-learn, numpy or Python than the "
        "function has",
        RETRAIN,
        "Train the model again with the versions that are in the zip, or put the model's into the "
        "zip (`pip install --target package scikit-learn==…`); then {code}.",
    ),
    Known(
        r"Unable to import module '(?P<file>[^']+)': No module named '(?P=file)'",
        "the handler names {file}.py, which isn't in the function's code",
        "CMD in the Dockerfile must name file and function: lambda_function.lambda_handler; then "
        "{deploy}.",
        "Its handler is {handler}: name the file that is in the zip ({configure:--handler "
        "FILE.FUNCTION}), or put {file}.py at the top of the zip and {code}.",
    ),
    Known(
        r"No module named '(?P<module>[^']+)'",
        "the function imports {module}, which isn't installed where it runs",
        "Add {module} to Pipfile, run scripts/lock, then {deploy}. (A file of your own has to be "
        "copied in the Dockerfile.)",
        PACKAGES,
    ),
    Known(
        r"Handler '(?P<function>[^']+)' missing on module '(?P<file>[^']+)'",
        "there is no function {function} in {file}.py",
        "CMD in the Dockerfile must name file and function: lambda_function.lambda_handler; then "
        "{deploy}.",
        "Its handler is {handler}: name a function that the file defines ({configure:--handler "
        "{file}.FUNCTION}), or call it so in the file, zip that again and {code}.",
    ),
    Known(
        r"Runtime\.MalformedHandlerName",
        "the handler isn't of the form FILE.FUNCTION",
        "CMD in the Dockerfile must name file and function: lambda_function.lambda_handler; then "
        "{deploy}.",
        "Its handler is {handler}: {configure:--handler FILE.FUNCTION}, without .py.",
    ),
    Known(
        r"Runtime\.UserCodeSyntaxError|Runtime\.ImportModuleError",
        "the function's module can't be imported",
        "Put right the line that {logs} names, then {deploy}.",
        "Put right the line that {logs} names, zip the file again and {code}.",
    ),
    Known(
        r"INIT_REPORT .*Status: timeout",
        "init took longer than the 10 s that Lambda gives it",
        "Give it more memory, since CPU comes with it (a whole core at 1769 MB): "
        "{configure:--memory-size {memory}}. And import and load less: a skops model without "
        "mlflow or pandas takes a third of the time.",
    ),
    Known(
        r"Task timed out after (?P<seconds>[\d.]+) seconds",
        "it was cut off at its timeout of {seconds} s (Lambda's default is 3)",
        "Raise the timeout: {configure:--timeout {timeout}}; and the memory to 512 MB if it has "
        "less, since CPU comes with it. If it still times out, it waits for something that doesn't "
        "answer.",
    ),
    Known(
        r"OutOfMemory|signal: killed|MemoryError",
        "it ran out of memory",
        "Give it more memory: {configure:--memory-size {memory}}. `Max Memory Used` in {logs} says "
        "how near it was.",
    ),
    Known(
        r"exec format error|Runtime\.InvalidEntrypoint|exec: .* not found",
        "the image's program can't be run: it is made for another platform, or has no such CMD",
        "Build it for the function's platform: docker buildx build --platform linux/amd64 "
        "--provenance=false; then {deploy}.",
        "Build the zip's `bootstrap` for the function's platform; then {code}.",
    ),
    Known(
        r"NoRegionError|You must specify a region",
        "there is no region where it runs",
        "Set AWS_DEFAULT_REGION there: docker run -e AWS_DEFAULT_REGION=us-east-1. (Lambda itself "
        "sets AWS_REGION.)",
    ),
    Known(
        r"NoCredentialsError|Unable to locate credentials",
        "there are no credentials where it runs",
        "With docker run pass -e AWS_ACCESS_KEY_ID -e AWS_SECRET_ACCESS_KEY -e AWS_SESSION_TOKEN, "
        "or mount them: -v ~/.aws:/root/.aws:ro. (On Lambda they come from the role.)",
    ),
    Known(
        r"Stream (?P<stream>\S+) under account \S+ not found",
        "it writes to the stream {stream}, which isn't there",
        "Set PREDICTIONS_STREAM_NAME to the stream's right name (ride_predictions); then {make}.",
        "If the name is right, make it: {aws:kinesis create-stream --stream-name {stream} "
        "--shard-count 1}. Else put right the variable or the code that names it.",
    ),
    Known(
        r"NoSuchBucket|NoSuchKey|can't get MLmodel from it|there is no MLmodel in it|\(404\)"
        r"|has no model in s3://",
        "the model's files aren't in S3 where it looks for them",
        "{make} finds or trains a model and gives the function its place. Since MLflow 3 models "
        "don't lie under the run's folder: don't build s3:// addresses from its parts.",
        "Name the place where they are: {aws:s3 ls --recursive s3://{bucket}} shows them. Since "
        "MLflow 3 models don't lie under the run's folder (docs/training.md).",
    ),
    Known(
        r"no model: set MODEL_URI|RESOURCE_DOES_NOT_EXIST|Run .* not found|No such artifact",
        "MLflow doesn't know the model that the function is told to load",
        "Check RUN_ID or MODEL_URI among the function's variables; {make} sets them.",
        "Check RUN_ID or MODEL_URI among the function's variables: MLflow's pages list the runs.",
    ),
    Known(
        r"Could not connect to the endpoint URL: \"?(?P<url>[^\"\s]+)|ConnectionRefusedError",
        "it can't reach {url}",
        "Leave AWS_ENDPOINT_URL out of the function's variables: it is given the right one. In a "
        "container that you start, localhost is the container itself: AWS_ENDPOINT_URL has to name "
        "the emulator as containers see it (http://localstack:4566 under compose).",
    ),
    Known(
        r"not JSON serializable",
        "what it returns or publishes can't be written as JSON",
        "numpy's values have to become Python's: float(prediction[0]), or array.tolist(). Then "
        "{deploy}.",
        "numpy's values have to become Python's: float(prediction[0]), or array.tolist(). Then zip "
        "it again and {code}.",
    ),
    Known(
        r"InvalidEvent|InvalidRide|KeyError: '(?P<key>ride|ride_id|features|pred_id|Records)'",
        "the event isn't what the function reads",
        "Give it one ride as the pipeline has it, or a Kinesis event, in which that is base64 in "
        "Records[].kinesis.data: tests/events/ has examples.",
    ),
    Known(
        r"JSONDecodeError|UnicodeDecodeError|binascii\.Error",
        "a record's data isn't JSON",
        "Put JSON. With AWS CLI v2 add --cli-binary-format raw-in-base64-out, or it takes the text "
        "for base64 and sends something else.",
    ),
    Known(
        r"holds types that its MLmodel does not declare: (?P<types>[^\n\"]*?)\. If",
        "the model holds types that aren't trusted: {types}",
        "If you trust them, save the model again with skops_trusted_types=[…] naming them, and set "
        "its RUN_ID or give it the alias; then {make}.",
    ),
    Known(
        r"Read-only file system",
        "it writes where Lambda's disk can't be written",
        "Write to /tmp only (for libraries: HOME=/tmp, MPLCONFIGDIR=/tmp).",
    ),
    Known(
        r"predictions were not published|did not take \d+|ProvisionedThroughputExceeded",
        "the predictions stream takes no more: a shard has 1,000 records or 1 MB a second",
        "Give the stream more shards: {aws:kinesis update-shard-count --stream-name {predictions} "
        "--target-shard-count 2 --scaling-type UNIFORM_SCALING}.",
    ),
    Known(
        r"Runtime\.ExitError",
        "its process ended in the middle",
        "See {logs} for its last words; often it is memory.",
    ),
]
"""From the particular to the general."""
