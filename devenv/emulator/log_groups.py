"""LocalStack's CloudWatch Logs, with groups that can be protected from deletion, which it lacks.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/protecting-log-groups-from-deletion.html
"""

from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.api.logs import ResourceNotFoundException
from localstack.services.logs.models import get_moto_logs_backend
from localstack.services.logs.provider import LogsProvider
from localstack.services.moto import MotoFallbackDispatcher, call_moto
from localstack.services.plugins import Service

PROTECTED = "devenv_deletion_protection"
"""The attribute of moto's groups."""
REFUSAL = (
    "Cannot delete log group with deletion protection enabled. Disable deletion protection first."
)


def make_service() -> Service:
    return Service.for_provider(LogGroups(), dispatch_table_factory=MotoFallbackDispatcher)


class LogGroups(LogsProvider):
    """Its operations are called as LocalStack's own are, which they override."""

    def create_log_group(
        self,
        context: RequestContext,
        log_group_name: str,
        deletion_protection_enabled: bool | None = None,
        **rest: Any,
    ) -> None:
        super().create_log_group(context, log_group_name, **rest)
        setattr(_groups(context)[log_group_name], PROTECTED, bool(deletion_protection_enabled))

    def put_log_group_deletion_protection(
        self,
        context: RequestContext,
        log_group_identifier: str,
        deletion_protection_enabled: bool,
        **rest: Any,
    ) -> None:
        name = log_group_identifier.removesuffix(":*").rpartition("log-group:")[2]
        group = _groups(context).get(name)
        if group is None:
            raise ResourceNotFoundException("The specified log group does not exist.")
        setattr(group, PROTECTED, deletion_protection_enabled)

    def delete_log_group(self, context: RequestContext, log_group_name: str, **rest: Any) -> None:
        if getattr(_groups(context).get(log_group_name), PROTECTED, False):
            raise CommonServiceException("ValidationException", REFUSAL, sender_fault=True)
        call_moto(context)

    def describe_log_groups(self, context: RequestContext, request: Any) -> Any:
        answer = super().describe_log_groups(context, request)
        groups = _groups(context)
        for told in answer["logGroups"]:
            protected = getattr(groups.get(told["logGroupName"]), PROTECTED, False)
            told["deletionProtectionEnabled"] = protected
        return answer


def _groups(context: RequestContext) -> Any:
    """moto's groups by name."""
    return get_moto_logs_backend(context.account_id, context.region).groups
