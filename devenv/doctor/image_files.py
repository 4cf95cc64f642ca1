"""What a built image of the function holds, as a container of it shows; nothing is started."""

import io
import tarfile
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from devenv.doctor.finding import Unknown

ROOT = "/var/task"
"""Where the Dockerfile puts the function's files."""

NAMES = ("lambda_function.py", "Pipfile.lock", "serving")


def read(docker: Any, image_id: str) -> Mapping[str, bytes]:
    """The function's files by their names below `ROOT`. Raises `Unknown` without a container."""
    from docker.errors import APIError, NotFound

    listed = docker.api.containers(all=True, filters={"ancestor": image_id})
    made = [c["Id"] for c in listed if c["ImageID"] == image_id]
    if not made:
        raise Unknown("there is no container of the function's image to look into")
    found: dict[str, bytes] = {}
    for name in NAMES:
        try:
            pieces, _ = docker.api.get_archive(made[0], f"{ROOT}/{name}")
        except NotFound:  # An image that was built before that belonged to it.
            continue
        except APIError as error:
            raise Unknown("Docker does not show the files of the function's image") from error
        with tarfile.open(fileobj=io.BytesIO(b"".join(pieces))) as archive:
            found |= dict(_files(archive))
    return found


def _files(archive: tarfile.TarFile) -> list[tuple[str, bytes]]:
    """Those that the Dockerfile copies, without what is compiled from them."""
    files = [m for m in archive.getmembers() if m.isfile() and "__pycache__" not in m.name]
    read = [(m.name, archive.extractfile(m)) for m in files]
    return [(PurePosixPath(name).as_posix(), file.read()) for name, file in read if file]
