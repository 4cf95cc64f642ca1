"""Where LocalStack calls us: each parsed request, before its service has it; and each answer of
IAM's, which may have changed what is allowed.

Kinesis asks for itself (`devenv.emulator.kinesis.permissions`), since most of its requests are
answered before they come here.
"""

from functools import lru_cache
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.chain import HandlerChain
from localstack.http import Response
from localstack.utils.aws.request_context import extract_access_key_id_from_auth_header

from devenv.emulator.iam.enforcement import Denied, enforcement, is_on
from devenv.emulator.iam.needs import Asked, needs
from devenv.emulator.iam.principals import PREFIXES, Session, session_of

CODES = {
    "s3": ("AccessDenied", 403),
    "sqs": ("AccessDenied", 403),
    "sns": ("AuthorizationError", 403),
    "ec2": ("UnauthorizedOperation", 403),
}
"""Errors of services that don't do as others of their protocol."""
CODES_OF_PROTOCOLS = {
    "json": ("AccessDeniedException", 400),
    "rest-json": ("AccessDeniedException", 403),
}
OTHERWISE = ("AccessDenied", 403)
CHECKED_ELSEWHERE = "kinesis"


def check(chain: HandlerChain, context: RequestContext, response: Response) -> None:
    """A request handler: raises AWS's error for what the caller's role does not allow."""
    if context.service is None or context.operation is None:
        return
    session = session_of_request(context)
    service = context.service.signing_name
    if session is None or service == CHECKED_ELSEWHERE:
        return
    asked = Asked(
        service,
        context.operation.name,
        context.service_request or {},
        context.region,
        context.account_id,
    )
    try:
        for need in needs(asked):
            enforcement().check(session, need, context.region)
    except Denied as e:
        usual = CODES_OF_PROTOCOLS.get(context.service.protocol, OTHERWISE)
        code, status = CODES.get(service, usual)
        raise CommonServiceException(code, str(e), status, sender_fault=True) from e


def notice(chain: HandlerChain, context: RequestContext, response: Response) -> None:
    """A response handler: what was decided is forgotten once IAM has changed."""
    if context.service is None or context.operation is None:
        return
    if context.service.service_name == "iam" and not context.operation.name.startswith(
        ("Get", "List")
    ):
        enforcement().forget()


def session_of_request(context: Any) -> Session | None:
    """Who asks, if it's a session of a role and roles are enforced."""
    if not is_on():
        return None
    key = extract_access_key_id_from_auth_header(context.request.headers) or ""
    if not key.startswith(PREFIXES):
        key = str(context.request.args.get("X-Amz-Credential", "")).partition("/")[0]
    return known_session(key, context.region or "us-east-1")


def known_session(access_key: str, region: str) -> Session | None:
    """A session never changes, so it's looked for once; a key is nobody's until it's made."""
    if not is_on() or not access_key.startswith(PREFIXES):
        return None
    try:
        return _found(access_key, region)
    except LookupError:
        return None


@lru_cache(1024)
def _found(access_key: str, region: str) -> Session:
    session = session_of(access_key, region)
    if session is None:
        raise LookupError(access_key)
    return session
