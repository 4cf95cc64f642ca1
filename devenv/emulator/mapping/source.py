"""A mapping's stream as its readers see it, and where in it they begin."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from localstack.aws.api.kinesis import ResourceNotFoundException

from devenv.emulator.kinesis.consumers.registration import CONSUMER_ARN
from devenv.emulator.kinesis.records.positions import starting_position
from devenv.emulator.kinesis.records.reading import Page, read_page
from devenv.emulator.kinesis.service import STREAM_ARN, Kinesis
from devenv.emulator.kinesis.streams.model import Shard, Stream
from devenv.emulator.mapping.checkpoints import Checkpoint
from devenv.emulator.mapping.lane import Lane
from devenv.emulator.mapping.options import Options


class SourceGone(Exception):
    """The stream, or the consumer, was deleted."""


@dataclass(frozen=True)
class Source:
    """The stream that an ARN names now; one made anew under its name is another."""

    kinesis: Kinesis
    arn: str
    stream_id: int

    @property
    def stream(self) -> Stream:
        """As it is now. Raises SourceGone."""
        stream = find_source(self.kinesis, self.arn)
        if stream.id != self.stream_id:
            raise SourceGone(f"{self.arn} was deleted and made anew")
        return stream

    def first_checkpoints(self, options: Options) -> dict[Lane, Checkpoint]:
        """Return where a new mapping starts, by its StartingPosition, for each shard."""
        stream = self.stream
        request: dict[str, object] = {"ShardIteratorType": options.starting_position}
        if options.starting_timestamp is not None:
            request["Timestamp"] = options.starting_timestamp
        return {
            Lane(shard.number, number, options.parallelization): Checkpoint(
                starting_position(self.kinesis, stream, shard, request)
            )
            for shard in stream.visible_shards(self.kinesis.clock())
            for number in range(options.parallelization)
        }

    def wake(self) -> None:
        """Wake all lanes that wait for records, so that they see whether they have to stop."""
        stream = self.kinesis.store.stream(*_names(self.arn))
        if stream is not None:
            self.kinesis.store.records.wake(shard.key for shard in stream.shards)


@dataclass
class ShardReader:
    """Reads one lane's records of a shard, in order."""

    source: Source
    lane: Lane
    position: int
    finished: bool = False
    shard: Shard = field(init=False)

    def __post_init__(self) -> None:
        self.shard = self.source.stream.shards[self.lane.shard]

    def read(self, limit: int) -> Page:
        """The next page. Raises SourceGone."""
        stream = self.source.stream
        self.shard = stream.shards[self.lane.shard]
        page = read_page(self.source.kinesis, stream, self.shard, self.position, limit)
        self.position, self.finished = max(self.position, page.position), page.finished
        return page

    def has_more(self) -> bool:
        """Whether there's a record that wasn't read."""
        head = self.source.kinesis.store.records.head(self.shard.key)
        return head.position > self.position

    def is_mine(self, partition_key: str) -> bool:
        lanes = self.lane.lanes
        return lanes == 1 or zlib.crc32(partition_key.encode()) % lanes == self.lane.number


def find_source(kinesis: Kinesis, arn: str) -> Stream:
    """Return the stream of a stream's or a consumer's ARN. Raises SourceGone."""
    account, region, name = _names(arn)
    try:
        stream = kinesis.by_name(account, region, name)
    except ResourceNotFoundException as e:
        raise SourceGone(f"{arn} was not found") from e
    if CONSUMER_ARN.fullmatch(arn) and arn not in _consumers(stream):
        raise SourceGone(f"{arn} was not found")
    return stream


def _consumers(stream: Stream) -> Iterator[str]:
    return (stream.consumer_arn(consumer) for consumer in stream.consumers)


def _names(arn: str) -> tuple[str, str, str]:
    """Account, region and name."""
    parts = STREAM_ARN.fullmatch(arn.partition("/consumer/")[0])
    if parts is None:
        raise SourceGone(f"{arn} is not the ARN of a stream")
    region, account, name = parts.groups()
    return account, region, name
