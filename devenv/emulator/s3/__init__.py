"""LocalStack's own S3, made durable: what was acknowledged is there after stop, crash or kill -9.

LocalStack answers every operation and keeps its model of buckets and objects in memory. Here the
objects' contents become files (`content_files`, `object_storage`), and the changed parts of the
model are written to SQLite before an operation is acknowledged (`provider`, `model_rows`,
`records`) and read back at start (`restore`).
"""
