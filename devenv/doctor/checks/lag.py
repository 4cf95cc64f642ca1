"""How old rides are when the function gets them, by Lambda's own metric of the last minutes."""

from datetime import UTC, datetime, timedelta

from devenv.doctor.facts import Facts
from devenv.doctor.finding import Finding, well, wrong

NAME = "The function keeps up with the rides"

WINDOW = timedelta(minutes=3)
LIMIT = 60.0
"""Seconds."""


def check(facts: Facts) -> Finding:
    _ = facts.function
    now = datetime.fromtimestamp(facts.machine.now(), UTC)
    points = facts.aws.cloudwatch.get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName="IteratorAge",
        Dimensions=[{"Name": "FunctionName", "Value": facts.settings.function_name}],
        StartTime=now - WINDOW,
        EndTime=now,
        Period=60,
        Statistics=["Maximum"],
    )["Datapoints"]
    if not points:
        return well("none came in the last minutes")
    age = float(max(points, key=lambda point: point["Timestamp"])["Maximum"]) / 1000
    if age < LIMIT:
        return well(f"iterator age {age:.1f} s")
    more = (
        f"lambda update-event-source-mapping --uuid {facts.system.mapping.uuid} "
        "--parallelization-factor 10"
    )
    return wrong(
        f"the last rides were {age:.0f} s old when it got them (IteratorAge)",
        "After a replay wait until it is through. Otherwise more at a time: ParallelizationFactor "
        f"up to 10 ({facts.commands.aws(more)}), or more shards (aws kinesis update-shard-count).",
    )
