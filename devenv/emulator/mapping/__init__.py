"""Event source mappings from Kinesis to Lambda, as AWS runs them.

| question | module |
| --- | --- |
| what the API's operations do, and what they refuse | `api`, `requests`, `options` |
| when lanes start and stop | `supervisor` |
| what a mapping needs while it is active | `context`, made by `make_context` |
| what a lane does next | `lane_runner` |
| reading a shard, and the role that may | `source`, `role` |
| which records make a batch | `batching`, `filters`, `events` |
| invoking, and reading on meanwhile | `invocation`, `read_ahead` |
| what an answer means, and what follows from it | `outcomes`, `retries`, `windows` |
| doing that: retry, split, discard | `delivery`, `destinations` |
| how far a lane has come, across restarts | `lane_progress`, `checkpoints` |
| what is counted | `statistics`, `metrics` |
| what became of each batch | `history/` |

`batching`, `outcomes`, `retries`, `windows` and `filters` know neither threads nor LocalStack.
"""
