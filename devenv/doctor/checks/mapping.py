"""The event source mapping hands rides to the function; a batch that fails blocks its shard."""

from typing import Literal

from botocore.exceptions import ClientError

from devenv.doctor.diagnosis import diagnose
from devenv.doctor.facts import Facts
from devenv.doctor.finding import Finding, Unknown, well, wrong

NAME = "The mapping delivers rides to the function"

COUNT: Literal["ApproximateNumberOfMessages"] = "ApproximateNumberOfMessages"


def check(facts: Facts) -> Finding:
    settings, mapping, commands = facts.settings, facts.system.mapping, facts.commands
    if mapping.state == "Missing":
        arn = facts.system.streams[0].arn
        create = (
            f"lambda create-event-source-mapping --function-name {settings.function_name} "
            f"--event-source-arn {arn} --starting-position LATEST"
        )
        by_hand = facts.is_zip and arn
        return wrong(
            f"there is none from {settings.input_stream} to {settings.function_name}",
            f"{commands.aws(create) if by_hand else commands.make} makes it.",
        )
    if mapping.state in ("Disabled", "Disabling"):
        enable = f"lambda update-event-source-mapping --uuid {mapping.uuid} --enabled"
        return wrong(
            f"it is {mapping.state}",
            f"{commands.aws(enable) if facts.is_zip else commands.make} enables it.",
        )
    result = mapping.last_result or "nothing to tell yet"
    if result.startswith("PROBLEM"):
        retries, given_up = (
            sum(getattr(shard, name) for shard in mapping.shards)
            for name in ("retries", "discarded")
        )
        counted = f" ({retries} retries, {given_up} records given up)" if mapping.shards else ""
        return wrong(
            f"its last result is {result!r}{counted}{_reason(facts)}",
            f"{commands.logs('function')} says why, and the checks below. It is tried again by "
            "itself, as often as MaximumRetryAttempts says; once a batch goes through, this is "
            f"past: put a ride ({commands.devenv('put')}). A batch that never does holds up its "
            f"shard: {_limiting(facts)} limits retries.",
        )
    return well(f"{mapping.state}, {result}{_failures(facts)}")


def _reason(facts: Facts) -> str:
    """Why, by the function's log: the last record that it rejected, or the last error."""
    try:
        for invocation in reversed(facts.invocations):
            if invocation.rejected:
                return f": {invocation.rejected}"
            if invocation.failed and (known := diagnose(invocation.text, facts.failed)):
                return f": {known.what}"
    except Unknown:
        pass
    return ""


def _limiting(facts: Facts) -> str:
    if not facts.is_zip:
        return facts.commands.make
    return facts.commands.aws(
        f"lambda update-event-source-mapping --uuid {facts.system.mapping.uuid} "
        "--maximum-retry-attempts 2 --bisect-batch-on-function-error"
    )


def _failures(facts: Facts) -> str:
    """How many failures the queue holds, if any: records may have been given up without notice."""
    sqs, name = facts.aws.sqs, facts.settings.failure_queue
    try:
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[COUNT])
    except ClientError:  # No queue, no SQS, or no right to look: it would only be a note.
        return ""
    count = int(answer["Attributes"][COUNT])
    return f"; {count} failures (records given up) are told in the queue {name}" if count else ""
