"""Lambda takes an image of one platform only: a list of platforms, or an attestation beside the
image (docker buildx adds one by default), is refused; another platform's programs can't be run.

The Docker engine here is asked for the image; it tells of attestations from its API 1.48 on, if it
keeps images as containerd does.
"""

from typing import Any

from devenv.doctor.facts import Facts
from devenv.doctor.finding import Finding, Unknown, skipped, well, wrong

NAME = "Lambda takes the function's image"

ARCHITECTURES = {"x86_64": "amd64", "arm64": "arm64"}
"""Lambda's names, and Docker's."""
LISTS = ("manifest.list", "image.index")
MANIFESTS_SINCE = (1, 48)


def check(facts: Facts) -> Finding:
    name, platform = _image(facts)
    image = _inspect(facts.docker, name)
    if image is None:
        return skipped(f"{name} is not on this Docker engine")
    build = f"docker buildx build --platform linux/{platform} --provenance=false -t {name} ."
    kinds = [m.get("Kind", "image") for m in image.get("Manifests") or []]
    media = str((image.get("Descriptor") or {}).get("mediaType", ""))
    if "attestation" in kinds or kinds.count("image") > 1 or any(word in media for word in LISTS):
        what = (
            "has an attestation beside it" if "attestation" in kinds else "is a list of platforms"
        )
        return wrong(
            f"{name} {what}, which Lambda refuses",
            f"Build it otherwise: `{build}`; or by `devenv publish`, on the way to AWS.",
        )
    if image["Architecture"] != platform:
        return wrong(
            f"{name} is made for {image['Architecture']}, and the function runs on {platform}",
            f"Build it by `{build}`, or set FUNCTION_ARCHITECTURE and make the function anew.",
        )
    return well(f"{name} is one image, for {platform}")


def _image(facts: Facts) -> tuple[str, str]:
    """The image's name and the function's platform, as Docker names it."""
    if facts.settings.image_uri:
        name = facts.settings.image_uri
        try:
            function = facts.function["Configuration"]
        except Unknown:
            return name, "amd64"
    else:
        function = facts.function["Configuration"]
        name = facts.function["Code"].get("ImageUri", "")
    if not name:
        raise Unknown("the function is not made from an image")
    return name, ARCHITECTURES[function.get("Architectures", ["x86_64"])[0]]


def _inspect(docker: Any, name: str) -> dict[str, Any] | None:
    """The engine's description of an image; None if it hasn't got it."""
    from docker.errors import ImageNotFound

    version = tuple(int(part) for part in docker.version()["ApiVersion"].split("."))
    try:
        if version < MANIFESTS_SINCE:
            return dict(docker.api.inspect_image(name))
        # docker-py asks for an older API, which leaves out manifests.
        url = f"{docker.api.base_url}/v1.48/images/{name}/json?manifests=1"
        reply = docker.api.get(url, timeout=3)
        return None if reply.status_code == 404 else dict(reply.json())
    except ImageNotFound:
        return None
