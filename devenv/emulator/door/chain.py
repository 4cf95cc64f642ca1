"""Where LocalStack calls us: with each request, before and after it is parsed, and each answer.

Before: whose request is it? After: may it be made without a signature, and is it for the one
service that it may reach? Kinesis's JSON requests that come another way ask `caller` themselves.
"""

import os
import time
from functools import cache
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.chain import HandlerChain
from localstack.http import Response

from devenv.emulator.door import unsigned
from devenv.emulator.door.credentials import Credential, from_fields, from_header
from devenv.emulator.door.cross_origin import ONLY
from devenv.emulator.door.origin_of_functions import ROLES_ONLY
from devenv.emulator.door.refusal import (
    Protocol,
    Reason,
    Refused,
    code_and_status,
    error_response,
    protocol_of,
)
from devenv.emulator.iam.enforcement import is_on
from devenv.emulator.iam.principals import PREFIXES, Session, known_session

SANDBOX = ("Content-Security-Policy", "sandbox")
"""A page from S3 gets an origin of its own: not the emulator's, from which it could use it."""
SANDBOX_WITH_SCRIPTS = "sandbox allow-scripts allow-forms allow-popups allow-modals allow-downloads"


@cache
def unsigned_is_allowed() -> bool:
    return os.environ.get(unsigned.SETTING, "0") not in ("", "0")


def authenticate(chain: HandlerChain, context: RequestContext, response: Response) -> None:
    """A request handler, the first of all: sets `context.credential` and `context.session`."""
    request = context.request
    context.credential = context.session = None
    try:
        credential = from_header(request.headers.get("Authorization")) or from_fields(request.args)
        if credential is not None:
            context.credential, context.session = credential, session_of(credential)
            _sign_by_header(context, credential)
        roles_only = ROLES_ONLY in request.headers
        admit(request.method, request.path, credential, context.session, roles_only)
        if credential is None and not unsigned_is_allowed():
            _refuse_unsigned_queue_url(context)
    except Refused as refused:
        _answer(chain, context, response, refused)


def admit(
    method: str,
    path: str,
    credential: Credential | None,
    session: Session | None,
    roles_only: bool,
) -> None:
    """Raise Refused for a page that whoever asks may not see, and for a request from a function's
    container (`roles_only`) that isn't its role's."""
    if roles_only:
        require_role(session, path)
    if session is not None and is_on():
        unsigned.refuse_pages_to_roles(path)
    elif credential is None and not unsigned_is_allowed():
        unsigned.require_open_page(method, path)


def authorize(chain: HandlerChain, context: RequestContext, response: Response) -> None:
    """A request handler for parsed requests: raises AWS's error for what needs a signature."""
    if context.service is None or context.operation is None:
        if context.credential is None and not unsigned_is_allowed():
            _answer(
                chain,
                context,
                response,
                Refused(Reason.UNSIGNED, f"Access Denied: {unsigned.CURE}."),
            )
        return
    service, operation = context.service.service_name, context.operation.name
    try:
        only = context.request.headers.get(ONLY)
        if only is not None and only != service:
            raise Refused(Reason.NOT_ALLOWED, f"The page's origin is let in for {only} alone.")
        if context.credential is None and operation == "PostObject":
            context.credential = from_fields(context.request.form)
            if context.credential is not None:
                context.session = session_of(context.credential)
        if context.credential is None and not unsigned_is_allowed():
            parameters = context.service_request or {}
            unsigned.require_open_operation(
                service, operation, parameters, context.account_id, context.region
            )
    except Refused as refused:
        raise service_error(refused, context) from refused


def isolate_pages(chain: HandlerChain, context: RequestContext, response: Response) -> None:
    """A response handler: keeps documents from S3 and API Gateway out of the emulator's origin."""
    path, host = context.request.path, context.request.host
    if context.service is not None and context.service.service_name == "s3":
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers.add(*SANDBOX)
    elif ".s3-website." in host or path.startswith(("/restapis/", "/_aws/execute-api/")):
        response.headers.add(SANDBOX[0], SANDBOX_WITH_SCRIPTS)


def _answer(
    chain: HandlerChain, context: RequestContext, response: Response, refused: Refused
) -> None:
    """End the request with a refusal, in the protocol that it seems to be made in."""
    request = context.request
    service = credential_service(request.headers.get("Authorization"))
    headers = {name.lower(): value for name, value in request.headers.items()}
    protocol = protocol_of(headers, request.path, request.query_string.decode(), service)
    answer = error_response(protocol, refused)
    response.status_code = answer.status
    response.set_response(answer.body)
    response.headers["Content-Type"] = answer.content_type
    response.headers.update(dict(answer.headers))
    chain.stop()


def service_error(refused: Refused, context: Any) -> CommonServiceException:
    """A refusal as an exception that LocalStack writes in the service's own protocol."""
    service = context.service.service_name
    protocols: dict[str, Protocol] = {"json": "json", "rest-json": "rest-json"}
    spoken = context.protocol or context.service.protocol
    protocol: Protocol = "s3" if service == "s3" else protocols.get(spoken, "query")
    code, status = code_and_status(protocol, refused.reason)
    return CommonServiceException(code, str(refused), status, sender_fault=True)


def session_of(credential: Credential, now: float | None = None) -> Session | None:
    """The session whose key it is; None for a developer's own key.

    Raises Refused for a key that looks like a session's and is none, and for an expired session.
    """
    if not credential.access_key.startswith(PREFIXES):
        return None
    session = known_session(credential.access_key, credential.region or "us-east-1")
    if session is None:
        raise Refused(
            Reason.UNKNOWN_KEY,
            "The security token included in the request is invalid. (The emulator has made no "
            f"session with the key {credential.access_key[:8]}…: it may have been started again. "
            "Use keys of your own, such as AWS_ACCESS_KEY_ID=test, or call AssumeRole again.)",
        )
    if (time.time() if now is None else now) >= session.expires:
        raise Refused(Reason.EXPIRED, "The security token included in the request is expired")
    return session


def require_role(session: Session | None, path: str = "/") -> None:
    """Raise Refused for a request from a function's container that isn't its role's: on AWS no
    other key is valid there. API Gateway and function URLs are open to functions, too."""
    if session is None and is_on() and not unsigned.FREE_TO_CALL.fullmatch(path):
        raise Refused(
            Reason.UNKNOWN_KEY,
            "The security token included in the request is invalid. (From its container a "
            "function may ask with its role's credentials alone, which are in its environment.)",
        )


def credential_service(authorization: str | None) -> str:
    """The service that a request is signed for, as far as that can be read."""
    try:
        credential = from_header(authorization)
    except Refused:
        return ""
    return credential.service if credential else ""


def _sign_by_header(context: Any, credential: Credential) -> None:
    """LocalStack reads the caller from the header alone; S3's presigned URLs it checks itself."""
    headers = context.request.headers
    if headers.get("Authorization") or credential.service in ("", "s3"):
        return
    scope = f"{credential.access_key}/20260101/{credential.region or 'us-east-1'}"
    headers["Authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={scope}/{credential.service}/aws4_request, "
        "SignedHeaders=host, Signature=in-the-url"
    )


def _refuse_unsigned_queue_url(context: Any) -> None:
    """SQS takes actions at a queue's own URL, which LocalStack then asks for in its own name."""
    request = context.request
    found = unsigned.QUEUE_PATH.fullmatch(request.path)
    if found is None or "Action" not in request.values:
        return
    region = found["region"] or context.region or "us-east-1"
    unsigned.require_open_operation(
        "sqs", request.values["Action"], {"QueueUrl": request.path}, found["account"], region
    )


def any_origin(_original: object) -> Any:
    """In place of LocalStack's look at origins: the guard has looked at the request's."""
    return staticmethod(lambda headers: True)
