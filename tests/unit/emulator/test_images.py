"""Images without Docker: their names, their content's digest, and the snapshot behind it."""

import hashlib
import tempfile
from pathlib import Path

import pytest
from localstack.aws.api.lambda_ import InvalidParameterValueException

from devenv.bootstrap import image
from devenv.emulator.functions.images import (
    ImageFolder,
    account,
    content_digest,
    python_of,
    repository_name,
    resolve_image,
    snapshot_folder,
)
from devenv.errors import DevenvError


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with the files that an image is made from, known as `rides`."""
    (root := tmp_path / "checkout" / "serving").mkdir(parents=True)
    (root / "events.py").write_text("")
    root = root.parent
    (root / "lambda_function.py").write_text("def lambda_handler(event, context): ...\n")
    (root / "Pipfile.lock").write_text("{}\n")
    install(root, "first")
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    monkeypatch.setenv("DEVENV_IMAGE_REPOSITORY", "rides")
    monkeypatch.setenv("DEVENV_IMAGE_ROOT", str(root))
    monkeypatch.setenv("DEVENV_IMAGE_PACKAGES", str(root / ".venv-function" / "of-lock"))
    return root


def install(root: Path, key: str) -> Path:
    """A folder of packages for the current Pipfile.lock, as `devenv bootstrap` makes it."""
    folder, link = root / ".venv-function" / key, root / ".venv-function" / "of-lock"
    folder.mkdir(parents=True)
    link.mkdir(exist_ok=True)
    digest = hashlib.sha256((root / "Pipfile.lock").read_bytes()).hexdigest()
    (link / digest).symlink_to(Path("..") / key)
    return folder


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("rides", "rides"),
        ("rides:v1", "rides"),
        ("team/rides:v1", "team/rides"),
        ("1.dkr.ecr.eu-west-1.amazonaws.com/rides:v1", "rides"),
        ("1.dkr.ecr.eu-west-1.amazonaws.com/team/rides", "team/rides"),
        ("localhost:5000/rides", "rides"),
        ("localhost/rides:v1", "rides"),
        ("rides@sha256:abc", "rides"),
        ("1.dkr.ecr.x.amazonaws.com/rides:v1@sha256:abc", "rides"),
        ("localhost%3A5000/rides%3Av1", "rides"),
    ],
)
def test_the_repository_is_what_is_left_of_a_uri(uri: str, name: str) -> None:
    """Without registry, tag and digest; a folder is no registry."""
    assert repository_name(uri) == name


@pytest.mark.parametrize(
    ("uri", "found"),
    [
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com/rides:v1", "123456789012"),
        ("localhost:5001/rides:v1", None),
        ("rides", None),
    ],
)
def test_the_account_is_that_of_ecrs_host(uri: str, found: str | None) -> None:
    """Of other registries nobody knows whose they are."""
    assert account(uri) == found


def test_the_digest_changes_with_each_file(root: Path) -> None:
    """And with nothing else."""
    before = content_digest(root)
    (root / "README.md").write_text("no part of it")
    assert content_digest(root) == before
    (root / "Pipfile.lock").write_text('{"default": {}}\n')
    after_lock = content_digest(root)
    (root / "lambda_function.py").write_text("")
    after_handler = content_digest(root)
    (root / "serving" / "events.py").write_text("PIPELINES = {}\n")
    assert len({before, after_lock, after_handler, content_digest(root)}) == 4


def test_the_doctor_makes_the_same_digest(root: Path) -> None:
    """It may not import the emulator, and tells whether a function is current."""
    (root / "serving" / "a.py").write_text("x = 1\n")
    assert image.content_digest(image.image_content(root)) == content_digest(root)


def test_the_digest_tells_where_one_file_ends(root: Path) -> None:
    """The same bytes, cut elsewhere, are another image."""
    (root / "lambda_function.py").write_text("ab")
    (root / "Pipfile.lock").write_text("c")
    before = content_digest(root)
    (root / "lambda_function.py").write_text("a")
    (root / "Pipfile.lock").write_text("bc")
    assert content_digest(root) != before


def test_a_snapshot_stays_as_it_was(root: Path) -> None:
    """Edits need a bootstrap, as they need a push on AWS."""
    source = (root / "lambda_function.py").read_text()
    first = resolve_image("rides:v1")
    (root / "lambda_function.py").write_text("# edited\n")
    second = resolve_image("rides:v1")
    snapshots = [snapshot_folder(image.code_sha256) for image in (first, second)]
    assert [(s / "lambda_function.py").read_text() for s in snapshots] == [source, "# edited\n"]
    assert first.image_uri == "rides:v1"
    assert sorted(path.name for path in snapshots[0].parent.iterdir()) == sorted(
        (first.code_sha256, second.code_sha256)
    )


def test_only_what_the_dockerfile_copies_is_in_it(root: Path) -> None:
    """A module beside it is missing here as there."""
    (root / "features.py").write_text("")
    folder = snapshot_folder(resolve_image("rides").code_sha256)
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.py"))
    assert names == ["lambda_function.py", "serving/events.py"]


def test_an_unknown_image_is_lambdas_own_error(root: Path) -> None:
    """Naming the one that there is."""
    with pytest.raises(InvalidParameterValueException, match=r"image bikes:v1 .* only rides is"):
        resolve_image("bikes:v1")


def test_an_image_without_source_is_lambdas_own_error(root: Path) -> None:
    """Naming the file that is missing."""
    (root / "lambda_function.py").unlink()
    with pytest.raises(InvalidParameterValueException, match=r"lambda_function\.py is missing"):
        resolve_image("rides:v1")


def test_the_image_folder_is_what_the_emulator_was_started_with(root: Path) -> None:
    """`devenv up` passes it."""
    assert ImageFolder.from_environment() == ImageFolder(
        "rides", root, root / ".venv-function" / "of-lock"
    )


def test_packages_belong_to_the_digest(root: Path) -> None:
    """A lock that changes while the emulator runs reaches the next image, and no older one."""
    first = resolve_image("rides")
    (root / "Pipfile.lock").write_text('{"default": {"six": {}}}\n')
    with pytest.raises(InvalidParameterValueException, match="`devenv bootstrap` installs it"):
        resolve_image("rides")
    folder = install(root, "second")
    second = resolve_image("rides")
    assert python_of(second.code_sha256) == folder / "image" / "bin" / "python"
    assert python_of(first.code_sha256).parents[2].name == "first"
    with pytest.raises(DevenvError, match="known here"):
        python_of("0" * 64)


def test_packages_that_were_made_anew_are_found(root: Path) -> None:
    """Of the same lock, in another folder, since the tooling's lock has changed."""
    digest = resolve_image("rides").code_sha256
    (root / ".venv-function" / "of-lock" / hashlib.sha256(b"{}\n").hexdigest()).unlink()
    folder = install(root, "anew")
    assert resolve_image("rides").code_sha256 == digest
    assert python_of(digest).is_relative_to(folder)
