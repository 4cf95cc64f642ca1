"""What an image holds is read from a container of it, by Docker's API."""

import io
import tarfile
from typing import Any

import pytest
from docker.errors import APIError, NotFound

from devenv.doctor.finding import Unknown
from devenv.doctor.image_files import read

IMAGE = "sha256:1f"
HERE = {
    "lambda_function.py": b"def lambda_handler(event, context): ...",
    "Pipfile.lock": b"{}",
    "serving/__init__.py": b"",
    "serving/events.py": b"PIPELINES = {}",
}
COMPILED = {"serving/__pycache__/events.cpython-313.pyc": b"\0"}


class Engine:
    """Docker with one container, made from `image`, whose /var/task holds `files`."""

    def __init__(self, files: dict[str, bytes], image: str = IMAGE) -> None:
        self.api, self._files, self._image = self, files, image

    def containers(self, all: bool, filters: Any) -> Any:
        assert (all, filters) == (True, {"ancestor": IMAGE})
        return [{"Id": "c1", "ImageID": self._image}]

    def get_archive(self, container: str, path: str) -> Any:
        assert container == "c1"
        name = path.removeprefix("/var/task/")
        inside = {n: c for n, c in self._files.items() if n == name or n.startswith(f"{name}/")}
        if not inside:
            raise NotFound(f"no such path {path}")
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            for inner, content in inside.items():
                info = tarfile.TarInfo(inner)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
        whole = buffer.getvalue()
        return [whole[:700], whole[700:]], {}


def test_its_files_are_those_that_the_dockerfile_copies() -> None:
    """Without what is compiled from them."""
    assert read(Engine(HERE | COMPILED), IMAGE) == HERE


def test_an_image_that_was_built_before_a_file_belonged_to_it_lacks_that() -> None:
    """It isn't made from what is here."""
    assert read(Engine({k: v for k, v in HERE.items() if k != "Pipfile.lock"}), IMAGE) != HERE


def test_without_a_container_of_the_very_image_nothing_is_known() -> None:
    """Docker's filter also gives those of images that are built on it."""
    with pytest.raises(Unknown, match="no container"):
        read(Engine(HERE, "sha256:other"), IMAGE)


def test_an_engine_that_refuses_is_no_difference() -> None:
    engine: Any = Engine(HERE)

    def refuse(container: str, path: str) -> None:
        raise APIError("not allowed")

    engine.get_archive = refuse
    with pytest.raises(Unknown, match="does not show"):
        read(engine, IMAGE)
