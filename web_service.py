"""The same model as a web service: a ride in, its duration out, for those who wait for an answer.

    POST /predict   {"PULocationID": 10, "DOLocationID": 50, "trip_distance": 40}
                    → {"duration": 62.1, "model_version": "1"}, in minutes
    GET  /health    the model that answers, once it is loaded
    GET  /openapi.json

What is wrong with a request is answered with a 4xx status and {"message": "field: what was
expected"}. Model, features and their checks are the function's, imported: a ride has the same
duration here as on the stream, and another PIPELINE is served as well. Run by `devenv serve`, or

    python -m web_service --host 0.0.0.0 --port 9696 --workers 2

A request that a browser makes for another site's page is refused (serving.guard).

Environment: that of lambda_function (MODEL_URI, or RUN_ID with MLFLOW_TRACKING_URI, …); or
FUNCTION_NAME alone, for the model that this Lambda function is configured with; or PIPELINE alone,
for the one of that pipeline's function.
"""

import argparse
import json
import logging
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

import lambda_function
from lambda_function import PredictionFunction
from serving.events import PIPELINES, InvalidEvent
from serving.guard import Guard, listed

MAX_BODY = 64 * 1024
"""Bytes. A ride takes a hundred."""

NAMES = {"ride_duration": "duration"}
"""Of predicted values, where the tutorials' web service has another one than their stream."""

BODY = {
    "content": {
        "application/json": {
            "schema": {"type": "object"},
            "examples": {
                "ride": {"value": {"PULocationID": 10, "DOLocationID": 50, "trip_distance": 40}},
                "bike": {"value": {"t1": 2, "t2": 3, "hum": 50, "weather_code": 2}},
            },
        }
    }
}
"""For those who read /openapi.json: what is checked of it, the pipeline's events say."""


class Message(BaseModel):
    message: str


def from_environment() -> PredictionFunction:
    """The model to serve, loaded. Raises serving.models.ModelError."""
    return lambda_function.from_environment(model_variables(os.environ))


def model_variables(
    environ: Mapping[str, str], lambda_client: Callable[[], Any] | None = None
) -> dict[str, str]:
    """`environ`, with the variables of the function FUNCTION_NAME, or of PIPELINE's, where it names
    no model itself.

    Never those by which predictions would be published.
    """
    found = {**environ, "TEST_RUN": "True"}
    name = environ.get("FUNCTION_NAME") or usual_function(environ)
    if environ.get("MODEL_URI") or environ.get("RUN_ID") or not name:
        return found
    if lambda_client is None:
        import boto3

        client = boto3.client("lambda")
    else:
        client = lambda_client()
    config = client.get_function_configuration(FunctionName=name)
    return {**environ, **config.get("Environment", {}).get("Variables", {}), "TEST_RUN": "True"}


def usual_function(environ: Mapping[str, str]) -> str | None:
    """What PIPELINE's function is called; None where PIPELINE names none."""
    pipeline = PIPELINES.get(environ.get("PIPELINE", ""))
    return pipeline.function if pipeline else None


async def read_json(request: Request) -> object:
    """The request's body. Raises HTTPException for another type, too many bytes, or no JSON."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise HTTPException(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"Content-Type: expected application/json, got {media_type[:100] or 'none'}",
        )
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise HTTPException(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"body: expected at most {MAX_BODY} bytes",
                headers={"Connection": "close"},  # What is left of it won't be read.
            )
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as e:
        raise InvalidEvent("body: expected JSON") from e


def predict(function: PredictionFunction, body: object) -> dict[str, float | str]:
    """What `body`, an event's, is answered with. Raises InvalidEvent."""
    if not isinstance(body, dict):
        raise InvalidEvent(f"body: expected a JSON object, got {type(body).__name__}")
    pipeline = function.pipeline
    (value,) = function.predictor.predict([pipeline.features(body)])
    name = NAMES.get(pipeline.value, pipeline.value)
    return {name: float(value), "model_version": function.version}


def make_app(load: Callable[[], PredictionFunction]) -> FastAPI:
    """The service of the model that `load` gives; it is loaded before the first connection."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.function = await run_in_threadpool(load)
        yield

    app = FastAPI(
        title="Predictions",
        lifespan=lifespan,
        docs_url=None,  # Its scripts would come from a content network.
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers={
            HTTPException: _refused,
            InvalidEvent: _invalid_event,
            Exception: _failed,
        },
    )

    if origins := listed(os.environ.get("DEVENV_ALLOWED_ORIGINS")):
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["POST"],
            allow_headers=["Content-Type"],
        )
    # Added last, so that it looks at a request first.
    app.add_middleware(Guard, hosts=listed(os.environ.get("DEVENV_ALLOWED_HOSTS")), origins=origins)

    @app.post(
        "/predict",
        responses={status: {"model": Message} for status in (400, 413, 415)},
        openapi_extra={"requestBody": BODY},
    )
    async def post_predict(request: Request) -> dict[str, float | str]:
        body = await read_json(request)
        # In a thread: its computation would hold up all other connections.
        return await run_in_threadpool(predict, request.app.state.function, body)

    @app.get("/health")
    async def health(request: Request) -> dict[str, str]:
        function: PredictionFunction = request.app.state.function
        return {"status": "ok", "model": function.model, "model_version": function.version}

    return app


def _answer(status: int, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"message": message}, status, headers)


async def _refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return _answer(error.status_code, error.detail, error.headers)


async def _invalid_event(request: Request, error: Exception) -> JSONResponse:
    return _answer(HTTPStatus.BAD_REQUEST, str(error))


async def _failed(request: Request, error: Exception) -> JSONResponse:
    """Uvicorn logs the traceback."""
    return _answer(HTTPStatus.INTERNAL_SERVER_ERROR, "the prediction failed: see the service's log")


app = make_app(from_environment)


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    """Not that somebody looked whether the service lives: Docker does so every few seconds."""
    return not (isinstance(record.args, tuple) and "/health" in record.args)


logging.getLogger("uvicorn.access").addFilter(_is_worth_a_line)


def listen(config: uvicorn.Config) -> socket.socket:
    """The socket that the workers share, set to send at once; its connections inherit that.

    asyncio does so for sockets that it makes, but takes uvicorn's for none of TCP's: each answer's
    body would wait for its head to be acknowledged, 40 ms.
    """
    listening = config.bind_socket()
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def main() -> None:
    """Serve until SIGTERM or SIGINT; a worker that dies is replaced by another."""
    parser = argparse.ArgumentParser(prog="web_service")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9696)
    parser.add_argument("--workers", type=int, default=1, help="processes, each with its model")
    given = parser.parse_args()
    config = uvicorn.Config("web_service:app", given.host, given.port, workers=given.workers)
    supervisor = Multiprocess(config, [listen(config)])
    supervisor.run()
    if any(worker.exitcode == STARTUP_FAILURE for worker in supervisor.processes):
        sys.exit(STARTUP_FAILURE)


if __name__ == "__main__":
    main()
