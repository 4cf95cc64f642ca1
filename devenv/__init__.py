"""A local-first environment for a streaming ML system: Kinesis → Lambda → Kinesis, without AWS."""
