"""The system that the bootstrap makes, as a CloudFormation template.

The model's bucket isn't in it: the model is there before the stack is. Nor is the model itself,
which is MLflow's; the template names the version that it was printed with, as a parameter.
"""

from typing import Any

from devenv.bootstrap.failure_queue import RETENTION_SECONDS
from devenv.bootstrap.function import MEMORY_MB, TIMEOUT_S, FunctionSpec
from devenv.bootstrap.log_group import log_group_name
from devenv.bootstrap.mapping import BATCH_SIZE, MAX_RETRIES
from devenv.bootstrap.policies import (
    READ_STREAM,
    TRUST,
    Grant,
    document,
    read_model,
    report_failures,
    write_predictions,
)
from devenv.bootstrap.tags import tag_list
from devenv.settings import Settings

type Json = dict[str, Any]

FROM_MODEL = {
    "ModelUri": "MODEL_URI",
    "ModelVersion": "MODEL_VERSION",
    "RunId": "RUN_ID",
}
"""Parameters of the stack, and the function's variables that take their values."""


def template(settings: Settings, spec: FunctionSpec) -> Json:
    """Return the template of the system, with `spec`'s image and model as parameters' defaults."""
    defaults = {"ImageUri": spec.image.uri}
    defaults |= {name: spec.variables[variable] for name, variable in FROM_MODEL.items()}
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"{settings.input_stream} -> {spec.name} -> {settings.predictions_stream}",
        "Parameters": {
            name: {"Type": "String", "Default": value} for name, value in defaults.items()
        },
        "Resources": {
            "InputStream": _stream(settings, settings.input_stream),
            "PredictionsStream": _stream(settings, settings.predictions_stream),
            "FailureQueue": {
                "Type": "AWS::SQS::Queue",
                "Properties": {
                    "QueueName": settings.failure_queue,
                    "MessageRetentionPeriod": RETENTION_SECONDS,
                    "Tags": tag_list(spec.name),
                },
            },
            "Role": _role(settings, spec),
            "LogGroup": {
                "Type": "AWS::Logs::LogGroup",
                "Properties": {
                    "LogGroupName": log_group_name(spec.name),
                    "Tags": tag_list(spec.name),
                },
            },
            "Function": _function(spec),
            "Mapping": _mapping(),
        },
        "Outputs": {
            "FunctionArn": {"Value": _arn("Function")},
            "InputStreamArn": {"Value": _arn("InputStream")},
            "PredictionsStreamArn": {"Value": _arn("PredictionsStream")},
        },
    }


def _stream(settings: Settings, name: str) -> Json:
    return {
        "Type": "AWS::Kinesis::Stream",
        "Properties": {
            "Name": name,
            "ShardCount": settings.shard_count,
            "Tags": tag_list(settings.function_name),
        },
    }


def _role(settings: Settings, spec: FunctionSpec) -> Json:
    policies = {
        "write-predictions": _documented(write_predictions("ARN"), _arn("PredictionsStream")),
        "report-failures": _documented(report_failures("ARN"), _arn("FailureQueue")),
        "read-model": document(read_model(spec.variables["MODEL_URI"])),
    }
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "RoleName": settings.role_name,
            "AssumeRolePolicyDocument": TRUST,
            "ManagedPolicyArns": [READ_STREAM],
            "Policies": [
                {"PolicyName": name, "PolicyDocument": policy} for name, policy in policies.items()
            ],
            "Tags": tag_list(spec.name),
        },
    }


def _documented(grants: list[Grant], resource: Json) -> Json:
    """A policy on a resource of the stack."""
    policy = document(grants)
    return policy | {"Statement": [s | {"Resource": resource} for s in policy["Statement"]]}


def _function(spec: FunctionSpec) -> Json:
    from_model = {variable: {"Ref": name} for name, variable in FROM_MODEL.items()}
    return {
        "Type": "AWS::Lambda::Function",
        "DependsOn": ["LogGroup"],
        "Properties": {
            "FunctionName": spec.name,
            "PackageType": "Image",
            "Code": {"ImageUri": {"Ref": "ImageUri"}},
            "Architectures": [spec.architecture],
            "Role": _arn("Role"),
            "MemorySize": MEMORY_MB,
            "Timeout": TIMEOUT_S,
            "Environment": {"Variables": spec.variables | from_model},
            "Tags": tag_list(spec.name),
        },
    }


def _mapping() -> Json:
    return {
        "Type": "AWS::Lambda::EventSourceMapping",
        "Properties": {
            "FunctionName": {"Ref": "Function"},
            "EventSourceArn": _arn("InputStream"),
            "StartingPosition": "TRIM_HORIZON",
            "BatchSize": BATCH_SIZE,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "BisectBatchOnFunctionError": True,
            "MaximumRetryAttempts": MAX_RETRIES,
            "DestinationConfig": {"OnFailure": {"Destination": _arn("FailureQueue")}},
        },
    }


def _arn(resource: str) -> Json:
    return {"Fn::GetAtt": [resource, "Arn"]}
