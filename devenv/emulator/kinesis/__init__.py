"""Kinesis Data Streams in plain Python, kept in SQLite.

`streams` are the nouns; `store` and `records` hold them on disk; `service` is what all operations
share, and the modules named by topic (`stream_lifecycle`, `data_plane`, `resharding` …) are what
the API means. `wire` checks requests against AWS's model, `json_api` reads and writes
them as JSON; `fast_path` and `provider` are where LocalStack calls us.
"""
