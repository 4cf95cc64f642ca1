"""004: London's bikes, passenger_events → bike-predictions, with a profile of the CLI."""

import pytest

from devenv.testing.engine import Engine

from . import commands as c
from . import functions as f
from .conftest import Sit
from .page import block
from .steps import Seed, as_written, console, engine, equivalent, fails, its_error, types, until
from .terminal import Terminal

ROLE, TEST, FUNCTION = "lambda-kinesis", "bike-test", "bike-prediction"
EVENT = "bike/kinesis-test-123-004"

DATA_IN = """
KINESIS_STREAM_INPUT=passenger_events

aws kinesis put-record \\
    --stream-name ${KINESIS_STREAM_INPUT} \\
    --partition-key 1 \\
    --data '{
        "features": {
            "t1": 2,
            "t2": 3,
            "hum": 50,
            "weather_code": 2
        },
        "pred_id": 123
    }' \\
    --cli-binary-format raw-in-base64-out \\
    --profile iamadmin
"""
DATA_OUT = "PIPELINE=bike $CHECKOUT/scripts/data_out.sh"
BIKE = "TEST_RUN=True PIPELINE=bike "
PREDICTED = r'"version": "[0-9a-f]{32}", "prediction": \{"cnt": \d+\.\d+, "pred_id": 123\}'

SEED = Seed(
    "004",
    "082206757367",
    "us-east-1",
    [
        equivalent(
            "copy the function without a model to a new one, and attach its policies",
            "[A role](#a-role), [A policy to put on a stream](#a-policy-to-put-on-a-stream), "
            "[A function](#a-function)",
            types(block("A role", ROLE=ROLE)),
            types(
                block(
                    "A policy to put on a stream",
                    POLICY="write-bike-predictions",
                    ROLE=ROLE,
                    STREAM="bike-predictions",
                )
            ),
            c.create(TEST, ROLE, f.BIKES),
        ),
        c.two_streams_and_trigger(
            "its streams passenger_events and bike-predictions, its trigger",
            TEST,
            "passenger_events",
            "bike-predictions",
        ),
        as_written(
            "./data_in.sh, with the profile iamadmin",
            types(
                "aws configure --profile iamadmin",
                answers=("082206757367", "test", "us-east-1", "json"),
            ),
            types(c.write(f"#!/bin/bash\n{DATA_IN}", "data_in.sh") + "chmod +x data_in.sh"),
            types("./data_in.sh", c.NUMBERED),
        ),
        equivalent(
            "./data_out.sh",
            "`PIPELINE=bike scripts/data_out.sh`",
            until(DATA_OUT, r'"cnt": 10.0, "pred_id": 123'),
        ),
        equivalent(
            "python test.py",
            f"`PIPELINE=bike` and {c.TEST_PY}",
            c.try_function(EVENT, r'"cnt": \d+\.\d+, "pred_id": 123', BIKE),
        ),
        engine("docker build -t bike-prediction:v1 .", c.BUILD, c.build("bike-prediction:v1")),
        its_error(
            "winpty docker run: winpty is Windows' alone",
            "[docker run](#docker-run), with `-e PIPELINE=bike`; embedded, nothing to run",
            fails(
                "winpty docker run -it --rm -p 8080:8080 bike-prediction:v1",
                "winpty: command not found",
            ),
        ),
        engine(
            "pipenv run python test_docker.py",
            "embedded, as test.py; or begin with `PIPELINE=bike devenv up`: 8080 answers for bikes",
            c.run("bike-prediction:v1", f"{c.KEY_VARIABLES} -e PIPELINE=bike"),
            until(c.post(EVENT), r"'cnt': \d+\.\d+, 'pred_id': 123"),
        ),
        equivalent(
            "a repository bike-model, by ECR's page",
            "`aws ecr create-repository --repository-name bike-model`",
            *c.repository("bike-model"),
        ),
        engine("log in to ECR", c.LOGIN, c.login(" --region us-east-1 --profile iamadmin")),
        engine("docker tag", c.REMOTE, types("docker tag bike-prediction:v1 $REPOSITORY_URI:v1")),
        engine("docker push", c.REMOTE, types("docker push $REPOSITORY_URI:v1", c.PUSHED)),
        c.function_of_the_image("a function from the ECR image", FUNCTION, ROLE),
        console(
            "memory 256 MB",
            "Its memory and timeout",
            FUNCTION=FUNCTION,
            MEMORY="256",
            SECONDS_AT_MOST="15",
            shows='"MemorySize": 256',
        ),
        equivalent(
            "its variables OUTPUT_STREAM and RUN_ID",
            "[Its variables](#its-variables), and `PIPELINE=bike`",
            types(
                block(
                    "Its variables",
                    FUNCTION=FUNCTION,
                    VARIABLES="PIPELINE=bike,OUTPUT_STREAM=bike-predictions,RUN_ID=$RUN_ID",
                ),
                '"OUTPUT_STREAM": "bike-predictions"',
            ),
        ),
        console(
            "the policy for its model, among the necessary ones",
            "A policy to read models",
            POLICY="read-models",
            ROLE=ROLE,
        ),
        c.trigger("the Kinesis trigger as before", FUNCTION, "passenger_events"),
        as_written("./data_in.sh again", types("./data_in.sh", c.NUMBERED)),
        equivalent(
            "./data_out.sh again",
            "`PIPELINE=bike scripts/data_out.sh`",
            until(DATA_OUT, PREDICTED),
        ),
        as_written("the put as a command", types(DATA_IN, c.NUMBERED)),
        equivalent(
            "the function's event",
            c.LOGS,
            until(c.logs(FUNCTION), "START RequestId.*REPORT RequestId"),
        ),
        equivalent(
            "the same as Event JSON in the Test tab",
            "[Test](#test)",
            c.test(FUNCTION, EVENT, r'"cnt": \d+\.\d+, "pred_id": 123'),
        ),
    ],
)


@pytest.fixture(scope="module")
def terminal(sit: Sit, bikes_run: str) -> Terminal:
    opened = sit(SEED)
    opened.type(f"RUN_ID={bikes_run}")
    return opened


@pytest.mark.parametrize("step", SEED.parameters)
def test_bikes(step: int, terminal: Terminal, engine: Engine) -> None:
    SEED.follow(step, terminal, engine)
