"""Node functions, as AWS's own tutorials write them, on the Node of this machine."""

import base64
import json
import os
import re

import pytest

from devenv.emulator.functions import node
from devenv.testing.engine import Engine

from .zip_functions import Functions

CALLBACK = """
exports.handler = (event, context, callback) => {
  console.log('got', event.name);
  setTimeout(() => callback(null, `Hello ${event.name}`), 20);
};
"""
KINESIS = """
exports.handler = async function (event, context) {
  for (const record of event.Records) {
    const data = Buffer.from(record.kinesis.data, 'base64').toString('ascii');
    console.log('Decoded payload:', data);
  }
  return { function: context.functionName, left: context.getRemainingTimeInMillis() };
};
"""
MODULE = """
import { word } from './words.mjs';
const waited = await Promise.resolve(word);
const execution = process.env.AWS_EXECUTION_ENV;
export const handler = async (event) => ({ word: waited, execution });
"""
CASES = """
exports.handler = async (event) => {
  if (event === 'throw') throw new TypeError('no such thing');
  if (event === 'text') throw 'only words';
  if (event === 'lines') { console.error('one\\ntwo'); console.warn('careful'); return 1; }
  if (event === 'never') return new Promise(() => {});
  if (event === 'rejected') {
    Promise.reject(new Error('left alone'));
    return new Promise((done) => setTimeout(done, 500));
  }
  if (event === 'exit') process.exit(3);
  if (event === 'hang') return new Promise((done) => setTimeout(done, 60000));
  if (event === 'circle') { const a = {}; a.a = a; return a; }
};
"""
RUNTIME = "nodejs20.x"


@pytest.fixture
def functions(functions: Functions, devenv_function_engine: Engine) -> Functions:
    if devenv_function_engine is not Engine.EMBEDDED:
        pytest.skip("the emulator's image has no Node")
    if node.find(RUNTIME) is None:
        pytest.skip("there is no Node on this machine")
    return functions


def create(functions: Functions, source: str, file: str = "index.js", **settings: object) -> str:
    more = settings.pop("files", {})
    assert isinstance(more, dict)
    settings = {"Runtime": RUNTIME, "Handler": "index.handler", **settings}
    return functions.create_from({file: source, **more}, **settings)


def test_a_callback_and_log_lines(functions: Functions) -> None:
    """Lambda's: time, request, level and message."""
    answer = functions.invoke(create(functions, CALLBACK), {"name": "Ada"})
    assert (answer.payload, answer.error) == ("Hello Ada", None)
    assert re.search(r"^[\d-]+T[\d:.]+Z\t[0-9a-f-]{36}\tINFO\tgot Ada$", answer.tail, re.MULTILINE)
    assert "REPORT RequestId: " in answer.tail


def test_awss_kinesis_tutorial(functions: Functions) -> None:
    """Its index.handler, with its event, for the runtime that it names."""
    data = base64.b64encode(b"Hello, this is a test.").decode()
    name = create(functions, KINESIS, Runtime="nodejs18.x")
    answer = functions.invoke(name, {"Records": [{"kinesis": {"data": data}}]})
    assert answer.payload["function"] == name
    assert 0 < answer.payload["left"] <= 20_000
    assert "Decoded payload: Hello, this is a test." in answer.tail


def test_es_modules(functions: Functions) -> None:
    """By .mjs, or by package.json; with top-level await. AWS_EXECUTION_ENV says what runs it."""
    words = {"words.mjs": "export const word = 'yes';"}
    found = node.find(RUNTIME, os.environ)
    assert found is not None
    expected = {"word": "yes", "execution": f"AWS_Lambda_{found.runtime}"}
    by_name = create(
        functions,
        MODULE,
        "src/index.mjs",
        Handler="src/index.handler",
        files={f"src/{file}": text for file, text in words.items()},
    )
    by_type = create(functions, MODULE, files={**words, "package.json": '{"type": "module"}'})
    assert functions.invoke(by_name).payload == expected
    assert functions.invoke(by_type).payload == expected


def test_errors_are_lambdas(functions: Functions) -> None:
    """Error objects, log lines and exits; the next event finds a new runtime."""
    name = create(functions, CASES, Timeout=2)
    thrown = functions.invoke(name, "throw")
    assert thrown.error == "Unhandled"
    assert thrown.payload["errorType"] == "TypeError"
    assert thrown.payload["errorMessage"] == "no such thing"
    assert thrown.payload["trace"][1].strip().startswith("at exports.handler (/var/task/index.js:3")
    assert "\tERROR\tInvoke Error \t{" in thrown.tail
    assert functions.invoke(name, "text").payload == {
        "errorType": "string",
        "errorMessage": "only words",
        "trace": [],
    }
    lines = functions.invoke(name, "lines")
    assert "\tERROR\tone\ntwo\n" in lines.tail
    assert "\tWARN\tcareful\n" in lines.tail
    assert functions.invoke(name, "circle").payload["errorType"] == "Runtime.MarshalError"
    assert functions.invoke(name, "never").payload["errorType"] == "Runtime.NodeJsExit"
    rejected = functions.invoke(name, "rejected").payload
    assert rejected["errorType"] == "Runtime.UnhandledPromiseRejection"
    assert functions.invoke(name, "exit").payload["errorType"] == "Runtime.ExitError"
    hung = functions.invoke(name, "hang")
    assert "Task timed out after 2.00 seconds" in hung.payload["errorMessage"]
    assert functions.invoke(name, "nothing").payload is None


@pytest.mark.parametrize(
    ("source", "handler", "kind", "words"),
    [
        ("exports.handler = 1;", "index.handler", "HandlerNotFound", "is not a function"),
        ("exports.other = 1;", "index.handler", "HandlerNotFound", "undefined or not exported"),
        ("exports.handler = (", "index.handler", "UserCodeSyntaxError", "SyntaxError"),
        ("require('nothing-such')", "index.handler", "ImportModuleError", "nothing-such"),
        ("require('@aws-sdk/client-s3')", "index.handler", "ImportModuleError", "npm install"),
        ("", "index", "MalformedHandlerName", "Bad handler"),
        ("", "other.handler", "ImportModuleError", "other"),
    ],
)
def test_what_can_not_be_loaded(
    functions: Functions, source: str, handler: str, kind: str, words: str
) -> None:
    """By Lambda's names."""
    answer = functions.invoke(create(functions, source, Handler=handler))
    assert answer.payload["errorType"] == f"Runtime.{kind}"
    assert words in answer.payload["errorMessage"], json.dumps(answer.payload)


def test_modules_of_a_layer(functions: Functions) -> None:
    """NODE_PATH leads to them, as on Lambda."""
    from .zip_functions import zipped

    content = zipped({"nodejs/node_modules/greet/index.js": "module.exports = 'from the layer';"})
    layer = functions.aws.functions.publish_layer_version(
        LayerName=functions.prefix, Content={"ZipFile": content}
    )
    name = create(
        functions,
        "const greet = require('greet'); exports.handler = async () => greet;",
        Layers=[layer["LayerVersionArn"]],
    )
    assert functions.invoke(name).payload == "from the layer"
