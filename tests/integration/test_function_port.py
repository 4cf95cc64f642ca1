"""The function by itself, as the tutorials' test_docker.py asks their image."""

import json
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from devenv.aws import Aws
from devenv.settings import Settings
from devenv.testing.engine import Engine

from .conftest import ROOT

EVENTS = ROOT / "tests" / "events"
PATH = "/2015-03-31/functions/function/invocations"


@pytest.fixture(scope="module")
def url(system: Settings, engine: Engine) -> str:
    if engine is not Engine.EMBEDDED:
        pytest.skip("tests/containers asks the image")
    return f"http://localhost:{system.function_port}"


def post(url: str, event: bytes, **headers: str) -> tuple[int, Any]:
    request = urllib.request.Request(url + PATH, event, headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def records(aws: Aws, stream: str) -> int:
    shards = aws.kinesis.list_shards(StreamName=stream)["Shards"]
    found = 0
    for shard in shards:
        place = {"StreamName": stream, "ShardId": shard["ShardId"]}
        iterator = aws.kinesis.get_shard_iterator(**place, ShardIteratorType="TRIM_HORIZON")
        page = aws.kinesis.get_records(ShardIterator=iterator["ShardIterator"])
        found += len(page["Records"])
    return found


def test_the_tutorials_event_is_answered_and_nothing_is_published(
    url: str, system: Settings, aws: Aws
) -> None:
    """Unsigned; by scripts/try_image.py, which is their test_docker.py."""
    before = records(aws, system.predictions_stream)
    event = EVENTS / "kinesis-ride-123-003.json"
    script = (sys.executable, str(ROOT / "scripts" / "try_image.py"), str(event), url)
    done = subprocess.run(script, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr
    (prediction,) = json.loads(done.stdout)["predictions"]
    assert prediction["prediction"]["ride_id"] == 123
    assert records(aws, system.predictions_stream) == before


def test_events_at_once_are_answered_one_after_the_other(url: str) -> None:
    """All of them; AWS's runtime interface emulator ends at the second."""
    event = (EVENTS / "kinesis-ride-123-003.json").read_bytes()
    start = threading.Barrier(6)

    def ask(_: int) -> tuple[int, Any]:
        start.wait()
        return post(url, event)

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(ask, range(6)))
    assert [status for status, _ in answers] == [200] * 6
    assert all("predictions" in answer for _, answer in answers)


def test_a_functions_own_error_is_its_answer(url: str) -> None:
    """With 200, as from AWS's runtime interface emulator."""
    status, answer = post(url, b"not json")
    assert (status, answer["errorType"]) == (200, "Runtime.UnmarshalError")
    status, _ = post(url, (EVENTS / "kinesis-ride-123-003.json").read_bytes())
    assert status == 200


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({"Origin": "https://evil.example"}, "A web page of https://evil.example"),
        ({"Sec-Fetch-Site": "cross-site"}, "A web page of another site"),
        ({"Host": "evil.example"}, "is not a name of this emulator"),
    ],
)
def test_web_pages_are_refused(url: str, headers: dict[str, str], words: str) -> None:
    """As at the emulator's own port."""
    status, answer = post(url, b"{}", **headers)
    assert status == 403
    assert words in answer["errorMessage"]


def test_anything_else_is_refused(url: str) -> None:
    """With what to send."""
    with pytest.raises(urllib.error.HTTPError, match="405"):
        urllib.request.urlopen(url + PATH, timeout=20)
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(url + "/2015-03-31/functions/other/invocations", b"{}", timeout=20)
    with pytest.raises(OSError):  # noqa: PT011 - cut off while it's sent.
        urllib.request.urlopen(url + PATH, b" " * 7_000_000, timeout=20)


def test_a_changed_function_is_another(url: str, system: Settings, aws: Aws) -> None:
    """The next event finds its new variables."""
    name = system.function_name
    event = (EVENTS / "kinesis-ride-123-003.json").read_bytes()
    config = aws.functions.get_function_configuration(FunctionName=name)
    variables = config["Environment"]["Variables"]
    waiter = aws.functions.get_waiter("function_updated_v2")

    def give(changed: dict[str, str]) -> None:
        aws.functions.update_function_configuration(
            FunctionName=name, Environment={"Variables": changed}
        )
        waiter.wait(FunctionName=name, WaiterConfig={"Delay": 1})

    try:
        give({**variables, "MODEL_VERSION": "9-of-this-test"})
        assert "9-of-this-test" in json.dumps(post(url, event)[1])
    finally:
        give(variables)
