"""A Kinesis stream as a consumer sees it: shards that split, iterators that expire, pages."""

from datetime import UTC, datetime
from typing import Any

from fake_aws import client_error

ARRIVED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class FakeStream:
    """Iterators are "SHARD/POSITION/USE"; each works until it's in `expired`. A sequence number is
    a record's index in its shard; a shard refuses one that it hasn't given."""

    def __init__(self, *shard_ids: str, shards_per_page: int = 100, limit: int = 1000) -> None:
        self.shards: dict[str, list[str]] = {shard_id: [] for shard_id in shard_ids}
        self.closed: set[str] = set()
        self.parents: dict[str, str] = {}
        self.arrivals: dict[tuple[str, int], datetime] = {}
        """Of records that didn't arrive at ARRIVED."""
        self.trimmed: dict[str, int] = {}
        """Of a shard, how many records are gone."""
        self.throttled: list[str] = []
        self.expired: set[str] = set()
        self.iterators_asked: list[dict[str, str]] = []
        self.reads: list[str] = []
        self.list_calls: list[dict[str, str]] = []
        self._shards_per_page = shards_per_page
        self._limit = limit

    def put(self, shard_id: str, *data: str) -> None:
        self.shards[shard_id] += data

    def split(self, parent: str, *children: str) -> None:
        """Close `parent`; its children take over."""
        self.closed.add(parent)
        self.shards |= {child: [] for child in children}
        self.parents |= dict.fromkeys(children, parent)

    def list_shards(self, **asked: str) -> dict[str, Any]:
        """A page; the token replaces the stream's name, as AWS demands."""
        self.list_calls.append(asked)
        assert ("StreamName" in asked) != ("NextToken" in asked)
        begin = int(asked.get("NextToken", 0))
        ids = list(self.shards)
        answer: dict[str, Any] = {
            "Shards": [
                {"ShardId": i} | ({"ParentShardId": self.parents[i]} if i in self.parents else {})
                for i in ids[begin : begin + self._shards_per_page]
            ]
        }
        if begin + self._shards_per_page < len(ids):
            answer["NextToken"] = str(begin + self._shards_per_page)
        return answer

    def get_shard_iterator(self, **asked: Any) -> dict[str, str]:
        self.iterators_asked.append(asked)
        shard_id, kind = asked["ShardId"], asked["ShardIteratorType"]
        if shard_id not in self.shards:
            raise client_error("ResourceNotFoundException", "GetShardIterator")
        number = int(asked.get("StartingSequenceNumber", 0))
        if number >= max(1, len(self.shards[shard_id])):
            raise client_error("InvalidArgumentException", "GetShardIterator")
        end, since = len(self.shards[shard_id]), asked.get("Timestamp", ARRIVED)
        position = {
            "TRIM_HORIZON": 0,
            "LATEST": end,
            "AT_SEQUENCE_NUMBER": number,
            "AFTER_SEQUENCE_NUMBER": number + 1,
            "AT_TIMESTAMP": next(
                (n for n in range(end) if self._arrived(shard_id, n) >= since), end
            ),
        }[kind]
        return {"ShardIterator": f"{shard_id}/{position}/{len(self.iterators_asked)}"}

    def get_records(self, *, ShardIterator: str, Limit: int) -> dict[str, Any]:
        self.reads.append(ShardIterator)
        shard_id, position, use = ShardIterator.split("/")
        if ShardIterator in self.expired:
            raise client_error("ExpiredIteratorException")
        if shard_id in self.throttled:
            self.throttled.remove(shard_id)
            raise client_error("ProvisionedThroughputExceededException")
        begin, data = max(int(position), self.trimmed.get(shard_id, 0)), self.shards[shard_id]
        end = min(begin + min(Limit, self._limit), len(data))
        page: dict[str, Any] = {
            "Records": [self._record(shard_id, number) for number in range(begin, end)],
            "MillisBehindLatest": len(data) - end,
        }
        if not (shard_id in self.closed and end == len(data)):
            page["NextShardIterator"] = f"{shard_id}/{end}/{use}"
        return page

    def _record(self, shard_id: str, number: int) -> dict[str, Any]:
        return {
            "SequenceNumber": str(number),
            "PartitionKey": f"key-{number}",
            "Data": self.shards[shard_id][number].encode(),
            "ApproximateArrivalTimestamp": self._arrived(shard_id, number),
        }

    def _arrived(self, shard_id: str, number: int) -> datetime:
        return self.arrivals.get((shard_id, number), ARRIVED)


class FakeStreams:
    """Several by name, as one client has them."""

    def __init__(self, **streams: FakeStream) -> None:
        self.streams = streams

    def list_shards(self, *, StreamName: str) -> dict[str, Any]:
        if StreamName not in self.streams:
            raise client_error("ResourceNotFoundException", "ListShards")
        return self.streams[StreamName].list_shards(StreamName=StreamName)

    def get_shard_iterator(self, **asked: Any) -> dict[str, str]:
        name = asked["StreamName"]
        found = self.streams[name].get_shard_iterator(**asked)
        return {"ShardIterator": f"{name}|{found['ShardIterator']}"}

    def get_records(self, *, ShardIterator: str, Limit: int) -> dict[str, Any]:
        name, _, inner = ShardIterator.partition("|")
        page = self.streams[name].get_records(ShardIterator=inner, Limit=Limit)
        if "NextShardIterator" in page:
            page["NextShardIterator"] = f"{name}|{page['NextShardIterator']}"
        return page
