"""Layers as on AWS: published, given to a function, found by it; and replaced."""

from typing import Any

import pytest

from ..zip_functions import Functions, zipped

IMPORTS = """
import subprocess
import greeting
def handler(event, context):
    said = subprocess.run(["greet"], capture_output=True, text=True, check=True).stdout.strip()
    return [greeting.WORD, said, greeting.fail() if event else None]
"""
FAILS = "WORD = '{word}'\ndef fail(): raise ValueError(WORD)\n"


def publish(functions: Functions, word: str, **files: str) -> str:
    content = {
        "python/greeting.py": FAILS.format(word=word),
        "bin/greet": f"#!/bin/sh\necho {word}\n",
        **files,
    }
    answer = functions.aws.functions.publish_layer_version(
        LayerName=functions.prefix,
        Content={"ZipFile": zipped(content, ("bin/greet",))},
        CompatibleRuntimes=["python3.13"],
    )
    return str(answer["LayerVersionArn"])


def test_a_functions_modules_and_programs_come_from_its_layer(functions: Functions) -> None:
    name = functions.create(IMPORTS, Layers=[publish(functions, "one")])
    assert functions.invoke(name).payload == ["one", "one", None]
    second: Any = {"FunctionName": name, "Layers": [publish(functions, "two")]}
    functions.aws.functions.update_function_configuration(**second)
    functions.await_state(name, "Active")
    assert functions.invoke(name).payload == ["two", "two", None]
    answer = functions.invoke(name, 1)
    assert any('File "/opt/python/greeting.py"' in line for line in answer.payload["stackTrace"])
    functions.aws.functions.update_function_configuration(FunctionName=name, Layers=[])
    functions.await_state(name, "Active")
    assert functions.invoke(name).payload["errorType"] == "Runtime.ImportModuleError"


def test_what_a_layer_brings_that_is_not_run_fails_the_function(functions: Functions) -> None:
    layer = publish(functions, "one", **{"extensions/watcher": "#!/bin/sh\n"})
    name = functions.create(IMPORTS, Layers=[layer], wait=False)
    config = functions.await_state(name, "Failed")
    assert "Lambda extensions (watcher)" in config["StateReason"]


def test_a_layer_that_does_not_exist_is_refused(functions: Functions) -> None:
    arn = "arn:aws:lambda:us-east-1:000000000000:layer:none:1"
    with pytest.raises(Exception, match=r"Layer version .*layer:none:1 does not exist"):
        functions.create(IMPORTS, Layers=[arn])
