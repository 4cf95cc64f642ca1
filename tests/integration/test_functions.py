"""What a function finds and does when all goes well: variables, packages, processes, reuse."""

import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from devenv.stack.process import Registry
from devenv.testing.engine import Engine
from devenv.wait import wait_for

from .zip_functions import Functions, code_folder, processes_with, zipped

ENVIRONMENT = """
import os
def handler(event, context):
    return dict(os.environ)
"""

DOCUMENTED = {
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_XRAY_CONTEXT_MISSING",
    "AWS_XRAY_DAEMON_ADDRESS",
    "_AWS_XRAY_DAEMON_ADDRESS",
    "_AWS_XRAY_DAEMON_PORT",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
    "LANG",
    "LD_LIBRARY_PATH",
    "PATH",
    "PYTHONPATH",
    "TZ",
}
"""https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"""

OURS = {"AWS_ENDPOINT_URL", "DEVENV_INSTANCE", "HOME", "TMPDIR"}
"""What a process of this machine needs besides."""

SLEEPER = """
import os
calls = 0
def handler(event, context):
    global calls
    calls += 1
    return {"calls": calls, "pid": os.getpid(), "root": os.environ["LAMBDA_TASK_ROOT"]}
"""

MEETING = """
import os, pathlib, time
def handler(event, context):
    mine = pathlib.Path(f"/tmp/{context.function_name}-{os.getpid()}")
    mine.touch()
    while len(list(mine.parent.glob(f"{context.function_name}-*"))) < 3:
        time.sleep(0.01)
    return os.getpid()
"""

IMPORTS = """
import importlib, sys
def handler(event, context):
    found = {}
    for name in event:
        try:
            importlib.import_module(name)
            found[name] = True
        except ImportError:
            found[name] = False
    return found
"""


def test_a_function_gets_the_event_and_the_documented_context(functions: Functions) -> None:
    """Event in, result out; the context says who and where."""
    name = functions.create(
        "def handler(event, context):\n"
        "    return [event, context.function_name, context.memory_limit_in_mb,\n"
        "            context.invoked_function_arn, context.get_remaining_time_in_millis()]\n",
        MemorySize=256,
        Timeout=9,
    )
    event, called, memory, arn, left = functions.invoke(name, {"ü": [1, None]}).payload
    assert (event, called, memory) == ({"ü": [1, None]}, name, "256")
    assert arn == f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
    assert 5000 < left <= 9000


def test_a_function_sees_the_documented_variables_and_none_of_the_developers(
    functions: Functions,
    home: Path,
    devenv_endpoint_inside: str,
    devenv_function_engine: Engine,
) -> None:
    """The names are AWS's list, and what this process has set isn't there."""
    configured = {"Variables": {"MINE": "yes", "TZ": "Europe/London"}}
    name = functions.create(ENVIRONMENT, MemorySize=256, Environment=configured)
    seen = functions.invoke(name).payload
    assert set(seen) - {"LC_CTYPE"} == DOCUMENTED | OURS | {"MINE"}
    expected = {
        "_HANDLER": "app.handler",
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
        "AWS_REGION": "us-east-1",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_ENDPOINT_URL": devenv_endpoint_inside,
        "MINE": "yes",
        "TZ": "Europe/London",
    }
    assert {key: seen[key] for key in expected} == expected
    assert "[$LATEST]" in seen["AWS_LAMBDA_LOG_STREAM_NAME"]
    code = code_folder(devenv_function_engine, home)
    assert Path(seen["LAMBDA_TASK_ROOT"]).is_relative_to(code)


def test_credentials_are_those_of_the_functions_role(functions: Functions) -> None:
    """What the function may do is decided by its role, so that's who it must be."""
    who = functions.run(
        "import boto3\n"
        "def handler(event, context):\n"
        "    return boto3.client('sts').get_caller_identity()['Arn']\n"
    )
    name = functions.made[0]
    assert who.payload == f"arn:aws:sts::000000000000:assumed-role/lambda-kinesis-role/{name}"


def test_a_zip_finds_boto3_and_nothing_of_the_tooling(functions: Functions) -> None:
    """As in AWS's managed runtime: boto3 is there, the model's packages are not."""
    names = ("boto3", "sklearn", "numpy", "devenv", "localstack", "mlflow", "psutil")
    found = functions.run(IMPORTS, names).payload
    assert found == {name: name == "boto3" for name in names}


@pytest.mark.parametrize("runtime", ["python3.8", "python3.9"])
def test_older_python_runtimes_run_with_a_notice(
    functions: Functions, runtime: str, home: Path, engine: Engine
) -> None:
    """The function runs on the Python that's here, since the runtime client has none for these.
    The emulator's log says so, once; the function's has what it has on AWS."""
    name = functions.create(SLEEPER, Runtime=runtime)
    first, second = functions.invoke(name), functions.invoke(name)
    assert (first.error, second.payload["calls"]) == (None, 2)
    assert first.tail.startswith("START RequestId: ")
    assert second.tail.startswith("START RequestId: ")
    notice = f"{name}:$LATEST: {runtime} was asked for, and it runs on python3.13."
    if engine is Engine.EMBEDDED:
        assert Registry(home).log_file("emulator").read_text().count(notice) == 1


def test_a_warm_environment_is_used_again(functions: Functions) -> None:
    """Globals live on between invocations of one environment."""
    name = functions.create(SLEEPER)
    answers = [functions.invoke(name).payload for _ in range(3)]
    assert [answer["calls"] for answer in answers] == [1, 2, 3]
    assert len({answer["pid"] for answer in answers}) == 1


def test_concurrent_invocations_run_at_once_in_processes_of_their_own(
    functions: Functions,
) -> None:
    """Each waits until all three are there: one after the other they would time out."""
    name = functions.create(MEETING)
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: functions.invoke(name), range(3)))
    assert [answer.error for answer in answers] == [None] * 3
    assert len({answer.payload for answer in answers}) == 3


def test_new_code_is_taken_by_the_next_invocation(functions: Functions) -> None:
    """update_function_code ends the environments with the old code."""
    name = functions.create("def handler(event, context): return 'old'")
    assert functions.invoke(name).payload == "old"
    new = {"app.py": "def handler(event, context): return 'new'"}
    functions.aws.functions.update_function_code(FunctionName=name, ZipFile=zipped(new))
    functions.await_state(name, "Active")
    assert functions.invoke(name).payload == "new"


def test_new_variables_are_taken_by_the_next_invocation(functions: Functions) -> None:
    """update_function_configuration ends the environments with the old variables."""
    name = functions.create(ENVIRONMENT, Environment={"Variables": {"MINE": "old"}})
    assert functions.invoke(name).payload["MINE"] == "old"
    functions.aws.functions.update_function_configuration(
        FunctionName=name, Environment={"Variables": {"MINE": "new"}}
    )
    functions.await_state(name, "Active")
    assert functions.invoke(name).payload["MINE"] == "new"


def test_a_published_version_keeps_its_code_behind_an_alias(functions: Functions) -> None:
    """A version doesn't change any more; $LATEST does."""
    lambdas = functions.aws.functions
    name = functions.create("def handler(e, context): return ['old', context.function_version]")
    version = lambdas.publish_version(FunctionName=name)["Version"]
    lambdas.create_alias(FunctionName=name, Name="live", FunctionVersion=version)
    new = {"app.py": "def handler(e, context): return ['new', context.function_version]"}
    lambdas.update_function_code(FunctionName=name, ZipFile=zipped(new))
    functions.await_state(name, "Active")
    assert functions.invoke(name).payload == ["new", "$LATEST"]
    assert functions.invoke(name, Qualifier="live").payload == ["old", version]


def test_another_process_can_not_take_a_functions_events(
    functions: Functions, engine: Engine
) -> None:
    """It may find the Runtime API's port; the function is served as before."""
    if engine is not Engine.EMBEDDED:
        pytest.skip("the function isn't a process of this machine")
    name = functions.create(SLEEPER)
    pid = functions.invoke(name).payload["pid"]
    address = psutil.Process(pid).environ()["AWS_LAMBDA_RUNTIME_API"]
    for method, path in [("GET", "invocation/next"), ("POST", "invocation/x/response")]:
        stranger = http.client.HTTPConnection(address, timeout=5)
        stranger.request(method, f"/2018-06-01/runtime/{path}", "{}" if method == "POST" else None)
        answer = stranger.getresponse()
        assert (answer.status, json.loads(answer.read())["errorType"]) == (403, "Forbidden")
        stranger.close()
    assert functions.invoke(name).payload["calls"] == 2


def test_deleting_a_function_ends_its_processes(functions: Functions) -> None:
    """No process with its code stays behind."""
    name = functions.create(SLEEPER)
    root = functions.invoke(name).payload["root"]
    assert processes_with("LAMBDA_TASK_ROOT", root)
    functions.aws.functions.delete_function(FunctionName=name)
    wait_for(
        lambda: not processes_with("LAMBDA_TASK_ROOT", root),
        timeout=20,
        failure=f"processes of {name} are still there",
    )


def test_an_asynchronous_invocation_runs(functions: Functions) -> None:
    """InvocationType=Event is accepted at once and run soon."""
    name = functions.create("def handler(event, context): print('given', event)")
    answer = functions.aws.functions.invoke(
        FunctionName=name, InvocationType="Event", Payload=b'"a ride"'
    )
    assert answer["StatusCode"] == 202
    assert "given a ride" in functions.log(name)
