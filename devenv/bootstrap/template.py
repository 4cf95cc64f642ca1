"""The system that the bootstrap makes, as a CloudFormation template.

The model's bucket isn't in it: the model is there before the stack is. Nor is the model itself,
which is MLflow's; the template names the version that it was printed with, as a parameter.
"""

from collections.abc import Mapping
from typing import Any

from devenv.bootstrap.failure_queue import RETENTION_SECONDS
from devenv.bootstrap.function import MEMORY_MB, TIMEOUT_S, FunctionSpec
from devenv.bootstrap.log_group import log_group_name
from devenv.bootstrap.mapping import BATCH_SIZE, failure_handling
from devenv.bootstrap.policies import READ_STREAM, TRUST, document, read_model
from devenv.bootstrap.role import MODEL_POLICY, inline_policies
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
    resources = {"predictions": _arn("PredictionsStream"), "failures": _arn("FailureQueue")}
    policies = {
        name: _with_resources(document(grants), resources)
        for name, grants in inline_policies("predictions", "failures").items()
    }
    policies[MODEL_POLICY] = document(read_model(spec.variables["MODEL_URI"]))
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


def _with_resources(policy: Json, resources: Mapping[str, Json]) -> Json:
    """Return `policy` with the stack's resources in the place of their names."""
    statements = [s | {"Resource": resources[s["Resource"]]} for s in policy["Statement"]]
    return policy | {"Statement": statements}


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
            **failure_handling(_arn("FailureQueue")),
        },
    }


def _arn(resource: str) -> Json:
    return {"Fn::GetAtt": [resource, "Arn"]}
