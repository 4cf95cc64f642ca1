"""Size and cold start of the function's image, beside one made the tutorials' way, in one run.

    .venv/bin/python scripts/image_figures.py [RUNS]

The tutorials' image has Pipenv, the whole of mlflow, and loads the model by mlflow.pyfunc. Both
run as `docker run` under the runtime interface emulator, with the model in a folder: a cold start
is from `docker run` to the answer to the tutorials' event. Needs Docker; prints Markdown.
"""

import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from devenv.bootstrap.model_files import prepare
from devenv.pipelines import PIPELINES
from devenv.testing.ports import free_port

ROOT = Path(__file__).parents[1]
BASE = "public.ecr.aws/lambda/python:3.13"
EVENT = (ROOT / "tests" / "events" / "kinesis-ride-123-003.json").read_bytes()

DOCKERFILE = f"""FROM {BASE}
RUN pip install -q pipenv
RUN pip install -q boto3==1.42.54 mlflow==3.17.2 scikit-learn==1.9.1 skops
COPY lambda_function.py ./
CMD ["lambda_function.lambda_handler"]
"""

HANDLER = """
import base64, json, os
import boto3, mlflow
kinesis_client = boto3.client("kinesis")
model = mlflow.pyfunc.load_model(os.environ["MODEL_URI"])
def lambda_handler(event, context):
    predictions = []
    for record in event["Records"]:
        ride_event = json.loads(base64.b64decode(record["kinesis"]["data"]).decode())
        ride = ride_event["ride"]
        features = {"PU_DO": "%s_%s" % (ride["PULocationID"], ride["DOLocationID"]),
                    "trip_distance": ride["trip_distance"]}
        predictions.append(float(model.predict([features])[0]))
    return {"predictions": predictions}
"""


def main(runs: int) -> None:
    base = size(BASE)
    with tempfile.TemporaryDirectory(prefix="devenv-image-") as folder:
        model = Path(folder) / "model"
        model.mkdir(mode=0o755)
        for name, content in prepare(PIPELINES["ride"], None).files.items():
            (model / name).write_bytes(content)
        Path(folder).chmod(0o755)
        theirs = Path(folder) / "theirs"
        theirs.mkdir()
        (theirs / "Dockerfile").write_text(DOCKERFILE)
        (theirs / "lambda_function.py").write_text(HANDLER)
        docker("build", "--quiet", "-t", "stream-model-duration", str(ROOT))
        docker("build", "--quiet", "-t", "devenv-figures-tutorials", str(theirs))
        print(
            "| image | on top of the base | with it | cold start, median | slowest "
            "| with 0.29 of a core |"
        )
        print("| --- | --- | --- | --- | --- | --- |")
        for label, image in (
            ("this project's", "stream-model-duration"),
            ("the tutorials' way", "devenv-figures-tutorials"),
        ):
            whole = size(image)
            seconds = [cold_start(image, model) for _ in range(runs)]
            share = statistics.median(cold_start(image, model, "0.29") for _ in range(runs))
            print(
                f"| {label} | {(whole - base) / 1e6:.0f} MB | {whole / 1e6:.0f} MB "
                f"| {statistics.median(seconds):.1f} s | {max(seconds):.1f} s "
                f"| {share:.1f} s |"
            )


def cold_start(image: str, model: Path, cpus: str = "0") -> float:
    """Seconds from `docker run` to the first answer; "0" is all that the machine has."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations"
    aws = ("AWS_DEFAULT_REGION=us-east-1", "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test")
    variables = (*aws, "MODEL_URI=/model", "TEST_RUN=True", "AWS_LAMBDA_FUNCTION_TIMEOUT=120")
    options = [part for variable in variables for part in ("-e", variable)]
    options += ["--cpus", cpus, "-v", f"{model}:/model:ro", "-p", f"127.0.0.1:{port}:8080"]
    began = time.monotonic()
    container = docker("run", "-d", "--init", *options, image).strip()
    try:
        while True:
            try:
                with urllib.request.urlopen(url, data=EVENT, timeout=120) as answer:
                    body = answer.read()
                    break
            except (urllib.error.URLError, ConnectionError):
                if time.monotonic() - began > 60:
                    raise
                time.sleep(0.02)
        took = time.monotonic() - began
        if b"predictions" not in body:
            raise SystemExit(f"{image} answered {body.decode()[:500]}")
        return took
    finally:
        docker("rm", "-f", container)


def size(image: str) -> int:
    return int(docker("image", "inspect", "-f", "{{.Size}}", image))


def docker(*arguments: str) -> str:
    return subprocess.run(
        ("docker", *arguments), stdout=subprocess.PIPE, text=True, check=True
    ).stdout


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
