"""The event source mapping hands rides to the function; a batch that fails blocks its shard."""

from typing import Literal

from botocore.exceptions import ClientError

from devenv.doctor.facts import Facts
from devenv.doctor.finding import Finding, well, wrong

NAME = "The mapping delivers rides to the function"

COUNT: Literal["ApproximateNumberOfMessages"] = "ApproximateNumberOfMessages"


def check(facts: Facts) -> Finding:
    settings, mapping = facts.settings, facts.system.mapping
    if mapping.state == "Missing":
        return wrong(
            f"there is none from {settings.input_stream} to {settings.function_name}",
            "Run `devenv bootstrap`.",
        )
    if mapping.state in ("Disabled", "Disabling"):
        return wrong(f"it is {mapping.state}", "Run `devenv bootstrap`: it enables the mapping.")
    result = mapping.last_result or "nothing to tell yet"
    if result.startswith("PROBLEM"):
        retries, given_up = (
            sum(getattr(shard, name) for shard in mapping.shards)
            for name in ("retries", "discarded")
        )
        counted = f" ({retries} retries, {given_up} records given up)" if mapping.shards else ""
        return wrong(
            f"its last result is {result!r}{counted}",
            "See why in `devenv logs function`, or the checks below. It is tried again by itself, "
            "as often as MaximumRetryAttempts says; once a batch goes through, this is past: put a "
            "ride. A batch that never does holds up its shard: `devenv bootstrap` limits retries.",
        )
    return well(f"{mapping.state}, {result}{_failures(facts)}")


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
