"""Where LocalStack calls us: as its provider of Kinesis, for whatever `json_handler` leaves to it.

That is CBOR, `SubscribeToShard` and calls that LocalStack makes on other protocols.
"""

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from localstack.aws.api import RequestContext
from localstack.aws.spec import load_service
from localstack.services.plugins import Service, ServiceLifecycleHook

from devenv.emulator.iam.enforcement import is_on
from devenv.emulator.kinesis.database import FILE_NAME
from devenv.emulator.kinesis.operations import call
from devenv.emulator.kinesis.options import read_options
from devenv.emulator.kinesis.service import Caller, Kinesis
from devenv.emulator.kinesis.store import Store


@cache
def kinesis() -> Kinesis:
    """The one of this process, its file under DEVENV_HOME."""
    # Not through `settings`: reading `.env` again would point LocalStack's clients elsewhere.
    path = Path(os.environ["DEVENV_HOME"]) / "emulator" / "kinesis" / FILE_NAME
    return Kinesis(Store(path), read_options(os.environ))


class KinesisProvider(ServiceLifecycleHook):
    """What LocalStack wants to see of a service."""

    service = "kinesis"

    def on_before_stop(self) -> None:
        kinesis().store.close()


def dispatch_table(_: object) -> dict[str, Callable[[RequestContext, Any], Any]]:
    names = load_service("kinesis").operation_names
    return {name: _handler(name) for name in names}


def make_service() -> Service:
    return Service.for_provider(KinesisProvider(), dispatch_table_factory=dispatch_table)


def _handler(operation: str) -> Callable[[RequestContext, Any], Any]:
    def handle(context: RequestContext, request: Any) -> Any:
        session = context.session if is_on() else None
        caller = Caller(context.account_id, context.region, session)
        return call(kinesis(), caller, operation, dict(request or {}))

    return handle
