"""The function's log group. Lambda would make it by itself, but without our tag."""

from devenv.aws import Aws
from devenv.bootstrap.tags import tags
from devenv.settings import Settings


def log_group_name(function_name: str) -> str:
    """Where Lambda writes what a function logs."""
    return f"/aws/lambda/{function_name}"


def ensure_log_group(settings: Settings, aws: Aws) -> str:
    """Make the log group unless it's there; return what was found or made."""
    name = log_group_name(settings.function_name)
    try:
        aws.logs.create_log_group(logGroupName=name, tags=tags(settings.function_name))
    except aws.logs.exceptions.ResourceAlreadyExistsException:
        return f"log group {name}: there"
    return f"log group {name}: made"
