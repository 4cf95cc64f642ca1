"""What an image registry keeps on disk: tags and manifests of repositories.

The layout is that of the CNCF's `distribution` (Debian: docker-registry), which looks at the disk
for each request, so that what is changed here counts at once. Layers are left alone.

Source: https://github.com/distribution/distribution, registry/storage/paths.go
"""

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OF_IMAGES = (
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
)


@dataclass(frozen=True)
class Manifest:
    """One image, or a list of images, of a repository."""

    digest: str
    text: str
    tags: tuple[str, ...]

    @property
    def media_type(self) -> str:
        content = self._content()
        return str(content.get("mediaType") or OF_IMAGES["layers" in content])

    @property
    def size(self) -> int:
        """Bytes of its layers and configuration; of a list its own."""
        content = self._content()
        parts = [*content.get("layers", []), content.get("config", {})]
        return sum(int(part.get("size", 0)) for part in parts) or len(self.text)

    def _content(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.text)
        return found


@dataclass(frozen=True)
class RegistryContents:
    """The registry whose storage is at `root`."""

    root: Path

    @property
    def _top(self) -> Path:
        return self.root / "docker" / "registry" / "v2"

    def repositories(self) -> list[str]:
        """Those that hold a manifest, by name."""
        top = self._top / "repositories"
        found = (each.parent for each in top.rglob("_manifests") if any(each.rglob("link")))
        return sorted(folder.relative_to(top).as_posix() for folder in found)

    def manifests(self, repository: str) -> list[Manifest]:
        """With their tags; a manifest that has lost its tag is there, too."""
        tags = self.tags(repository)
        revisions = self._manifests(repository) / "revisions" / "sha256"
        found = []
        for link in sorted(revisions.glob("*/link")):
            digest = link.read_text()
            mine = tuple(sorted(tag for tag, named in tags.items() if named == digest))
            found.append(Manifest(digest, self._blob(digest).read_text(), mine))
        return found

    def tags(self, repository: str) -> dict[str, str]:
        """The digest of each tag."""
        links = (self._manifests(repository) / "tags").glob("*/current/link")
        return {link.parent.parent.name: link.read_text() for link in links}

    def digest_of(self, repository: str, reference: str) -> str | None:
        """Of a tag, or of a digest that is there."""
        if not reference.startswith("sha256:"):
            return self.tags(repository).get(reference)
        return reference if self._revision(repository, reference).is_dir() else None

    def tag(self, repository: str, tag: str, digest: str) -> None:
        """Give `tag` to a manifest that is there."""
        folder = self._manifests(repository) / "tags" / tag
        for link in (
            folder / "index" / "sha256" / digest.removeprefix("sha256:") / "link",
            folder / "current" / "link",
        ):
            link.parent.mkdir(parents=True, exist_ok=True)
            link.write_text(digest)

    def untag(self, repository: str, tag: str) -> None:
        shutil.rmtree(self._manifests(repository) / "tags" / tag, ignore_errors=True)

    def delete(self, repository: str, digest: str) -> None:
        """A manifest and its tags."""
        for tag, named in self.tags(repository).items():
            if named == digest:
                self.untag(repository, tag)
        shutil.rmtree(self._revision(repository, digest), ignore_errors=True)

    def delete_repository(self, repository: str) -> None:
        """All of it; repositories whose names go on below it stay."""
        for part in ("_manifests", "_layers", "_uploads"):
            folder = self._top / "repositories" / repository / part
            shutil.rmtree(folder, ignore_errors=True)

    def _manifests(self, repository: str) -> Path:
        return self._top / "repositories" / repository / "_manifests"

    def _revision(self, repository: str, digest: str) -> Path:
        name = digest.removeprefix("sha256:")
        return self._manifests(repository) / "revisions" / "sha256" / name

    def _blob(self, digest: str) -> Path:
        name = digest.removeprefix("sha256:")
        return self._top / "blobs" / "sha256" / name[:2] / name / "data"


def digest_of_text(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
