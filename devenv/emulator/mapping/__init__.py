"""Event source mappings from Kinesis to Lambda, as AWS runs them.

`api` is where LocalStack's Lambda calls us, `worker` one mapping's life, `lane` the one who reads
and delivers in order. What is decided about a batch is in `batching`, `outcomes`, `retries`,
`windows` and `filters`, which know neither threads nor LocalStack.
"""
