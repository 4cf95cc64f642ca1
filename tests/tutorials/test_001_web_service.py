"""001, the long form, its first half: the model as a web service, and from MLflow's registry."""

import pytest

from devenv.testing.engine import Engine

from . import commands as c
from .conftest import Sit
from .page import block
from .steps import Seed, as_written, engine, equivalent, fails, its_error, meanwhile, types, until
from .terminal import Terminal

PREDICT = """
from flask import Flask
app = Flask('duration-prediction)
"""
ROUTE = """
@app-route('/predict', methods=['POST'])
def predict_endpoint():
    return {}
"""
PIPELINE = """
from sklearn import make_pipeline
pipeline = make_pipeline(
    DictVectorizer()
    RandomForrestRegressor(n_jobs=-1)
)
"""
"""With the mistakes that the tutorial's own have."""

ASK = """
import os
import requests
ride_info = {"PULocationID": 10, "DOLocationID": 50, "trip_distance": 40}
url = f"http://127.0.0.1:{os.environ['DEVENV_WEB_PORT']}/predict"
print(requests.post(url, json=ride_info).json())
"""
ASKED = c.write(ASK, "test.py") + "python test.py"
ANSWERED = r"'duration': \d+\.\d+, 'model_version': '[0-9a-f]{32}'"

LOAD = """
import sys
import mlflow
ride = [{"PU_DO": "130_205", "trip_distance": 3.66}]
for uri in sys.argv[1:]:
    try:
        print(uri, "predicts", float(mlflow.pyfunc.load_model(uri).predict(ride)[0]))
    except mlflow.exceptions.MlflowException as error:
        print(uri, "fails:", error)
"""
"""One process for all of them, since it takes seconds to import MLflow."""

SERVE = "`devenv serve`"
SERVING = "cd $CHECKOUT; devenv serve"
WEB = "ride-duration-prediction-service:v1"
WEB_CONTAINER = block("docker run", IMAGE=WEB, PORT="$DEVENV_WEB_PORT").replace(":8080", ":9696")
LOCKED = "the line in `Pipfile`, then `scripts/lock` and `devenv bootstrap`"

SEED = Seed(
    "001",
    "387546586013",
    "eu-west-1",
    [
        as_written("4.2 pip freeze", types("pip freeze", r"\nmlflow==.*\nscikit-learn==")),
        as_written(
            "4.2 pip freeze, and grep",
            types("pip freeze | grep scikit-learn", r"^scikit-learn==[\d.]+\s+$"),
        ),
        equivalent(
            "4.2 pipenv install scikit-learn==1.0.2 flask --python=3.9",
            "nothing: `Pipfile` and `Pipfile.lock` are there; `scripts/setup` installs",
            c.function_packages(),
        ),
        equivalent(
            "4.2 pipenv shell",
            "`. .venv/bin/activate`",
            types(". $CHECKOUT/.venv/bin/activate; command -v python", r"/\.venv/bin/python"),
        ),
        as_written('4.2 PS1="> "', types('PS1="> "; echo "$PS1"', "> ")),
        equivalent(
            "4.2 pipenv install YourLibrary, pipenv lock",
            LOCKED,
            types(
                "(cd $CHECKOUT && env -u PIP_INDEX_URL -u PIP_EXTRA_INDEX_URL "
                "PIP_CONFIG_FILE=/dev/null PIPENV_VERBOSITY=-1 pipenv verify)",
                "up-to-date",
            ),
        ),
        equivalent(
            "4.2 pipenv update, clean, uninstall",
            LOCKED,
            types("grep -c == $CHECKOUT/Pipfile.lock", r"^\d\d+\s+$"),
        ),
        its_error(
            "4.2 python predict.py: quotes that don't close, `_`, `__name__.py`",
            SERVE,
            fails(
                c.write(PREDICT, "predict.py") + "python predict.py",
                "SyntaxError: unterminated string literal",
            ),
            meanwhile(SERVING),
        ),
        as_written("4.2 test.py", until(ASKED, ANSWERED)),
        equivalent(
            "4.2 gunicorn",
            f"{SERVE}, which is no development server",
            types("curl -sS http://127.0.0.1:$DEVENV_WEB_PORT/health", '"status":"ok"'),
        ),
        equivalent(
            "4.2 pipenv install --dev requests",
            "nothing: `.venv` has it",
            types("python -c 'import requests'"),
        ),
        equivalent(
            "4.2 create the Dockerfile",
            "nothing: it's the target `web` of `Dockerfile`",
            types("grep 'AS web' $CHECKOUT/Dockerfile", "FROM python:3"),
        ),
        engine(
            "4.2 docker build",
            "in the checkout, with `--target web`",
            c.build(WEB, "--target web"),
        ),
        engine(
            "4.2 docker run",
            f"[docker run](#docker-run), `-p 9696:9696`; embedded, {SERVE}",
            meanwhile(WEB_CONTAINER),
            until(ASKED, ANSWERED),
        ),
        its_error(
            "4.3 mlflow server: `--default-artifact-rot`",
            "nothing: `devenv up` runs one",
            fails(
                "mlflow server --backend-store-uri=sqlite:///mlflow.db "
                "--default-artifact-rot=s3://mlflow-models-alexey",
                "No such option:? '?--default-artifact-rot",
            ),
            types("curl -sS $MLFLOW_TRACKING_URI/health", "OK"),
        ),
        equivalent(
            "4.3 run the experiments: `squared=False` is gone from scikit-learn",
            "[the cell](training.md#training-a-model-of-your-own)",
            types(
                c.write(block("Training a model of your own", "training.md", "python"), "train.py")
                + 'trained=$(python train.py); echo "$trained"; export "${trained##*$\'\\n\'}"',
                r"declaring scikit-learn's own, .*sklearn.tree._tree.Tree.*RUN_ID=[0-9a-f]{32}",
            ),
        ),
        as_written(
            "4.3 choose a run in MLflow's UI",
            types(
                'curl -sS "$MLFLOW_TRACKING_URI/api/2.0/mlflow/runs/get?run_id=$RUN_ID"',
                r'"key": "rmse".*"key": "max_depth",\s+"value": "20"',
            ),
        ),
        its_error(
            "4.3 the pipeline: a comma, `from sklearn import`, RandomForrestRegressor",
            "as in [the cell](training.md#training-a-model-of-your-own)",
            fails(c.write(PIPELINE, "pipeline.py") + "python pipeline.py", "SyntaxError"),
        ),
        its_error(
            "4.3 predict.py: `@app-route`",
            "`RUN_ID=… devenv serve`",
            fails(
                c.write(ROUTE, "predict.py") + "python predict.py",
                "SyntaxError|NameError",
            ),
            meanwhile(SERVING),
            until(ASKED, ANSWERED),
        ),
        its_error(
            "4.3 load by stage: `models://NAME/STAGE` never was an address",
            "the alias; stages are gone",
            types(
                c.write(LOAD, "load.py")
                + "python load.py models://ride-duration/Production models:/ride-duration@champion "
                "runs:/$RUN_ID/model > loaded 2>/dev/null; grep models: loaded",
                r"/Production fails: .*/ride-duration@champion predicts \d+\.\d+",
            ),
        ),
        as_written(
            "4.3 load by alias, and by run",
            types("cat loaded", r"@champion predicts.*runs:/\w+/model predicts"),
        ),
        equivalent(
            "4.3 load from S3",
            c.S3_PLACE,
            *c.place_of_the_model(),
            c.try_function("kinesis-ride-256-001", r'"ride_id": 256', "MODEL_URI=$MODEL "),
        ),
        equivalent(
            "4.3 without the tracking server: s3://…/RUN_ID/artifacts/model",
            c.RUN_ALONE,
            c.try_function("kinesis-ride-256-001", r'"ride_id": 256', c.WITHOUT_SERVER),
        ),
    ],
)


@pytest.fixture(scope="module")
def terminal(sit: Sit) -> Terminal:
    return sit(SEED)


@pytest.mark.parametrize("step", SEED.parameters)
def test_web_service(step: int, terminal: Terminal, engine: Engine) -> None:
    SEED.follow(step, terminal, engine)
