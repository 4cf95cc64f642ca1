"""The function's cold start and rates beside the tutorials' handler, in one run on one machine.

    .venv/bin/python scripts/function_figures.py [RUNS]

Each runs on its own packages: this project's on those of Pipfile.lock alone, the tutorials' on the
whole of mlflow. A cold start is a new process that imports the handler, loads the model from S3,
and predicts and publishes the tutorials' event; S3 and Kinesis are moto's, in this process. Prints
Markdown: medians of RUNS turns, taken in turns. Memory is the most that was resident; the rates
are by CPU time. scripts/image_figures.py does it with images.
"""

import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import boto3
from moto.server import ThreadedMotoServer

from devenv.bootstrap.model_files import prepare
from devenv.pipelines import PIPELINES
from devenv.stack import function_packages

ROOT = Path(__file__).parents[1]
EVENT = ROOT / "tests" / "events" / "kinesis-ride-123-003.json"
CORE = 0.29
"""Of a core, which Lambda gives 512 MB."""

TUTORIALS = """
import base64, json, os
import boto3, mlflow
kinesis_client = boto3.client("kinesis")
model = mlflow.pyfunc.load_model(os.environ["MODEL_URI"])
def predict(features):
    return float(model.predict([features])[0])
def lambda_handler(event, context):
    predictions = []
    for record in event["Records"]:
        ride_event = json.loads(base64.b64decode(record["kinesis"]["data"]).decode())
        ride = ride_event["ride"]
        features = {"PU_DO": "%s_%s" % (ride["PULocationID"], ride["DOLocationID"]),
                    "trip_distance": ride["trip_distance"]}
        prediction = {"model": "ride_duration_prediction_model", "version": "123",
                      "prediction": {"ride_duration": predict(features),
                                     "ride_id": ride_event["ride_id"]}}
        kinesis_client.put_record(StreamName=os.environ["PREDICTIONS_STREAM_NAME"],
                                  Data=json.dumps(prediction),
                                  PartitionKey=str(ride_event["ride_id"]))
        predictions.append(prediction)
    return {"predictions": predictions}
"""

COLD = """
import json, sys
from lambda_function import lambda_handler
answer = lambda_handler(json.load(open(sys.argv[1])), None)
assert len(answer["predictions"]) == 1, answer
[peak] = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(int(peak) / 1024)
"""

ONE_ROW = """
import json, statistics, sys, time
import lambda_function
row = {"PU_DO": "130_205", "trip_distance": 3.66}
def seconds(call, times):
    call()
    taken = []
    for _ in range(times):
        began = time.process_time()
        call()
        taken.append(time.process_time() - began)
    return statistics.median(taken)
"""

OURS_ONE_ROW = """
predictor = lambda_function.function().predictor
print(seconds(lambda: predictor.predict([row]), 300))
"""

TUTORIALS_ONE_ROW = """
print(seconds(lambda: lambda_function.predict(row), 100))
"""

BATCH = """
import base64, dataclasses, math
def record(n):
    ride = {"PULocationID": 1 + n % 260, "DOLocationID": 1 + n % 97, "trip_distance": n % 17 + 0.5}
    data = base64.b64encode(json.dumps({"ride": ride, "ride_id": n}).encode()).decode()
    return {"kinesis": {"sequenceNumber": str(n), "data": data}}
event = {"Records": [record(n) for n in range(500)]}
def taken(StreamName, Records):
    return {"Records": [{"SequenceNumber": "1"}] * len(Records)}
function = dataclasses.replace(lambda_function.function(), put_records=taken)
print(500 / seconds(lambda: function.handle(event, lambda: math.inf), 40))
"""


@dataclass(frozen=True)
class Subject:
    name: str
    python: Path
    folder: Path
    one_row: str


@dataclass(frozen=True)
class Run:
    wall: float
    cpu: float
    """Seconds, of all its threads."""
    memory: float
    """MB, at its most."""


def main(runs: int) -> None:
    packages = function_packages.ensure(ROOT, lambda line: print(line, file=sys.stderr))
    with tempfile.TemporaryDirectory(prefix="devenv-figures-") as folder:
        (Path(folder) / "lambda_function.py").write_text(TUTORIALS)
        ours = Subject("this project's", packages.image_python, ROOT, OURS_ONE_ROW)
        python = Path(sys.executable)
        theirs = Subject("the tutorials'", python, Path(folder), TUTORIALS_ONE_ROW)
        with Servers() as environ:
            cold: dict[str, list[Run]] = {ours.name: [], theirs.name: []}
            for _ in range(runs):
                for subject in (ours, theirs):
                    cold[subject.name].append(cold_start(subject, environ))
            rows = [
                statistics.median(float(run(s, ONE_ROW + s.one_row, environ)) for _ in range(3))
                for s in (ours, theirs)
            ]
            rate = statistics.median(float(run(ours, ONE_ROW + BATCH, environ)) for _ in range(3))
    report(cold, rows, rate)


def report(cold: dict[str, list[Run]], rows: list[float], rate: float) -> None:
    print(f"| handler | cold start | CPU time | at {CORE} of a core | memory | one row |")
    print("| --- | --- | --- | --- | --- | --- |")
    middles = []
    for (name, found), row in zip(cold.items(), rows, strict=True):
        wall, cpu, memory = (
            statistics.median(getattr(run, field) for run in found)
            for field in ("wall", "cpu", "memory")
        )
        middles.append((wall, cpu, cpu, memory, row))
        print(
            f"| {name} | {wall:.2f} s | {cpu:.2f} s | {cpu / CORE:.1f} s | {memory:.0f} MB "
            f"| {row * 1000:.2f} ms |"
        )
    ratios = (f"{mine / other:.2f}" for mine, other in zip(*middles, strict=True))
    print(f"| ratio | {' | '.join(ratios)} |")
    print(
        f"\nA batch of 500, decoded, predicted and encoded in-process: {rate:,.0f} rides per second"
        " of CPU."
    )
    print(f"`At {CORE} of a core` is CPU time divided by {CORE}.")


class Servers:
    """S3 with the model and Kinesis with the stream; entering gives a handler's environment."""

    def __enter__(self) -> dict[str, str]:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self._server.start()
        host, port = self._server.get_host_and_port()
        variables = {
            "AWS_ENDPOINT_URL": f"http://{host}:{port}",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "MODEL_URI": "s3://models/m",
            "PREDICTIONS_STREAM_NAME": "ride_predictions",
        }
        os.environ.update(variables)
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="models")
        for name, content in prepare(PIPELINES["ride"], None).files.items():
            s3.put_object(Bucket="models", Key=f"m/{name}", Body=content)
        boto3.client("kinesis").create_stream(StreamName="ride_predictions", ShardCount=1)
        return {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}

    def __exit__(self, *exception: object) -> None:
        self._server.stop()


def cold_start(subject: Subject, environ: dict[str, str]) -> Run:
    """From the start of the process to its end, with nothing kept in its temporary folder."""
    with tempfile.TemporaryDirectory(prefix="devenv-cold-") as temporary:
        variables = {**environ, "TMPDIR": temporary, "PYTHONPATH": str(subject.folder)}
        command = (str(subject.python), "-c", COLD, str(EVENT))
        began = time.monotonic()
        process = subprocess.Popen(
            command, env=variables, cwd=subject.folder, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{subject.name} handler failed, see above")
    return Run(wall, usage.ru_utime + usage.ru_stime, float(said))


def run(subject: Subject, code: str, environ: dict[str, str]) -> str:
    variables = {**environ, "PYTHONPATH": str(subject.folder)}
    command = (str(subject.python), "-c", code)
    return subprocess.run(
        command, env=variables, cwd=subject.folder, stdout=subprocess.PIPE, text=True, check=True
    ).stdout


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
