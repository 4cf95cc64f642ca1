"""The `aws` of an activated environment: AWS CLI 1, of PyPI, with what scripts for CLI 2 count on.

CLI 2 isn't on PyPI. Added are `--cli-binary-format raw-in-base64-out` and `--no-cli-pager`, which
say what CLI 1 does anyway, and `aws logs tail`. Changed is where `aws sqs` (and emr, health) goes
when an endpoint is configured: there, and never to AWS. All else is CLI 1 as it is.
"""
