"""A handler in LocalStack's chain that answers Kinesis's JSON requests before all others.

Most never get there: `server.kinesis_connection` answers them. Those that do came encrypted, on a
connection that another service's request came on before, or from inside LocalStack.
"""

import uuid
from collections.abc import Callable
from dataclasses import replace

from localstack.aws.api import RequestContext
from localstack.aws.chain import HandlerChain
from localstack.http import Response

from devenv.emulator.door.chain import require_role
from devenv.emulator.door.origin_of_functions import ROLES_ONLY
from devenv.emulator.door.refusal import Refused
from devenv.emulator.kinesis.service import Kinesis
from devenv.emulator.kinesis.wire.json_api import (
    CONTENT_TYPES,
    TARGET,
    Answer,
    Callers,
    answer,
    refusal,
)


class JsonHandler:
    """A request handler of LocalStack's chain."""

    def __init__(self, kinesis: Callable[[], Kinesis]) -> None:
        self._kinesis = kinesis
        self._callers = Callers()

    def __call__(self, chain: HandlerChain, context: RequestContext, response: Response) -> None:
        headers = context.request.headers
        target = headers.get("X-Amz-Target", "")
        if (
            not target.startswith(TARGET)
            or context.request.method != "POST"
            or headers.get("Content-Type", "").split(";")[0] not in CONTENT_TYPES
            or headers.get("Content-Encoding", "identity") != "identity"
        ):
            return
        operation, body = target.removeprefix(TARGET), context.request.get_data()
        try:
            caller = self._callers.of(headers.get("Authorization", ""))
            if ROLES_ONLY in headers:
                require_role(caller.session)
            if service := (context.internal_request_params or {}).get("service_principal"):
                caller = replace(caller, service=service)
        except Refused as refused:
            found: Answer | None = refusal(refused)
        else:
            found = answer(self._kinesis(), caller, operation, body)
        if found is None:
            return
        response.status_code = found.status
        response.set_response(found.body)
        response.headers["Content-Type"] = "application/x-amz-json-1.1"
        response.headers["x-amzn-RequestId"] = str(uuid.uuid4())
        chain.stop()
