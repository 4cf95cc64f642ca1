"""CloudFormation's Kinesis resources, made as their templates say, and why a stack failed.

All other resources, and the engine, are LocalStack's.
"""
