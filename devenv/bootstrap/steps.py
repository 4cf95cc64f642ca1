"""The bootstrap as a whole: its steps, in the order of what they need of each other.

The model comes late because it alone needs the tracking server, which is the last to be up.
"""

from collections.abc import Callable

from devenv.aws import Aws
from devenv.bootstrap.bucket import ensure_bucket
from devenv.bootstrap.failure_queue import ensure_failure_queue
from devenv.bootstrap.function import ensure_function, function_spec
from devenv.bootstrap.image import function_image
from devenv.bootstrap.log_group import ensure_log_group
from devenv.bootstrap.mapping import ensure_mapping
from devenv.bootstrap.model import DeployedModel, ModelSource, ensure_model
from devenv.bootstrap.role import allow_model, ensure_role
from devenv.bootstrap.streams import ensure_streams, stream_arn
from devenv.settings import Settings

Say = Callable[[str], None]


def run(
    settings: Settings,
    aws: Aws,
    say: Say,
    source: ModelSource,
    registry_ready: Callable[[], None] = lambda: None,
) -> DeployedModel:
    """Make everything, and return the model that the function predicts with.

    `registry_ready` is called before the tracking server is first needed, and may wait for it.
    """
    image = function_image(settings, aws)
    say(ensure_bucket(settings, aws))
    for line in ensure_streams(settings, aws):
        say(line)
    failure_queue_arn, line = ensure_failure_queue(settings, aws)
    say(line)
    predictions_arn = stream_arn(settings.predictions_stream, aws)
    role_arn, line = ensure_role(settings, aws, predictions_arn, failure_queue_arn)
    say(line)
    say(ensure_log_group(settings, aws))
    registry_ready()
    model = ensure_model(settings, aws, say, source)
    allow_model(settings, aws, model.artifact_uri)
    say(ensure_function(function_spec(settings, image, role_arn, model), aws))
    input_arn = stream_arn(settings.input_stream, aws)
    say(ensure_mapping(settings, aws, input_arn, failure_queue_arn=failure_queue_arn))
    return model
