"""What of LocalStack, and of the libraries that it brings, is replaced: all of it, in one table.

Another version of LocalStack, or another base, has to have each target, or do without it: `apply`
raises for one that is missing, and a test goes through the whole table. Extension points that are
LocalStack's own (providers, executors, hooks, chains of handlers) are in `plugins`.
"""

from dataclasses import dataclass
from enum import Enum
from importlib import import_module
from typing import Any

from devenv.errors import DevenvError

LOCALSTACK = "4.14.0"
"""The version that the table was made for."""

LAMBDA = "localstack.services.lambda_"
OURS = "devenv.emulator"


class How(Enum):
    WRAP = "the replacement is called with the original, and returns what takes its place"
    REPLACE = "the replacement takes its place"


@dataclass(frozen=True)
class Seam:
    """`target` and `replacement` are "module:attribute", or "module:Class.attribute"."""

    target: str
    replacement: str
    why: str
    how: How = How.WRAP


REQUESTS = (
    Seam(
        "localstack.aws.handlers.codec:ContentDecoder.__call__",
        f"{OURS}.gzip_bodies:decode_call",
        "a body that isn't gzip as its header says was answered with 500",
        How.REPLACE,
    ),
)
"""How requests to any service are read."""

DOOR = (
    Seam(
        "localstack.aws.handlers.cors:CorsEnforcer.is_cors_origin_allowed",
        f"{OURS}.door.chain:any_origin",
        "the guard decides which origins are let in, for S3 too; LocalStack has a list of its own",
    ),
)

TIMES = (
    Seam(
        "cbor2._decoder:semantic_decoders",
        f"{OURS}.kinesis.wire.cbor_times:with_decoder",
        "Kinesis's times in CBOR are milliseconds; LocalStack's patch is for an older cbor2",
    ),
    Seam(
        "cbor2._encoder:default_encoders",
        f"{OURS}.kinesis.wire.cbor_times:with_encoder",
        "the same in answers",
    ),
)

HTTP2 = (
    Seam(
        "h2.connection:H2Connection._receive_goaway_frame",
        f"{OURS}.server.goaway:let_streams_end",
        "streams under way go on after GOAWAY (RFC 9113, 6.8); the JavaScript SDK counts on it",
    ),
)

CLIENTS = (
    Seam(
        "localstack.aws.connect:InternalClientFactory._get_client_post_hook",
        f"{OURS}.internal_clients:sharing_connections",
        "each session of a role had connections of its own: two descriptors more for each function",
    ),
)
"""LocalStack's own clients."""

FUNCTIONS = (
    Seam(
        f"{LAMBDA}.provider:create_image_code",
        f"{OURS}.functions.lambda_api:image_resolver",
        "images come from where our executors have them",
    ),
    Seam(
        f"{LAMBDA}.invocation.lambda_service:LambdaService.invoke",
        f"{OURS}.functions.lambda_api:with_limits",
        "AWS refuses payloads over 6 MB, or 1 MB asynchronously; LogResult has line feeds",
    ),
    Seam(
        f"{LAMBDA}.invocation.lambda_service:LambdaService.update_version",
        f"{OURS}.functions.lambda_api:update_version",
        "AWS updates a function that has failed; LocalStack answers 500",
        How.REPLACE,
    ),
    Seam(
        f"{LAMBDA}.invocation.lambda_service:LambdaService.stop_version",
        f"{OURS}.functions.lambda_api:stop_version_if_any",
        "a version that has failed is neither running nor starting; LocalStack raises for it",
    ),
    Seam(
        f"{LAMBDA}.invocation.version_manager:LambdaVersionManager.start",
        f"{OURS}.functions.lambda_api:not_at_once",
        "updates take a while on AWS, so that code which doesn't wait for their end fails",
    ),
    Seam(
        f"{LAMBDA}.invocation.version_manager:start_thread",
        f"{OURS}.functions.lambda_api:forgotten_threads",
        "LocalStack remembers a thread for each invocation's metrics for ever",
    ),
    Seam(
        f"{LAMBDA}.invocation.execution_environment:Timer",
        f"{OURS}.functions.loop_timer:LoopTimer",
        "an idle environment's timer was a thread for each",
        How.REPLACE,
    ),
    Seam(
        f"{LAMBDA}.invocation.lambda_service:store_lambda_archive",
        f"{OURS}.functions.lambda_api:refusing_links",
        "a zip's symbolic links could write outside of the function's folder",
    ),
    Seam(
        f"{LAMBDA}.provider:store_lambda_archive",
        f"{OURS}.functions.lambda_api:refusing_links",
        "the same, where updates take it from",
    ),
    Seam(
        f"{LAMBDA}.provider:LambdaProvider.update_function_code",
        f"{OURS}.functions.lambda_api:one_at_a_time",
        "recorded on AWS: ResourceConflictException while another update is in progress",
    ),
    Seam(
        f"{LAMBDA}.provider:LambdaProvider.update_function_configuration",
        f"{OURS}.functions.lambda_api:one_at_a_time",
        "recorded on AWS: ResourceConflictException while another update is in progress",
    ),
    Seam(
        f"{LAMBDA}.provider:LambdaProvider.invoke_with_response_stream",
        f"{OURS}.functions.response_stream:streaming",
        "LocalStack lacks it",
    ),
    Seam(
        f"{LAMBDA}.provider:LambdaProvider.get_runtime_management_config",
        f"{OURS}.functions.runtime_management:getting",
        "LocalStack lacks it",
    ),
    Seam(
        f"{LAMBDA}.provider:LambdaProvider.put_runtime_management_config",
        f"{OURS}.functions.runtime_management:putting",
        "LocalStack lacks it",
    ),
    Seam(
        f"{LAMBDA}.lambda_utils:HINT_LOG",
        f"{OURS}.functions.lambda_api:without_docker_advice",
        "its advice for a function that has failed is to mount Docker's socket",
    ),
)
"""Lambda's API and its executors."""

FUNCTION_LOGS = (
    Seam(
        f"{LAMBDA}.invocation.logs:LogHandler.run_log_loop",
        f"{OURS}.functions.log_shipping:run_log_loop",
        "one request per invocation takes about as long as delivering a batch",
        How.REPLACE,
    ),
    Seam(
        f"{LAMBDA}.invocation.logs:LogHandler.add_logs",
        f"{OURS}.functions.log_shipping:add",
        "what waits for CloudWatch Logs had no bound",
        How.REPLACE,
    ),
)

FUNCTION_URLS = (
    Seam(
        f"{LAMBDA}.urlrouter:FunctionUrlRouter.handle_lambda_url_invocation",
        f"{OURS}.functions.url_access:asking_who_may_call",
        "LocalStack lets anyone call any function's URL",
    ),
    Seam(
        f"{LAMBDA}.provider:localstack_host",
        f"{OURS}.functions.url_names:below_localhost",
        "names before an address don't resolve; those below localhost do",
    ),
    Seam(
        f"{LAMBDA}.urlrouter:restore_payload",
        f"{OURS}.functions.url_access:unchanged_body",
        "LocalStack takes what curl sends by default for a form, and writes it anew",
        How.REPLACE,
    ),
    Seam(
        "rolo.request:restore_payload",
        f"{OURS}.functions.url_access:unchanged_body",
        "the same for API Gateway, which imports it from there when it is first used",
        How.REPLACE,
    ),
)

MAPPINGS = (
    Seam(
        f"{LAMBDA}.provider:LambdaProvider.create_event_source_mapping_v2",
        f"{OURS}.mapping.api:creating",
        "mappings of Kinesis streams are ours, here and below; those of other sources LocalStack's",
    ),
    Seam(
        f"{LAMBDA}.provider:LambdaProvider.update_event_source_mapping_v2",
        f"{OURS}.mapping.api:updating",
        "see creating",
    ),
    Seam(
        f"{LAMBDA}.provider:LambdaProvider.delete_event_source_mapping",
        f"{OURS}.mapping.api:deleting",
        "see creating",
    ),
    Seam(
        f"{LAMBDA}.provider:LambdaProvider.list_event_source_mappings",
        f"{OURS}.mapping.api:listing",
        "LocalStack lists any mapping whose function's ARN has the name somewhere in it",
    ),
    Seam(
        f"{LAMBDA}.provider:LambdaProvider.check_service_resource_exists",
        f"{OURS}.mapping.api:checking_source",
        "our streams are in a file of ours",
    ),
    Seam(
        f"{LAMBDA}.invocation.version_manager:record_cw_metric_invocation",
        f"{OURS}.mapping.metrics:count_invocation",
        "metrics are gathered: a request for each took as long as an invocation",
        How.REPLACE,
    ),
    Seam(
        f"{LAMBDA}.invocation.version_manager:record_cw_metric_error",
        f"{OURS}.mapping.metrics:count_error",
        "the same for errors",
        How.REPLACE,
    ),
)

CLOUDFORMATION = (
    Seam(
        "localstack.services.cloudformation.resource_provider:"
        "ResourceProviderExecutor.try_load_resource_provider",
        f"{OURS}.cloudformation.service:ours_first",
        "streams and consumers are made as their templates say",
    ),
    Seam(
        "localstack.services.cloudformation.v2.entities:Stack.set_stack_status",
        f"{OURS}.cloudformation.service:with_reason",
        "a failed stack's own event has a reason, and a failed update isn't COMPLETE",
    ),
)
"""Applied when CloudFormation is first used: importing it takes a second."""

SEAMS = (
    *(REQUESTS + DOOR + TIMES + HTTP2 + CLIENTS),
    *(FUNCTIONS + FUNCTION_LOGS + FUNCTION_URLS + MAPPINGS + CLOUDFORMATION),
)


def apply(seams: tuple[Seam, ...]) -> None:
    """Put the replacements in place. Raises `DevenvError` for a target that isn't there."""
    for seam in seams:
        holder, name = find(seam.target)
        replacement = _value(seam.replacement)
        if seam.how is How.WRAP:
            replacement = replacement(getattr(holder, name))
        setattr(holder, name, replacement)


def find(path: str) -> tuple[Any, str]:
    """Return what has the attribute that `path` ends with, and the attribute's name."""
    module, _, attributes = path.partition(":")
    *outer, name = attributes.split(".")
    try:
        holder: Any = import_module(module)
        for each in outer:
            holder = getattr(holder, each)
        getattr(holder, name)
    except (ImportError, AttributeError) as error:
        raise DevenvError(
            f"LocalStack has no {path} any more ({error}): the emulator is made for LocalStack "
            f"{LOCALSTACK}. Install what requirements.lock names (scripts/setup)."
        ) from error
    return holder, name


def _value(path: str) -> Any:
    holder, name = find(path)
    return getattr(holder, name)
