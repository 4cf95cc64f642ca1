"""Where LocalStack calls us: each parsed request, before its service has it; and each answer of
IAM's, which may have changed what is allowed.

Kinesis asks for itself (`devenv.emulator.kinesis.permissions`), since most of its requests are
answered before they come here.
"""

from collections.abc import Mapping
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.chain import HandlerChain
from localstack.constants import INTERNAL_AWS_ACCESS_KEY_ID as INTERNAL_KEY
from localstack.http import Response

from devenv.emulator.iam import trust
from devenv.emulator.iam.enforcement import Denied, enforcement
from devenv.emulator.iam.needs import Asked, needs
from devenv.emulator.iam.principals import never_expire

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
S3_CONTROL = "s3control"
"""It signs as S3, and has operations of the same names."""


def check(chain: HandlerChain, context: RequestContext, response: Response) -> None:
    """A request handler: raises AWS's error for what the caller's role does not allow."""
    if context.service is None or context.operation is None:
        return
    session = context.session
    service = context.service.signing_name
    if service == CHECKED_ELSEWHERE:
        return
    _check_roles_named(context)
    trusted_itself = _is_trusted_itself(context)
    if session is None or trusted_itself:
        return
    asked = Asked(
        S3_CONTROL if context.service.service_name == S3_CONTROL else service,
        context.operation.name,
        _parameters(context),
        context.region,
        context.account_id,
        context.request.method,
        context.request.path,
    )
    try:
        for need in needs(asked):
            enforcement().check(session, need, context.region)
    except Denied as e:
        raise _error(context, str(e)) from e


def _parameters(context: RequestContext) -> Mapping[str, Any]:
    """The operation's; a form's object is named in the form."""
    parameters = context.service_request or {}
    if context.operation.name != "PostObject":
        return parameters
    return {**parameters, "Key": context.request.form.get("key")}


def _error(context: RequestContext, message: str) -> CommonServiceException:
    usual = CODES_OF_PROTOCOLS.get(context.service.protocol, OTHERWISE)
    code, status = CODES.get(context.service.signing_name, usual)
    return CommonServiceException(code, message, status, sender_fault=True)


def _check_roles_named(context: RequestContext) -> None:
    """Raise AWS's error for a function that is given a role of another account."""
    role = (context.service_request or {}).get("Role")
    if context.service.signing_name != "lambda" or not isinstance(role, str):
        return
    if role.startswith("arn:") and role.split(":")[4:5] != [context.account_id]:
        raise _error(context, "Cross-account pass role is not allowed.")


def _is_trusted_itself(context: RequestContext) -> bool:
    """Whether this is AssumeRole by somebody whom the role's trust policy names directly: then
    their own policies needn't allow it, too. Raises AWS's error if it lets them in not at all."""
    if context.service.signing_name != "sts" or context.operation.name != "AssumeRole":
        return False
    applicant = _applicant(context)
    if applicant is None:
        return False
    request = context.service_request or {}
    role = str(request.get("RoleArn", ""))
    keys = {"aws:PrincipalArn": applicant.shown}
    if external_id := request.get("ExternalId"):
        keys["sts:ExternalId"] = external_id
    if session_name := request.get("RoleSessionName"):
        keys["sts:RoleSessionName"] = session_name
    if source := (context.internal_request_params or {}).get("source_arn"):
        keys |= {"aws:SourceArn": source, "aws:SourceAccount": source.split(":")[4]}
    trusted = trust.trusts(role, applicant, keys)
    if trusted == "none":
        raise _error(context, trust.refusal(role, applicant))
    return trusted == "itself"


def _principal_service(context: RequestContext) -> str | None:
    """The service of AWS in whose name LocalStack asks."""
    if context.session is not None:
        return None
    return (context.internal_request_params or {}).get("service_principal")


def _applicant(context: RequestContext) -> trust.Applicant | None:
    """Who wants to assume a role; None for LocalStack itself, on nobody's behalf."""
    if context.session is not None:
        return trust.session(context.session)
    if service := _principal_service(context):
        return trust.service(service)
    if context.credential is not None and context.credential.access_key == INTERNAL_KEY:
        return None
    return trust.developer(context.account_id)


def notice(chain: HandlerChain, context: RequestContext, response: Response) -> None:
    """A response handler: what was decided is forgotten once IAM has changed, and a session that a
    service has assumed lasts, since on AWS services renew theirs."""
    if context.service is None or context.operation is None:
        return
    if context.service.service_name == "iam" and not context.operation.name.startswith(
        ("Get", "List")
    ):
        enforcement().forget()
    if context.operation.name == "AssumeRole" and _principal_service(context):
        credentials = (context.service_response or {}).get("Credentials") or {}
        if key := credentials.get("AccessKeyId"):
            never_expire(key, context.region)
