"""Where reading starts: the five types of `GetShardIterator`, also `SubscribeToShard`'s."""

import math

from localstack.aws.api.kinesis import InvalidArgumentException

from devenv.emulator.kinesis.records import sequence_numbers
from devenv.emulator.kinesis.service import Kinesis, Request
from devenv.emulator.kinesis.streams.model import Shard, Stream, shard_id

BY_NUMBER = ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER")


def starting_position(kinesis: Kinesis, stream: Stream, shard: Shard, request: Request) -> int:
    """The position after which to read, from a request with GetShardIterator's members."""
    kind, number = request["ShardIteratorType"], request.get("StartingSequenceNumber")
    if (kind in BY_NUMBER) != (number is not None):
        raise InvalidArgumentException(
            "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and "
            "StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no "
            f"StartingSequenceNumber. Request specified {kind} and "
            f"{'also a' if number is not None else 'no'} StartingSequenceNumber."
        )
    records = kinesis.store.records
    if kind == "TRIM_HORIZON":
        return 0
    if kind == "LATEST":
        return records.head(shard.key).position
    if kind == "AT_TIMESTAMP":
        return records.position_before(shard.key, _moment(kinesis, request))
    position = _position(kinesis, stream, shard, str(number))
    return max(0, position - 1) if kind == "AT_SEQUENCE_NUMBER" else position


def _moment(kinesis: Kinesis, request: Request) -> int:
    """The timestamp in milliseconds."""
    if "Timestamp" not in request:
        raise InvalidArgumentException(
            "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current "
            "request has no timestamp parameter."
        )
    # Rounded first: 1.001 s is a hair more than 1001 ms as a float.
    moment: int = math.ceil(round(request["Timestamp"] * 1000, 3))
    now = math.ceil(kinesis.clock() * 1000)
    if moment > now:
        raise InvalidArgumentException(
            "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. "
            f"timestampInMillis: {moment}, currentTimestampInMillis: {now}"
        )
    return moment


def _position(kinesis: Kinesis, stream: Stream, shard: Shard, text: str) -> int:
    """The position that a sequence number names. Raises unless it's one of this shard's."""
    number = sequence_numbers.parse(text)
    used = (
        f"StartingSequenceNumber {text} used in GetShardIterator on shard {shard.id} in stream "
        f"{stream.name} under account {stream.account} is invalid"
    )
    if number is None:
        raise InvalidArgumentException(f"{used}.")
    if number.shard != shard.number:
        raise InvalidArgumentException(
            f"Invalid StartingSequenceNumber. It encodes {shard_id(number.shard)}, while it was "
            f"used in a call to a shard with {shard.id}"
        )
    if number.shard_created != shard.created:
        raise InvalidArgumentException(f"{used} because it did not come from this stream.")
    if not _was_given(kinesis, shard, number):
        raise InvalidArgumentException(f"{used}.")
    return number.position


def _was_given(kinesis: Kinesis, shard: Shard, number: sequence_numbers.SequenceNumber) -> bool:
    """Whether it's a record's, or one of the two in the shard's range."""
    records, text = kinesis.store.records, str(number)
    if number.position in (0, sequence_numbers.END_POSITION):
        return text == shard.start or (shard.closes is not None and text == shard.end)
    if number.position > records.head(shard.key).position:
        return False
    found = records.page(shard.key, number.position - 1, 1, 0)
    # If it's gone it was trimmed; its number can't be compared any more.
    gone = not found or found[0].position != number.position
    return gone or found[0].arrived // 1000 == number.arrived
