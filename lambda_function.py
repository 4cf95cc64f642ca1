"""The function: rides from one Kinesis stream in, predicted durations to another out.

A batch is decoded, predicted by one call, and published. A record that can't be read is left
out, logged and reported; its neighbours go through. Retries, order and checkpoints are not here:
they are the event source mapping's.

Environment: MODEL_URI, or RUN_ID with MLFLOW_TRACKING_URI; PREDICTIONS_STREAM_NAME, MODEL_NAME,
MODEL_VERSION, TEST_RUN. Endpoint, region and credentials are boto3's to read. What costs time to
import (boto3, skops, mlflow) is imported where it is used, so that a test pays for nothing.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import importlib
import json
import logging
import os
import random
import shutil
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    type Entry = dict[str, Any]  # {"Data": bytes, "PartitionKey": str}
    type Features = dict[str, str | float]
    type Prediction = dict[str, Any]  # as it is published: see RideFunction.predict

log = logging.getLogger("lambda_function")
log.setLevel(logging.INFO)

MAX_RECORDS, MAX_BYTES = 500, 10 * 1024 * 1024  # PutRecords' limits; bytes are data and keys
ATTEMPTS = 6
FLOAT32_MAX = 3.4028234663852886e38  # scikit-learn's trees read features as 32-bit floats


class InvalidRide(ValueError):
    """What is wrong with one record, as "field: what was expected". Never holds its content."""


class ModelError(RuntimeError):
    """The model can't be loaded as things are set up; says what to change."""


class PublishError(RuntimeError):
    """Predictions that the stream did not take, after every attempt."""


@dataclass(frozen=True, slots=True)
class Ride:
    ride_id: int | str
    features: Features


@dataclass(frozen=True, slots=True)
class Rejected:
    sequence_number: str
    reason: str


class Predictor(Protocol):
    def predict(self, features: list[Features], /) -> Iterable[float]: ...


def decode(data: object) -> object:
    """A record's `data` as Lambda passes it, base64 of UTF-8 JSON, to what the JSON says."""
    if not isinstance(data, str):
        raise InvalidRide(f"data: expected base64 text, got {type(data).__name__}")
    try:
        text = base64.b64decode(data, validate=True).decode("utf-8")
    except UnicodeDecodeError as e:
        raise InvalidRide("data: expected UTF-8 text") from e
    except ValueError as e:
        raise InvalidRide("data: expected base64") from e
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as e:  # also: thousands of digits, or of brackets
        raise InvalidRide("data: expected JSON") from e


def read_ride(event: object) -> Ride:
    """`{"ride": {PULocationID, DOLocationID, trip_distance}, "ride_id"}`; other fields pass."""
    if not isinstance(event, dict):
        raise InvalidRide(f"event: expected a JSON object, got {type(event).__name__}")
    ride, ride_id = _field(event, "ride", dict), _field(event, "ride_id", int, str)
    # It becomes the partition key; one that Kinesis does not take fails the whole PutRecords.
    if not 1 <= len(str(ride_id)) <= 256 or any("\ud800" <= c <= "\udfff" for c in str(ride_id)):
        raise InvalidRide("ride_id: expected 1 to 256 characters of valid Unicode")
    return Ride(ride_id, features(ride))


def features(ride: dict[str, object]) -> Features:
    """What the model was trained on: pickup and dropoff zone as one category, and miles."""
    pickup, dropoff = _field(ride, "PULocationID", int, str), _field(ride, "DOLocationID", int, str)
    miles = _field(ride, "trip_distance", int, float)
    if not 0 <= miles <= FLOAT32_MAX:  # nor NaN: it compares as false
        raise InvalidRide("trip_distance: expected a finite number of miles, 0 or more")
    return {"PU_DO": f"{pickup}_{dropoff}", "trip_distance": float(miles)}


def _field(owner: dict[str, object], name: str, *kinds: type) -> Any:
    expected = " or ".join(kind.__name__ for kind in kinds)
    if name not in owner:
        raise InvalidRide(f"{name}: expected {expected}, but it is missing")
    value = owner[name]
    if not isinstance(value, kinds) or isinstance(value, bool):
        raise InvalidRide(f"{name}: expected {expected}, got {type(value).__name__}")
    return value


def read_body(request: dict[str, Any]) -> object:
    """The JSON in the body of an HTTP request, as function URLs and API Gateway pass it."""
    try:
        body = request.get("body") or ""
        return json.loads(base64.b64decode(body) if request.get("isBase64Encoded") else body)
    except (ValueError, TypeError, RecursionError) as e:
        raise InvalidRide("body: expected JSON") from e


def http_response(status: int, body: object) -> dict[str, Any]:
    headers = {"Content-Type": "application/json"}
    return {"statusCode": status, "headers": headers, "body": json.dumps(body)}


def read_record(record: object) -> Ride | Rejected:
    """One of the event's `Records`; never raises for what the record holds."""
    kinesis = record.get("kinesis") if isinstance(record, dict) else None
    if not isinstance(kinesis, dict):
        return Rejected("unknown", "kinesis: expected a record from a Kinesis stream")
    try:
        return read_ride(decode(kinesis.get("data")))
    except InvalidRide as e:
        return Rejected(str(kinesis.get("sequenceNumber", "unknown")), str(e))


def entry(prediction: Prediction) -> Entry:
    key = str(prediction["prediction"]["ride_id"])
    return {"Data": json.dumps(prediction).encode(), "PartitionKey": key}


def chunks(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """Entries in order, in lists that PutRecords takes."""
    chunk: list[Entry] = []
    held = 0
    for item in entries:
        size = len(item["Data"]) + len(item["PartitionKey"].encode())
        if chunk and (len(chunk) == MAX_RECORDS or held + size > MAX_BYTES):
            yield chunk
            chunk, held = [], 0
        chunk.append(item)
        held += size
    if chunk:
        yield chunk


def backoff(attempt: int, draw: Callable[[float, float], float] = random.uniform) -> float:
    """Seconds to wait after failed `attempt`, from 0: anything up to 0.1 s doubled each time."""
    return draw(0, 0.1 * 2**attempt)


def publish(
    put_records: Callable[..., Any],
    stream: str,
    predictions: Sequence[Prediction],
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Puts every prediction on the stream by boto3's `put_records`, or raises PublishError.

    PutRecords answers in the request's order; an entry that it did not take has an ErrorCode,
    and is resent, alone, ATTEMPTS times in all.
    """
    left = len(predictions)
    for chunk in chunks(map(entry, predictions)):
        for attempt in range(ATTEMPTS):
            answers = put_records(StreamName=stream, Records=chunk)["Records"]
            errors = [answer for answer in answers if answer.get("ErrorCode")]
            left -= len(chunk) - len(errors)
            if not errors:
                break
            chunk = [e for e, a in zip(chunk, answers, strict=True) if a.get("ErrorCode")]
            if attempt < ATTEMPTS - 1:
                sleep(backoff(attempt))
        else:
            raise PublishError(
                f"{left} of {len(predictions)} predictions were not published to {stream} after"
                f" {ATTEMPTS} attempts: {errors[0]['ErrorCode']} {errors[0].get('ErrorMessage')}"
            )


def model_uri(environ: Mapping[str, str]) -> str:
    if uri := environ.get("MODEL_URI"):
        return uri
    if environ.get("RUN_ID") and environ.get("MLFLOW_TRACKING_URI"):
        return f"runs:/{environ['RUN_ID']}/model"
    raise ModelError(
        "no model: set MODEL_URI to the S3 folder of an MLflow model (s3://bucket/prefix),"
        " or RUN_ID and MLFLOW_TRACKING_URI"
    )


def load_model(uri: str) -> Predictor:
    """The model folder at an s3:// or file: URI, a path, or what MLflow resolves (runs:/...).

    A scikit-learn model saved by skops is loaded without importing mlflow (2 s and 180 MB less);
    any other by mlflow.pyfunc. Raises ModelError.
    """
    import yaml  # type: ignore[import-untyped,unused-ignore]

    if urlsplit(uri).scheme not in ("", "file", "s3"):
        uri = _by_mlflow(uri, "artifacts", "download_artifacts", "such a URI")
    get = opener(uri)
    try:
        flavors = yaml.safe_load(get("MLmodel").read_text())["flavors"]
        sklearn = dict(flavors.get("sklearn") or {})
    except FileNotFoundError as e:
        raise ModelError(f"{uri}: there is no MLmodel in it") from e
    except (yaml.YAMLError, LookupError, TypeError, ValueError, AttributeError) as e:
        raise ModelError(f"{uri}: its MLmodel does not describe an MLflow model") from e
    if sklearn:
        check_version(uri, sklearn.get("sklearn_version"))
    if sklearn.get("serialization_format") == "skops" and not sklearn.get("code"):
        trusted = sklearn.get("skops_trusted_types") or []
        return load_skops(uri, get(str(sklearn.get("pickled_model"))), trusted)
    names = [name for name in flavors if name != "python_function"] or ["python_function"]
    return _by_mlflow(uri, "pyfunc", "load_model", f"flavor {names[0]}")  # type: ignore[no-any-return]


def check_version(uri: str, saved_by: object) -> None:
    import sklearn  # type: ignore[import-untyped,unused-ignore]

    if saved_by != sklearn.__version__:
        raise ModelError(
            f"{uri} was saved by scikit-learn {saved_by}, this function has {sklearn.__version__}:"
            " train the model again, or lock that version in Pipfile"
        )


def load_skops(uri: str, file: Path, trusted: list[str]) -> Predictor:
    """A model that holds only what skops trusts by itself and the types its MLmodel declares."""
    # MLflow's own switch against loading models: going around mlflow must not go around it.
    if os.environ.get("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "").lower() in ("false", "0"):
        raise ModelError(f"{uri}: MLFLOW_ALLOW_PICKLE_DESERIALIZATION forbids to load it")
    from skops import io  # type: ignore[import-untyped,unused-ignore]

    try:
        model = io.load(file, trusted=trusted)
    except io.exceptions.UntrustedTypesFoundException as e:
        unknown = ", ".join(sorted(set(io.get_untrusted_types(file=file)) - set(trusted)))
        raise ModelError(
            f"{uri} holds types that its MLmodel does not declare: {unknown}. If they are known"
            " and safe, save the model again with them in skops_trusted_types"
        ) from e
    # One row gains nothing from threads and loses 12 ms to starting them.
    jobs = [name for name in model.get_params() if name.split("__")[-1] == "n_jobs"]
    return model.set_params(**dict.fromkeys(jobs, 1))  # type: ignore[no-any-return]


def _by_mlflow(uri: str, module: str, function: str, what: str) -> Any:
    try:
        return getattr(importlib.import_module(f"mlflow.{module}"), function)(uri)
    except ImportError as e:
        raise ModelError(
            f"{uri}: {what} is loaded by mlflow.{module}, which needs {e.name or e}: add it to"
            " Pipfile, run scripts/lock and deploy again"
        ) from e


def opener(uri: str) -> Callable[[str], Path]:
    """How to get a file of the model's folder, by its name there, onto this disk."""
    parts = urlsplit(uri)
    if parts.scheme == "s3":
        import boto3

        folder = f"model-{os.getuid()}-{hashlib.sha256(uri.encode()).hexdigest()[:16]}"
        get_object = boto3.client("s3").get_object
        return functools.partial(download, get_object, uri, Path(tempfile.gettempdir(), folder))
    return Path(unquote(parts.path) if parts.scheme == "file" else uri).joinpath


def download(get_object: Callable[..., Any], uri: str, folder: Path, name: str) -> Path:
    """The object `name` under `uri`, from `folder` if this very content (by ETag) is there.

    It is written beside and renamed when whole: a download that was cut short is never found.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise ModelError(f"{folder} belongs to another user: remove it, or set TMPDIR")
    bucket, prefix = urlsplit(uri).netloc, urlsplit(uri).path.strip("/")
    try:
        found = get_object(Bucket=bucket, Key=f"{prefix}/{name}".lstrip("/"))
        with found["Body"] as body:
            file = folder / f"{found['ETag'].strip('"')}-{Path(name).name}"
            if not file.exists():
                with tempfile.NamedTemporaryFile(dir=folder, delete_on_close=False) as part:
                    shutil.copyfileobj(body, part)
                    part.close()
                    Path(part.name).replace(file)
    except (BotoCoreError, ClientError) as e:
        raise ModelError(f"{uri}: can't get {name} from it: {e}") from e
    return file


@dataclass(frozen=True, slots=True)
class RideFunction:
    """The function and what it works with. Without `send`, nothing is published."""

    model: str
    version: str
    predictor: Predictor
    send: Callable[[Sequence[Prediction]], None] | None

    def predict(self, rides: Sequence[Ride]) -> list[Prediction]:
        """One prediction a ride, in order; `ride_duration` is in minutes."""
        if not rides:
            return []
        minutes = self.predictor.predict([ride.features for ride in rides])
        return [
            {
                "model": self.model,
                "version": self.version,
                "prediction": {"ride_duration": float(duration), "ride_id": ride.ride_id},
            }
            for ride, duration in zip(rides, minutes, strict=True)
        ]

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """An HTTP request, of a function URL or API Gateway, whose body is one ride's event.

        200 with its prediction, which isn't published; 400 with what is wrong as `message`.
        """
        try:
            ride = read_ride(read_body(request))
        except InvalidRide as e:
            return http_response(400, {"message": str(e)})
        return http_response(200, {"predictions": self.predict([ride])})

    def handle(self, event: object) -> dict[str, Any]:
        """A Kinesis event, or one ride as the console's test sends it, which isn't published.

        Raises InvalidRide for such a ride: who sent it waits for the answer.
        """
        if isinstance(event, dict) and "requestContext" in event:
            return self.answer(event)
        if not isinstance(event, dict) or "Records" not in event:
            return {"predictions": self.predict([read_ride(event)])}
        results = [read_record(record) for record in event["Records"]]
        rejected = [result for result in results if isinstance(result, Rejected)]
        for r in rejected:
            log.warning("rejected record %s: %s", r.sequence_number, r.reason)
        predictions = self.predict([result for result in results if isinstance(result, Ride)])
        if self.send:
            self.send(predictions)
        response: dict[str, Any] = {"predictions": predictions}
        if rejected:
            response["rejected"] = [asdict(r) for r in rejected]
        return response


def from_environment(environ: Mapping[str, str]) -> RideFunction:
    """Loads the model and makes the Kinesis client, unless TEST_RUN is True. Raises ModelError."""
    send = None
    if environ.get("TEST_RUN", "").lower() != "true":
        import boto3

        stream = environ.get("PREDICTIONS_STREAM_NAME") or "ride_predictions"
        send = functools.partial(publish, boto3.client("kinesis").put_records, stream)
    return RideFunction(
        model=environ.get("MODEL_NAME") or "ride-duration",
        version=environ.get("MODEL_VERSION") or environ.get("RUN_ID") or "unknown",
        predictor=load_model(model_uri(environ)),
        send=send,
    )


@functools.cache
def function() -> RideFunction:
    return from_environment(os.environ)


# In Lambda the model is loaded at init, so that its failure is seen before any record is taken.
# Elsewhere at the first event, so that a test imports this module without a model.
if "AWS_LAMBDA_RUNTIME_API" in os.environ:
    function()


def lambda_handler(event: object, context: object) -> dict[str, Any]:
    """`{"predictions": [...]}`, and `"rejected": [...]` if any. Raises PublishError."""
    return function().handle(event)
