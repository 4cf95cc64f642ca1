"""Rides go in and nothing comes out: where to look depends on whether there's anything to read."""

from devenv.doctor.facts import Facts
from devenv.doctor.finding import Finding, skipped, well, wrong
from devenv.settings import PREDICTIONS

NAME = "Predictions come out"

READ = (
    "`devenv tail --from trim-horizon` shows them. (By get-records: an iterator of type LATEST "
    "shows only what is put after it was taken, and each one expires after 5 minutes.)"
)


def check(facts: Facts) -> Finding:
    settings = facts.settings
    variables = facts.variables
    if variables.get("TEST_RUN", "").lower() == "true":
        return wrong(
            "the function has TEST_RUN=True: it predicts, and publishes nothing",
            "Unset TEST_RUN (or set it to False) and run `devenv bootstrap`.",
        )
    target = next(filter(None, map(variables.get, PREDICTIONS)), settings.predictions_stream)
    if target != settings.predictions_stream:
        return wrong(
            f"the function publishes to {target}, and {settings.predictions_stream} is read",
            "Set PREDICTIONS_STREAM_NAME to the one that is meant, and run `devenv bootstrap`.",
        )
    if any(stream.status == "MISSING" for stream in facts.system.streams):
        return skipped("a stream is missing")
    if _holds_records(facts, settings.predictions_stream):
        return well(READ)
    if not _holds_records(facts, settings.input_stream):
        return skipped("no ride has been put yet: try `devenv put`")
    return wrong(
        f"{settings.input_stream} holds rides, and {settings.predictions_stream} nothing",
        "If they were put this minute, wait. Otherwise see the mapping and the function's last "
        "invocation above, and `devenv logs function`.",
    )


def _holds_records(facts: Facts, stream: str) -> bool:
    """Whether any shard still has a record, as far as one look at each tells."""
    kinesis = facts.aws.kinesis
    for shard in kinesis.list_shards(StreamName=stream)["Shards"]:
        iterator = kinesis.get_shard_iterator(
            StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        if kinesis.get_records(ShardIterator=iterator, Limit=1)["Records"]:
            return True
    return False
