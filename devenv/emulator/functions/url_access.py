"""Who may call a function's URL. LocalStack lets anyone.

https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html: with AuthType NONE, everyone whom the
function's own policy allows it, by both actions; with AWS_IAM, who signs the request. Signatures
aren't checked, and policies of who signs aren't asked.
"""

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from localstack.http import Request, Response

from devenv.emulator.iam.enforcement import is_on

LOG = logging.getLogger(__name__)

ACTIONS = ("lambda:InvokeFunctionUrl", "lambda:InvokeFunction")
"""The second since October 2025."""

FOR_URLS = {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}}
"""The Condition that a statement may have. With any other it is about other callers."""

FORBIDDEN = {
    "Message": "Forbidden. For troubleshooting Function URL authorization issues, see: "
    "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
}


def asking_who_may_call(answer: Callable[..., Any]) -> Callable[..., Any]:
    """Ask for each request whether it may call; DEVENV_ENFORCE_IAM=0 leaves that out."""

    def answer_if_allowed(
        self: Any, request: Request, api_id: str, region: str, **parameters: str
    ) -> Response:
        trouble = refusal(request, api_id, region) if is_on() else None
        if trouble is None:
            return answer(self, request, api_id=api_id, region=region, **parameters)
        LOG.warning("The function URL %s answered 403: %s", request.host, trouble)
        headers = {"x-amzn-ErrorType": "AccessDeniedException"}
        return Response(json.dumps(FORBIDDEN), 403, headers, mimetype="application/json")

    return answer_if_allowed


def unchanged_body(request: Any) -> bytes:
    """Return the body as it was sent."""
    return bytes(request.get_data())


def refusal(request: Request, url_id: str, region: str) -> str | None:
    """What is missing; None if nothing is, or if there's no such URL, which LocalStack tells."""
    from localstack.services.lambda_.invocation.models import lambda_stores

    for account in list(lambda_stores):
        for function in list(lambda_stores[account][region].functions.values()):
            for qualifier, url in list(function.function_url_configs.items()):
                if url.url_id.lower() == url_id.lower():
                    policy = function.permissions.get(qualifier)
                    statements = policy.policy.Statement if policy else []
                    return missing(url.auth_type, is_signed(request), statements)
    return None


def missing(auth_type: str, signed: bool, statements: Iterable[Mapping[str, Any]]) -> str | None:
    """What a request lacks, of a URL's AuthType and the statements of its function's policy."""
    if auth_type == "AWS_IAM":
        return None if signed else "AuthType is AWS_IAM, and the request isn't signed"
    granted = {s["Action"] for s in statements if _lets_anyone(s)}
    lacking = [action for action in ACTIONS if action not in granted]
    if not lacking:
        return None
    return f"the function's policy doesn't let anyone (*) {' and '.join(lacking)}: add-permission"


def is_signed(request: Request) -> bool:
    by_header = request.headers.get("Authorization", "").startswith("AWS4-")
    return by_header or "X-Amz-Signature" in request.args


def _lets_anyone(statement: Mapping[str, Any]) -> bool:
    to_everyone = (statement["Effect"], statement["Principal"]) == ("Allow", "*")
    return to_everyone and statement.get("Condition", FOR_URLS) == FOR_URLS
