"""Emulators are told by their pages."""

import json
from typing import Any

import pytest

from devenv.doctor.checks import leftovers
from devenv.doctor.endpoint import Endpoint, Page, identify
from devenv.emulator.functions import container_engine
from devenv.stack import services

URL = "http://127.0.0.1:4566"
STOCK = {"services": {"kinesis": "running"}, "edition": "community", "version": "4.14.0"}
OURS = ["kinesis:devenv", "s3:devenv", "ProcessExecutor"]


def page(body: Any) -> Page:
    return Page(
        200, body if isinstance(body, bytes) else json.dumps(body).encode(), None, "hypercorn"
    )


def told(**pages: Page) -> Endpoint:
    """What is at an endpoint with these pages; the others are not found."""
    paths = {"localstack": "/_localstack/health", "ministack": "/_ministack/health"}
    paths |= {"plugins": "/_devenv/plugins", "moto": "/moto-api/"}
    served = {URL + paths[name]: body for name, body in pages.items()}
    return identify(URL, lambda url: served.get(url, Page(404, b"<Error/>", None, "Werkzeug")))


def test_this_projects_emulator() -> None:
    """On which LocalStack, and with all that belongs to it."""
    found = told(localstack=page(STOCK), plugins=page(OURS))
    assert found == Endpoint("devenv's emulator on LocalStack 4.14.0")
    containers = told(localstack=page(STOCK), plugins=page([*OURS[:2], "ContainerExecutor"]))
    assert containers.missing_plugins == ()


@pytest.mark.parametrize(
    ("plugins", "missing"),
    [
        (["s3:devenv", "ProcessExecutor"], ("kinesis:devenv",)),
        (["kinesis:devenv", "s3:devenv", "DockerRuntimeExecutor"], ("the executor of functions",)),
    ],
)
def test_what_it_should_have_loaded(plugins: list[str], missing: tuple[str, ...]) -> None:
    """LocalStack takes its own with no more than a warning."""
    assert told(localstack=page(STOCK), plugins=page(plugins)).missing_plugins == missing


def test_others() -> None:
    """ministack has LocalStack's page as well; moto's server has a page of its own."""
    assert told(localstack=page(STOCK)).what == "LocalStack 4.14.0 (community)"
    assert told(localstack=page(STOCK), ministack=page({"status": "ok"})).what == "ministack"
    assert told(moto=page(b"<title>Moto</title>")).what == "moto's server"
    assert told().what == "a server that isn't known here (Werkzeug)"


def test_names_are_the_emulators() -> None:
    """Which the doctor may not import."""
    assert leftovers.OWNER == container_engine.OWNER
    assert services.EMULATOR_PAGE == "/_localstack/health"
