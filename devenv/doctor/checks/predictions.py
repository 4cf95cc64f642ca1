"""Rides go in and nothing comes out: where to look depends on whether there's anything to read."""

from collections.abc import Mapping

from devenv.doctor.facts import Facts
from devenv.doctor.finding import Finding, skipped, well, wrong
from devenv.settings import PREDICTIONS

NAME = "Predictions come out"

SHOWN = ("MODEL_", "RUN_ID", "TEST_RUN", "PIPELINE", *PREDICTIONS)
"""How variables begin whose values may be printed: any other may be a secret."""


def check(facts: Facts) -> Finding:
    settings, commands = facts.settings, facts.commands
    variables = facts.variables
    if variables.get("TEST_RUN", "").lower() == "true":
        return wrong(
            "the function has TEST_RUN=True: it predicts, and publishes nothing",
            f"{_with(facts, {'TEST_RUN': 'False'})} lets it publish."
            if facts.is_zip
            else f"Unset TEST_RUN (or set it to False); then {commands.make}.",
        )
    name = next(filter(variables.get, PREDICTIONS), PREDICTIONS[0])
    target = variables.get(name) or settings.predictions_stream
    if target != settings.predictions_stream:
        other = _with(facts, {name: settings.predictions_stream}) if facts.is_zip else commands.make
        return wrong(
            f"the function publishes to {target}, and {settings.predictions_stream} is read",
            f"If {target} is meant, set PREDICTIONS_STREAM_NAME={target} in .env or the shell. "
            f"Otherwise {other} gives the function the other one.",
        )
    if any(stream.status == "MISSING" for stream in facts.system.streams):
        return skipped("a stream is missing")
    if _holds_records(facts, settings.predictions_stream):
        tail = commands.devenv("tail --from trim-horizon")
        return well(
            f"{tail} shows them. (By get-records: an iterator of type LATEST shows only what is "
            "put after it was taken, and each one expires after 5 minutes.)"
        )
    if not _holds_records(facts, settings.input_stream):
        return skipped(f"no ride has been put yet: try {commands.devenv('put')}")
    return wrong(
        f"{settings.input_stream} holds rides, and {settings.predictions_stream} nothing",
        "If they were put this minute, wait. Otherwise see the mapping and the function's last "
        f"invocation above, and {commands.logs('function')}.",
    )


def _with(facts: Facts, changed: Mapping[str, str]) -> str:
    """The command that gives a function these variables. It replaces all that there are, so it
    names the others, too; of those that may be secret only their names."""
    there = {**facts.variables, **changed}
    values = ",".join(f"{n}={v if n.startswith(SHOWN) else '…'}" for n, v in there.items())
    return facts.failed.configure(f"--environment 'Variables={{{values}}}'")


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
