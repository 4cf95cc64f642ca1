"""Zip functions on the Python that they ask for, where this machine has it."""

import platform

import pytest

from devenv.emulator.functions import pythons
from devenv.testing.engine import Engine

from .zip_functions import Functions

SOURCE = """
import os, sys
import boto3
def handler(event, context):
    if event: raise ValueError(event)
    return [list(sys.version_info[:2]), os.environ["AWS_EXECUTION_ENV"], boto3.__version__]
"""
HERE = f"python{platform.python_version().rpartition('.')[0]}"


@pytest.fixture
def functions(functions: Functions, devenv_function_engine: Engine) -> Functions:
    if devenv_function_engine is not Engine.EMBEDDED:
        pytest.skip("the emulator's image has one Python")
    return functions


def other() -> str:
    runtimes = ("python3.12", "python3.11", "python3.10")
    return next((each for each in runtimes if pythons.find(each)), "") or pytest.skip(
        "this machine has no other Python"
    )


def test_the_version_that_was_asked_for(functions: Functions) -> None:
    """With boto3 at the same version; tracebacks name Lambda's folders."""
    runtime = other()
    name = functions.create(SOURCE, Runtime=runtime)
    own = functions.invoke(functions.create(SOURCE)).payload
    version, execution, boto3 = functions.invoke(name).payload
    assert f"python{version[0]}.{version[1]}" == runtime
    assert execution == f"AWS_Lambda_{runtime}"
    assert (own[1], own[2]) == (f"AWS_Lambda_{HERE}", boto3)
    failed = functions.invoke(name, "x")
    assert failed.payload["errorMessage"] == "x"
    assert "/var/task/app.py" in str(failed.payload["stackTrace"])


def test_one_that_is_not_here_is_the_emulators_own(functions: Functions) -> None:
    """AWS_EXECUTION_ENV says so."""
    if pythons.find("python3.14"):
        pytest.skip("this machine has Python 3.14")
    name = functions.create(SOURCE, Runtime="python3.14")
    assert functions.invoke(name).payload[1] == f"AWS_Lambda_{HERE}"
