"""LocalStack's way to ECR: each operation by moto, but for what moto only makes believe, and for
images, which are the registry's.
"""

import base64
import time
from collections.abc import Callable
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.skeleton import Skeleton
from localstack.aws.spec import load_service
from localstack.services.moto import call_moto
from localstack.services.plugins import Service

from devenv.emulator.ecr import images
from devenv.emulator.ecr.contents import digest_of_text
from devenv.emulator.ecr.registry import Registry, running_registry

type Operation = Callable[[RequestContext, dict[str, Any]], dict[str, Any]]

TOKEN_HOURS = 12
PUSH = "Images get here by `docker push`."
NO_REGISTRY = (
    "There is no image registry here: embedded, an image of the account's repositories means this "
    "checkout, and needs no push. `docker compose up` starts an environment with one."
)
NOT_EMULATED = {
    "StartImageScan": "Images are not scanned here.",
    "DescribeImageScanFindings": "Images are not scanned here.",
    "StartLifecyclePolicyPreview": "Lifecycle policies are kept here, and not carried out.",
    "InitiateLayerUpload": PUSH,
    "UploadLayerPart": PUSH,
    "CompleteLayerUpload": PUSH,
}
LISTING = ("DescribeImages", "ListImages", "BatchGetImage")


def make_service() -> Service:
    model = load_service("ecr")
    table = {name: _answering(_operation(name)) for name in model.operation_names}
    if registry := running_registry():
        images.restore_repositories(registry.contents)
    return Service("ecr", skeleton=Skeleton(model, table))


def _answering(operation: Operation) -> Callable[..., Any]:
    return lambda context, request: operation(context, dict(request))


def _operation(name: str) -> Operation:
    if name in NOT_EMULATED:
        return lambda context, request: _refuse(NOT_EMULATED[name])
    own: dict[str, Operation] = {
        "GetAuthorizationToken": get_authorization_token,
        "PutImage": put_image,
        "BatchDeleteImage": batch_delete_image,
        "DeleteRepository": delete_repository,
        **dict.fromkeys(LISTING, with_the_registrys_images),
    }
    return own.get(name, by_moto)


def by_moto(context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
    """moto's answer, in which repositories are where Docker reaches them."""
    answer = dict(call_moto(context))
    registry = running_registry()
    if registry is not None:
        for each in (answer.get("repository"), *answer.get("repositories", [])):
            if each:
                each["repositoryUri"] = f"{registry.address}/{each['repositoryName']}"
    return answer


def get_authorization_token(context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
    registry = _registry()
    token = base64.b64encode(f"AWS:{registry.password}".encode()).decode()
    data = {
        "authorizationToken": token,
        "expiresAt": time.time() + TOKEN_HOURS * 3600,
        "proxyEndpoint": f"http://{registry.address}",
    }
    return {"authorizationData": [data] * max(1, len(request.get("registryIds") or []))}


def with_the_registrys_images(context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
    registry = running_registry()
    if registry is not None:
        images.tell(registry.contents, context.account_id, context.region, _name(request))
        if context.operation.name == "DescribeImages":
            answer = by_moto(context, request)
            images.put_sizes_right(registry.contents, _name(request), answer["imageDetails"])
            return answer
    return by_moto(context, request)


def put_image(context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
    """A further tag for a manifest that was pushed: AWS's recipe to tag an image anew."""
    contents, name = _registry().contents, _name(request)
    images.tell(contents, context.account_id, context.region, name)
    digest = request.get("imageDigest") or digest_of_text(request["imageManifest"])
    if contents.digest_of(name, digest) is None:
        raise CommonServiceException(
            "LayersNotFoundException", f"{name} holds no image {digest}. {PUSH}", 400, True
        )
    answer = by_moto(context, request)
    if tag := request.get("imageTag"):
        contents.tag(name, tag, digest)
    return answer


def batch_delete_image(context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
    registry, name = running_registry(), _name(request)
    if registry is None:
        return by_moto(context, request)
    images.tell(registry.contents, context.account_id, context.region, name)
    answer = by_moto(context, request)
    for each in answer.get("imageIds", []):
        images.forget(registry.contents, name, each, request["imageIds"])
    return answer


def delete_repository(context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
    registry, name = running_registry(), _name(request)
    if registry is not None:
        images.tell(registry.contents, context.account_id, context.region, name)
    answer = by_moto(context, request)
    if registry is not None:
        registry.contents.delete_repository(name)
    return answer


def _name(request: dict[str, Any]) -> str:
    return str(request["repositoryName"])


def _registry() -> Registry:
    found = running_registry()
    return _refuse(NO_REGISTRY) if found is None else found


def _refuse(why: str) -> Any:
    raise CommonServiceException("InvalidParameterException", why, 400, True)
