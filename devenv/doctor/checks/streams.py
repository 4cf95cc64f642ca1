"""Rides go in by one stream, predictions out by another; a name that is mistyped is a stream that
isn't there."""

from devenv.doctor.facts import Facts
from devenv.doctor.finding import Finding, well, wrong

NAME = "Both streams are active"


def check(facts: Facts) -> Finding:
    streams = facts.system.streams
    if missing := [s.name for s in streams if s.status == "MISSING"]:
        return wrong(
            f"{' and '.join(missing)} not in {facts.settings.region}",
            "Run `devenv bootstrap`. If it is called otherwise, set KINESIS_STREAM_INPUT and "
            "PREDICTIONS_STREAM_NAME; if it is elsewhere, AWS_DEFAULT_REGION.",
        )
    if busy := [
        f"{s.name} is {s.status}" for s in streams if s.status not in ("ACTIVE", "UPDATING")
    ]:
        return wrong("; ".join(busy), "Wait half a minute, then run `devenv bootstrap`.")
    return well(", ".join(f"{s.name} ({s.open_shards} open)" for s in streams))
