"""What the system did, read where it stands: the emulator's pages and AWS's APIs.

| question | module |
| --- | --- |
| what is on a stream, from where, by which fields | `records`, `conditions` |
| what became of each batch | `batches` |
| what each invocation did and wrote | `invocations`, from `invocation_logs` |
| a function's log, line by line | `function_logs` |
| what was given up, and its data | `failures`, from `failure_queue` |
| one event's way through all of it | `ways` |

Everything is a frozen dataclass. Nothing here knows a terminal or a page; nothing is changed. What
an endpoint can't tell is `Unknown`, with the reason.
"""
