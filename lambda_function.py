"""The function: events from one Kinesis stream in, predictions to another out.

A batch is decoded, predicted by one call, and published. The first record that can't be processed
ends it: those before it are published, and its sequence number is reported, so that the event
source mapping goes on from there, and gives up that record alone. Retries and checkpoints are the
mapping's; what is published again is only what one of the mapping's retries brings again.

Environment: PIPELINE (`ride`, `bike`); MODEL_URI or RUN_ID (serving/models.py); TEST_RUN;
PREDICTIONS_STREAM_NAME, by any of its spellings; MODEL_NAME, MODEL_VERSION. Endpoint, region and
credentials are boto3's to read.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from serving import http
from serving.events import PIPELINES, Event, InvalidEvent, Pipeline, Prediction, decode
from serving.models import ModelError, Predictor, load_model, model_uri
from serving.publishing import PublishError, entries, publish

log = logging.getLogger("lambda_function")

STREAM_VARIABLES = ("PREDICTIONS_STREAM_NAME", "PREDICTION_STREAM_NAME", "OUTPUT_STREAM")
"""How the tutorials spell it."""
log.setLevel(logging.INFO)


@dataclass(frozen=True, slots=True)
class Rejected:
    sequence_number: str
    reason: str


@dataclass(frozen=True, slots=True)
class Batch:
    """The records up to the first that holds no event."""

    numbers: list[str]
    """Of the events."""
    events: list[Event]
    rejected: Rejected | None


@dataclass(frozen=True, slots=True)
class PredictionFunction:
    """The function and what it works with. Without `put_records`, nothing is published."""

    pipeline: Pipeline
    model: str
    version: str
    predictor: Predictor
    put_records: Callable[..., Any] | None
    stream: str = ""

    def handle(self, event: object, remaining: Callable[[], float]) -> dict[str, Any]:
        """A Kinesis event, or one event as the console's test sends it, which isn't published.

        An HTTP request's is answered as such. `remaining()` is how many seconds the invocation has
        left. Raises InvalidEvent for what doesn't come from a stream, and PublishError where
        nothing could be published.
        """
        if http.is_request(event):
            return self.answer(event)
        if not isinstance(event, dict) or "Records" not in event:
            return {"predictions": self.predict([self.pipeline.read(event)])}
        began = time.perf_counter()
        batch = self.read(event["Records"])
        decoded = time.perf_counter()
        predictions = self.predict(batch.events)
        predicted = time.perf_counter()
        done, unpublished = self.publish(predictions, remaining)
        published = time.perf_counter()
        log.info(
            "batch",
            extra={
                "records": len(event["Records"]),
                "predicted": len(predictions),
                "published": done if self.put_records else 0,
                "decode_ms": _milliseconds(began, decoded),
                "predict_ms": _milliseconds(decoded, predicted),
                "publish_ms": _milliseconds(predicted, published),
            },
        )
        response: dict[str, Any] = {"predictions": predictions[:done]}
        if unpublished:
            log.error("not published", extra=_about(batch.numbers[done], unpublished))
            response["batchItemFailures"] = [{"itemIdentifier": batch.numbers[done]}]
        elif batch.rejected:
            number, reason = batch.rejected.sequence_number, batch.rejected.reason
            log.warning("rejected", extra=_about(number, reason))
            response["batchItemFailures"] = [{"itemIdentifier": number}]
            response["rejected"] = [asdict(batch.rejected)]
        return response

    def answer(self, request: Any) -> dict[str, Any]:
        """A request whose body is one event: 200 with its prediction, or 400 with what is wrong."""
        try:
            event = self.pipeline.read(http.read_body(request))
        except InvalidEvent as e:
            return http.response(400, {"message": str(e)})
        return http.response(200, {"predictions": self.predict([event])})

    def read(self, records: object) -> Batch:
        """Raises InvalidEvent for records of another service than Kinesis."""
        if not isinstance(records, list):
            raise InvalidEvent(f"Records: expected a list, got {type(records).__name__}")
        numbers: list[str] = []
        events: list[Event] = []
        for record in records:
            kinesis = record.get("kinesis") if isinstance(record, dict) else None
            number = kinesis.get("sequenceNumber") if isinstance(kinesis, dict) else None
            if not isinstance(kinesis, dict) or not isinstance(number, str):
                raise InvalidEvent("kinesis: expected a record from a Kinesis stream")
            try:
                events.append(self.pipeline.read(decode(kinesis.get("data"))))
            except InvalidEvent as e:
                return Batch(numbers, events, Rejected(number, str(e)))
            numbers.append(number)
        return Batch(numbers, events, None)

    def predict(self, events: Sequence[Event]) -> list[Prediction]:
        """One prediction an event, in order."""
        if not events:
            return []
        values = self.predictor.predict([event.features for event in events])
        return [
            self.pipeline.prediction(self.model, self.version, event, value)
            for event, value in zip(events, values, strict=True)
        ]

    def publish(
        self, predictions: Sequence[Prediction], remaining: Callable[[], float]
    ) -> tuple[int, str]:
        """How many are on the stream, from the first on, and why the next isn't.

        Raises PublishError for the first: an error that the mapping answers by halving the batch,
        and that who invokes the function by hand gets to see.
        """
        if self.put_records:
            try:
                found = entries(predictions, self.pipeline.id)
                publish(self.put_records, self.stream, found, remaining)
            except PublishError as e:
                if e.index == 0:
                    raise
                return e.index, str(e)
        return len(predictions), ""


def _about(number: str, reason: str) -> dict[str, str]:
    return {"sequence_number": number, "reason": reason}


def _milliseconds(start: float, end: float) -> float:
    return round((end - start) * 1000, 2)


def from_environment(environ: Mapping[str, str]) -> PredictionFunction:
    """Loads the model and makes the Kinesis client, unless TEST_RUN is True. Raises ModelError."""
    name = environ.get("PIPELINE") or "ride"
    if name not in PIPELINES:
        raise ModelError(f"PIPELINE={name} is none of {', '.join(PIPELINES)}")
    pipeline, put_records = PIPELINES[name], None
    if environ.get("TEST_RUN", "").lower() != "true":
        import boto3
        from botocore.config import Config

        # One attempt each, not for long: `publish` tries again, and knows until when.
        quick = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 1})
        put_records = boto3.client("kinesis", config=quick).put_records
    streams = map(environ.get, STREAM_VARIABLES)
    return PredictionFunction(
        pipeline,
        model=environ.get("MODEL_NAME") or pipeline.model,
        version=environ.get("MODEL_VERSION") or environ.get("RUN_ID") or "unknown",
        predictor=load_model(model_uri(environ)),
        put_records=put_records,
        stream=next(filter(None, streams), pipeline.stream),
    )


@functools.cache
def function() -> PredictionFunction:
    return from_environment(os.environ)


def initialize() -> None:
    """What Lambda does before it takes the first record, so that a failure is seen by then."""
    began = time.perf_counter()
    with contextlib.suppress(ImportError):  # Another runtime than AWS's logs as it likes.
        from awslambdaric.lambda_runtime_log_utils import (  # type: ignore[import-untyped,unused-ignore]
            JsonFormatter,
        )

        for handler in logging.getLogger().handlers:
            handler.setFormatter(JsonFormatter())
    loaded = function()
    about = {"model": loaded.model, "version": loaded.version}
    took = _milliseconds(began, time.perf_counter())
    log.info("loaded", extra={**about, "load_ms": took})


# Elsewhere at the first event, so that a test imports this module without a model.
if "AWS_LAMBDA_RUNTIME_API" in os.environ:
    initialize()


def lambda_handler(event: object, context: Any) -> dict[str, Any]:
    """`{"predictions": [...]}`; and `batchItemFailures` with the first record that isn't done."""
    milliseconds = getattr(context, "get_remaining_time_in_millis", lambda: math.inf)
    return function().handle(event, lambda: milliseconds() / 1000)
