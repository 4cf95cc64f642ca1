"""SAM CLI and CDK against a running environment, with IAM enforced; each step timed.

    .venv/bin/python scripts/try_sam_and_cdk.py [sam] [cdk]

Both are installed into a throw-away folder (SAM CLI from PyPI, CDK from npm, which needs Node) and
used with their defaults: nothing but the endpoint is set. A small project makes a stream, a
function and a mapping; a record that is put has to reach the function's log. Stops at the first
step that fails, with what the tool wrote; prints Markdown. The stacks are deleted in the end.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from devenv.aws import Aws
from devenv.settings import Settings, load_dotenv, read_settings
from devenv.wait import wait_for

ROOT = Path(__file__).parents[1]
RUN = f"{time.time_ns():x}"[-8:]
"""Part of the streams' names: one that an interrupted run has left isn't in the way."""
SAM, CDK, CDK_LIBRARY = "aws-sam-cli==1.162.1", "aws-cdk@2", "aws-cdk-lib@2"

HANDLER = """
import base64


def handler(event, context):
    for record in event.get("Records", []):
        print("SAW", base64.b64decode(record["kinesis"]["data"]).decode())
    return {"version": "one"}
"""

TEMPLATE = f"""
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Resources:
  Events:
    Type: AWS::Kinesis::Stream
    Properties: {{Name: sam-events-{RUN}, ShardCount: 1}}
  Function:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: sam-function
      Runtime: python3.13
      Handler: app.handler
      CodeUri: src
      Events:
        Ride:
          Type: Kinesis
          Properties: {{Stream: !GetAtt Events.Arn, StartingPosition: TRIM_HORIZON}}
"""

APP = """
const cdk = require("aws-cdk-lib");
const kinesis = require("aws-cdk-lib/aws-kinesis");
const lambda = require("aws-cdk-lib/aws-lambda");
const { KinesisEventSource } = require("aws-cdk-lib/aws-lambda-event-sources");

const app = new cdk.App();
const stack = new cdk.Stack(app, "cdk-rides", {
  env: { account: "000000000000", region: "us-east-1" },
});
const events = new kinesis.Stream(stack, "Events", { streamName: "cdk-events", shardCount: 1 });
const made = new lambda.Function(stack, "Function", {
  functionName: "cdk-function",
  runtime: lambda.Runtime.PYTHON_3_13,
  handler: "app.handler",
  code: lambda.Code.fromAsset("src"),
});
made.addEventSource(new KinesisEventSource(events, { startingPosition: "TRIM_HORIZON" }));
"""


class Steps:
    """Runs commands in one folder, and keeps how long each took."""

    def __init__(self, tool: str, folder: Path, environ: Mapping[str, str]) -> None:
        self.tool, self.folder, self.environ = tool, folder, environ
        self.rows: list[tuple[str, float]] = []

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        begun = time.monotonic()
        yield
        self.rows.append((name, time.monotonic() - begun))
        print(f"{self.tool} {name}: {self.rows[-1][1]:.1f} s", file=sys.stderr)

    def run(self, name: str, *command: str, expect: str = "") -> None:
        with self.step(name):
            done = subprocess.run(
                command,
                cwd=self.folder,
                env=dict(self.environ),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                input="y\n",  # What `sam sync` asks for has no option.
                text=True,
                check=False,
                timeout=600,
            )
            if done.returncode or expect not in done.stdout:
                wanted = f" did not say {expect!r}" if not done.returncode else " failed"
                raise SystemExit(f"{self.tool} {name}{wanted}:\n{done.stdout[-4000:]}")

    def a_record_arrives(self, name: str, aws: Aws, stream: str, function: str) -> None:
        word = f"{name.replace(' ', '-')}-{time.time_ns()}"
        with self.step(name):
            aws.kinesis.put_record(StreamName=stream, Data=word.encode(), PartitionKey="1")
            wait_for(
                lambda: f"SAW {word}" in log_of(aws, function),
                timeout=60,
                failure=f"{word}, which was put on {stream}, is not in the log of {function}",
            )


def log_of(aws: Aws, function: str) -> str:
    group = f"/aws/lambda/{function}"
    try:
        events = aws.logs.filter_log_events(logGroupName=group)["events"]
    except aws.logs.exceptions.ResourceNotFoundException:
        return ""
    return "\n".join(event.get("message", "") for event in events)


def write_source(folder: Path, version: str = "one") -> None:
    (folder / "src").mkdir(exist_ok=True)
    (folder / "src" / "app.py").write_text(HANDLER.replace("one", version))


def sam(folder: Path, environ: Mapping[str, str], aws: Aws) -> Steps:
    steps = Steps("sam", folder, {**environ, "SAM_CLI_TELEMETRY": "0"})
    write_source(folder)
    (folder / "src" / "requirements.txt").write_text("")
    (folder / "template.yaml").write_text(TEMPLATE)
    steps.run("(install)", sys.executable, "-m", "venv", "venv")
    steps.run("(install) packages", "venv/bin/pip", "install", "-q", SAM)
    tool, stack = "venv/bin/sam", ("--stack-name", "sam-rides")
    steps.environ = {**steps.environ, "PATH": f"{folder}/venv/bin:{environ['PATH']}"}
    steps.run("validate", tool, "validate", expect="valid SAM Template")
    steps.run("build", tool, "build", expect="Build Succeeded")
    allowed = ("--resolve-s3", "--capabilities", "CAPABILITY_IAM")
    steps.run("deploy", tool, "deploy", *stack, *allowed, expect="Successfully created")
    steps.a_record_arrives("first record", aws, f"sam-events-{RUN}", "sam-function")
    invoke = (tool, "remote", "invoke", "Function", *stack, "--event", "{}")
    steps.run("remote invoke", *invoke, expect="one")
    steps.run("logs", tool, "logs", *stack, expect="SAW")
    write_source(folder, "two")
    alone = ("--code", "--no-watch", "--no-dependency-layer")  # That layer is `sam sync`'s own.
    steps.run("sync --code", tool, "sync", *stack, *alone, expect="Finished syncing")
    steps.run("remote invoke again", *invoke, expect="two")
    steps.run("delete", tool, "delete", *stack, "--no-prompts", expect="Deleted successfully")
    return steps


def cdk(folder: Path, environ: Mapping[str, str], aws: Aws) -> Steps:
    steps = Steps("cdk", folder, environ)
    write_source(folder)
    (folder / "app.js").write_text(APP.replace("cdk-events", f"cdk-events-{RUN}"))
    (folder / "cdk.json").write_text('{"app": "node app.js"}')
    steps.run("(install)", "npm", "install", "--silent", CDK, CDK_LIBRARY, "constructs")
    tool = "node_modules/.bin/cdk"
    steps.run("bootstrap", tool, "bootstrap", expect="bootstrapped")
    yes = ("--require-approval", "never")
    steps.run("deploy", tool, "deploy", *yes, expect="cdk-rides")
    steps.a_record_arrives("first record", aws, f"cdk-events-{RUN}", "cdk-function")
    steps.run("diff", tool, "diff", expect="no differences")
    write_source(folder, "two")
    steps.run("deploy --hotswap", tool, "deploy", "--hotswap", *yes, expect="hotswap")
    answer = aws.invocations.invoke(FunctionName="cdk-function", Payload=b"{}")
    if b"two" not in (said := answer["Payload"].read()):
        raise SystemExit(f"cdk deploy --hotswap: the function still answers {said!r}")
    steps.run("destroy", tool, "destroy", "--force", expect="destroyed")
    return steps


def local_variables(settings: Settings) -> dict[str, str]:
    """The endpoint and its credentials, and nothing that is a setting of ours."""
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("AWS_", "DEVENV_", "MLFLOW_"))}
    if bundle := os.environ.get("AWS_CA_BUNDLE"):
        kept["AWS_CA_BUNDLE"] = bundle
    return kept | {
        "AWS_ENDPOINT_URL": str(settings.endpoint_url),
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }


def main(names: list[str]) -> None:
    load_dotenv(os.environ, ROOT)
    settings = read_settings(os.environ, ROOT)
    if not settings.is_local:
        raise SystemExit("AWS_ENDPOINT_URL names no emulator: this would make stacks on AWS.")
    aws, tools = Aws(settings), {"sam": sam, "cdk": cdk}
    if unknown := set(names) - tools.keys():
        raise SystemExit(f"{', '.join(unknown)}: there are {' and '.join(tools)}.")
    print("| tool | step | seconds |\n| --- | --- | --- |")
    for name in names or list(tools):
        with tempfile.TemporaryDirectory(prefix=f"devenv-{name}-") as folder:
            done = tools[name](Path(folder), local_variables(settings), aws)
        for step, seconds in done.rows:
            print(f"| {name} | {step} | {seconds:.1f} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
