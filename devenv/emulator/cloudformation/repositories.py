"""AWS::ECR::Repository. LocalStack's makes believe: it is COMPLETE, and there is no repository.

Its name and encryption can't change: then it is made anew.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from localstack.services.cloudformation.provider_utils import generate_default_name
from localstack.services.cloudformation.resource_provider import ProgressEvent, ResourceRequest
from localstack.services.ecr.resource_providers.aws_ecr_repository import ECRRepositoryProvider

from devenv.emulator.cloudformation.streams import failed, succeeded

READ_ONLY = {"Arn", "RepositoryUri"}
AT_CREATION = {"RepositoryName", "EncryptionConfiguration", "EmptyOnDelete"}
GONE = "RepositoryNotFoundException"


class RepositoryProvider(ECRRepositoryProvider):
    """By ECR's API."""

    def create(self, request: ResourceRequest[Any]) -> ProgressEvent[Any]:
        model, ecr = request.desired_state, request.aws_client_factory.ecr
        if reason := _trouble(model):
            return failed(reason)
        model.setdefault(
            "RepositoryName",
            generate_default_name(request.stack_name, request.logical_resource_id).lower(),
        )
        try:
            made = ecr.create_repository(**creation(model))["repository"]
        except (ClientError, BotoCoreError) as error:
            return failed(str(error))
        model |= {"Arn": made["repositoryArn"], "RepositoryUri": made["repositoryUri"]}
        try:
            for change in changes({}, model):
                change(ecr)
        except (ClientError, BotoCoreError) as error:  # Its stack won't know it.
            ecr.delete_repository(repositoryName=model["RepositoryName"], force=True)
            return failed(str(error))
        return succeeded(request, model)

    def update(self, request: ResourceRequest[Any]) -> ProgressEvent[Any]:
        before, ecr = request.previous_state or {}, request.aws_client_factory.ecr
        kept = {name: before[name] for name in (*READ_ONLY, "RepositoryName")}
        model = {**request.desired_state, **kept}
        if reason := _trouble(model):
            return failed(reason, before)
        try:
            for change in changes(before, model):
                change(ecr)
        except (ClientError, BotoCoreError) as error:
            return failed(str(error), before)
        return succeeded(request, model)

    def delete(self, request: ResourceRequest[Any]) -> ProgressEvent[Any]:
        model, ecr = request.desired_state, request.aws_client_factory.ecr
        force = str(model.get("EmptyOnDelete", False)).lower() == "true"
        try:
            ecr.delete_repository(repositoryName=model["RepositoryName"], force=force)
        except ClientError as error:
            if error.response["Error"]["Code"] != GONE:
                return failed(str(error), model)
        return succeeded(request, model)


def creation(model: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of CreateRepository."""
    found: dict[str, Any] = {"repositoryName": model["RepositoryName"]}
    if tags := model.get("Tags"):
        found["tags"] = tags
    if encryption := model.get("EncryptionConfiguration"):
        found["encryptionConfiguration"] = _lower_first(encryption)
    return found


def changes(before: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[Callable[[Any], Any]]:
    """What makes a repository that is as `before` as `wanted`: calls of an ECR client."""
    name = {"repositoryName": wanted["RepositoryName"]}
    made = not before
    found: list[Callable[[Any], Any]] = []

    def differs(key: str) -> bool:
        return before.get(key) != wanted.get(key)

    if differs("ImageTagMutability"):
        mutability = wanted.get("ImageTagMutability", "MUTABLE")
        found.append(
            lambda ecr: ecr.put_image_tag_mutability(**name, imageTagMutability=mutability)
        )
    if differs("ImageScanningConfiguration"):
        scanning = wanted.get("ImageScanningConfiguration") or {}
        on_push = str(scanning.get("ScanOnPush", False)).lower() == "true"
        found.append(
            lambda ecr: ecr.put_image_scanning_configuration(
                **name, imageScanningConfiguration={"scanOnPush": on_push}
            )
        )
    if differs("RepositoryPolicyText"):
        policy = _text(wanted.get("RepositoryPolicyText"))
        found.append(
            (lambda ecr: ecr.set_repository_policy(**name, policyText=policy))
            if policy
            else (lambda ecr: ecr.delete_repository_policy(**name))
        )
    if differs("LifecyclePolicy"):
        rules = _text((wanted.get("LifecyclePolicy") or {}).get("LifecyclePolicyText"))
        found.append(
            (lambda ecr: ecr.put_lifecycle_policy(**name, lifecyclePolicyText=rules))
            if rules
            else (lambda ecr: ecr.delete_lifecycle_policy(**name))
        )
    if differs("Tags") and not made:
        arn = {"resourceArn": wanted["Arn"]}
        tags = wanted.get("Tags") or []
        gone = {t["Key"] for t in before.get("Tags") or []} - {t["Key"] for t in tags}
        if gone:
            found.append(lambda ecr: ecr.untag_resource(**arn, tagKeys=sorted(gone)))
        if tags:
            found.append(lambda ecr: ecr.tag_resource(**arn, tags=tags))
    return found


CHANGEABLE = {
    "ImageTagMutability",
    "ImageScanningConfiguration",
    "RepositoryPolicyText",
    "LifecyclePolicy",
    "Tags",
}


def _trouble(properties: Mapping[str, Any]) -> str | None:
    unknown = sorted(properties.keys() - CHANGEABLE - AT_CREATION - READ_ONLY)
    return f"not honoured by this emulator: {', '.join(unknown)}" if unknown else None


def _text(document: Any) -> str | None:
    if document is None or isinstance(document, str):
        return document
    return json.dumps(document)


def _lower_first(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{key[0].lower()}{key[1:]}": value for key, value in settings.items()}
