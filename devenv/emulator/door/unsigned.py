"""What may be asked for without credentials, as on AWS; everything else needs a signature.

Pages that LocalStack and we add to AWS's APIs are here, too: reading how the emulator does is free.
DEVENV_ALLOW_UNSIGNED=1 takes unsigned requests for the developer's.
"""

import re
from collections.abc import Mapping
from typing import Any

from devenv.emulator.door.public_s3 import is_public
from devenv.emulator.door.refusal import Reason, Refused
from devenv.emulator.iam.conditions import Context, Unsupported
from devenv.emulator.iam.resource_policies import ANYONE, allows

SETTING = "DEVENV_ALLOW_UNSIGNED"
CURE = (
    "sign the request (any AWS_ACCESS_KEY_ID will do: test), or start the emulator with "
    f"{SETTING}=1"
)
OWN_PAGES = re.compile(r"/_(localstack|devenv|aws)(/|$)")
FREE_TO_READ = re.compile(
    r"/_localstack/(health|info|plugins|init(/\w+)?)|/_devenv/\w+"
    r"|/_aws/sns/SimpleNotificationService-\w+\.pem"
)
FREE_TO_CALL = re.compile(r"/_aws/execute-api/.+")
"""API Gateway's: its methods decide who may call them."""
FREE_TO_ROLES = re.compile(
    r"/_aws/(execute-api/.+|sns/SimpleNotificationService-\w+\.pem)|/_localstack/health"
)
QUEUE_PATH = re.compile(
    r"/(?:queue/(?P<region>[a-z0-9-]+)/)?(?P<account>\d{12})/(?P<queue>[\w-]+(\.fifo)?)"
)
OPEN_OPERATIONS = {
    "sts": {"AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"},
    "sns": {"ConfirmSubscription", "Unsubscribe"},
}
"""They bring a token of another kind, or a link that was sent by mail."""


def require_open_page(method: str, path: str) -> None:
    """Raise Refused for a page that isn't AWS's, unless anyone may see it."""
    if not OWN_PAGES.match(path) or FREE_TO_CALL.fullmatch(path):
        return
    if method not in ("GET", "HEAD", "OPTIONS") or not FREE_TO_READ.fullmatch(path):
        raise Refused(Reason.UNSIGNED, f"{method} {path} needs credentials: {CURE}.")


def refuse_pages_to_roles(path: str) -> None:
    """Raise Refused for LocalStack's and our pages: no policy of a role can allow them."""
    if OWN_PAGES.match(path) and not FREE_TO_ROLES.fullmatch(path):
        raise Refused(Reason.NOT_ALLOWED, f"{path} is for the developer's own credentials.")


def require_open_operation(
    service: str, operation: str, parameters: Mapping[str, Any], account: str, region: str
) -> None:
    """Raise Refused for an operation that AWS doesn't answer without a signature."""
    if operation in OPEN_OPERATIONS.get(service, ()):
        return
    if service == "s3":
        if not is_public(operation, parameters):
            raise Refused(Reason.UNSIGNED, f"Access Denied. Nothing here is public: {CURE}.")
        return
    if service == "sqs" and queue_lets_anyone(operation, parameters, account, region):
        return
    raise Refused(Reason.UNSIGNED, f"Missing Authentication Token: {CURE}.")


def queue_lets_anyone(
    operation: str, parameters: Mapping[str, Any], account: str, region: str
) -> bool:
    """Whether the queue's own policy allows this to everybody."""
    from localstack.services.sqs.models import sqs_stores

    url = str(parameters.get("QueueUrl") or "")
    name = url.rpartition("/")[2]
    queue = sqs_stores[account][region].queues.get(name)
    policy = queue.attributes.get("Policy") if queue is not None else None
    if not policy:
        return False
    action = f"sqs:{operation.removesuffix('Batch')}"
    try:
        return allows(policy, ANYONE, action, queue.arn, Context({}))
    except Unsupported:
        return False
