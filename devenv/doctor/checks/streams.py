"""Rides go in by one stream, predictions out by another; a name that is mistyped is a stream that
isn't there."""

from devenv.doctor.facts import Facts
from devenv.doctor.finding import Finding, well, wrong

NAME = "Both streams are active"

USABLE = ("ACTIVE", "UPDATING")


def check(facts: Facts) -> Finding:
    streams = facts.system.streams
    if missing := [s.name for s in streams if s.status == "MISSING"]:
        return wrong(
            f"{' and '.join(missing)} not in {facts.settings.region}",
            f"Make what's missing: {_making(facts, missing)}. If it is called otherwise, set "
            "KINESIS_STREAM_INPUT and PREDICTIONS_STREAM_NAME; if it is elsewhere, "
            "AWS_DEFAULT_REGION.",
        )
    if busy := [s for s in streams if s.status not in USABLE]:
        return wrong(
            "; ".join(f"{s.name} is {s.status}" for s in busy),
            "Wait half a minute. If one is gone then, make it: "
            f"{_making(facts, [s.name for s in busy])}.",
        )
    return well(", ".join(f"{s.name} ({s.open_shards} open)" for s in streams))


def _making(facts: Facts, names: list[str]) -> str:
    """What makes the streams; beside a zip function by hand, since the bootstrap stops there."""
    if not facts.is_zip:
        return facts.commands.make
    create = "kinesis create-stream --shard-count 1 --stream-name"
    return " and ".join(facts.commands.aws(f"{create} {name}") for name in names)
