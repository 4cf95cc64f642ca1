"""An emulator alone for what other tools and other services ask of it; nothing is bootstrapped."""

import re
import uuid
from collections.abc import Iterator

import pytest

from devenv.aws import Aws

from ..s3.emulator import Emulator, emulator
from ..zip_functions import Functions, make_role


@pytest.fixture(scope="package")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with emulator(tmp_path_factory.mktemp("services")) as instance:
        instance.start()
        make_role(instance.client("iam"), "lambda-kinesis-role")
        yield instance


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A name of the test's own."""
    words = re.sub(r"[\W_]+", "-", request.node.name).removeprefix("test-").strip("-")
    return f"{words[:30].strip('-')}-{uuid.uuid4().hex[:6]}"


@pytest.fixture
def functions(running: Emulator, name: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Functions]:
    """Makes zip functions, gone after the test."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", str(running.settings.endpoint_url))
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(variable, "test")
    made = Functions(Aws(running.settings), name)
    yield made
    made.delete()
