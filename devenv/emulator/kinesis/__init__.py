"""Kinesis Data Streams in plain Python, kept in SQLite.

| question | module |
| --- | --- |
| how a request gets in, before LocalStack or through it | `json_handler`, `provider` |
| what JSON means, which requests are well formed, what is said of others | `wire` |
| which function an operation is | `operations` |
| what all operations share; finding a stream | `service` |
| what a role needs for an operation | `permissions` |
| what a stream, a shard, a consumer is | `streams.model` |
| making, changing, resharding, tagging, listing streams | `streams` |
| PutRecord, PutRecords | `records.writing` |
| GetShardIterator, GetRecords | `records.reading`, `records.positions`, `records.iterators` |
| sequence numbers, hash keys | `records.sequence_numbers`, `streams.hash_keys` |
| enhanced fan-out | `consumers` |
| what is on disk | `database`, `store` (streams), `records.storage`, `records.trimming` |
| limits and faults that are switched on | `options`, `limits` |
"""
