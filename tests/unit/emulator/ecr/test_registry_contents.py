"""What a registry keeps on disk, read and changed."""

import hashlib
import json
from pathlib import Path

import pytest

from devenv.emulator.ecr.contents import RegistryContents

TYPE = "application/vnd.docker.distribution.manifest.v2+json"


def pushed(root: Path, repository: str, tag: str, word: str) -> str:
    """An image as the registry lays it down when it's pushed; its digest."""
    layers = [{"size": 70, "digest": word}]
    text = json.dumps({"mediaType": TYPE, "config": {"size": 7}, "layers": layers})
    digest = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
    name = digest.removeprefix("sha256:")
    top = root / "docker" / "registry" / "v2"
    manifests = top / "repositories" / repository / "_manifests"
    files = {
        top / "blobs" / "sha256" / name[:2] / name / "data": text,
        manifests / "revisions" / "sha256" / name / "link": digest,
        manifests / "tags" / tag / "current" / "link": digest,
        manifests / "tags" / tag / "index" / "sha256" / name / "link": digest,
    }
    for file, content in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    return digest


@pytest.fixture
def contents(tmp_path: Path) -> RegistryContents:
    return RegistryContents(tmp_path)


def test_nothing_was_ever_pushed(contents: RegistryContents) -> None:
    """There's no folder yet."""
    assert contents.repositories() == []
    assert contents.manifests("rides") == []
    assert contents.digest_of("rides", "v1") is None
    contents.delete_repository("rides")


def test_manifests_with_their_tags(contents: RegistryContents) -> None:
    """One that has lost its tag to another is there, too."""
    first = pushed(contents.root, "team/rides", "v1", "one")
    second = pushed(contents.root, "team/rides", "v1", "two")
    pushed(contents.root, "rides", "v1", "one")
    contents.tag("team/rides", "latest", second)
    assert contents.repositories() == ["rides", "team/rides"]
    found = {each.digest: each for each in contents.manifests("team/rides")}
    assert {digest: each.tags for digest, each in found.items()} == {
        first: (),
        second: ("latest", "v1"),
    }
    assert (found[first].media_type, found[first].size) == (TYPE, 77)
    assert contents.digest_of("team/rides", "latest") == second
    assert contents.digest_of("team/rides", first) == first
    assert contents.digest_of("team/rides", f"sha256:{'0' * 64}") is None


def test_tags_and_manifests_are_deleted(contents: RegistryContents) -> None:
    """A manifest with its tags; a repository without those whose names go on below it."""
    digest = pushed(contents.root, "rides", "v1", "one")
    contents.tag("rides", "v2", digest)
    contents.untag("rides", "v1")
    assert contents.tags("rides") == {"v2": digest}
    contents.delete("rides", digest)
    assert (contents.tags("rides"), contents.manifests("rides")) == ({}, [])
    pushed(contents.root, "rides", "v1", "one")
    pushed(contents.root, "rides/bikes", "v1", "one")
    contents.delete_repository("rides")
    assert contents.repositories() == ["rides/bikes"]
