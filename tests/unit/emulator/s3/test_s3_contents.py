"""Content files: made, linked, deleted."""

from pathlib import Path

import pytest

from devenv.emulator.s3.content_files import ContentFiles, ContentGone


@pytest.fixture
def contents(tmp_path: Path) -> ContentFiles:
    return ContentFiles(tmp_path / "contents")


def written(contents: ContentFiles, data: bytes) -> str:
    name = contents.new()
    contents.path(name).write_bytes(data)
    return name


def test_a_link_outlives_what_it_was_made_from(contents: ContentFiles) -> None:
    name = written(contents, b"data")
    link = contents.link(name)
    contents.delete([name])
    assert contents.path(link).read_bytes() == b"data"
    assert contents.size(name) is None
    assert contents.size(link) == 4


def test_linking_what_is_gone_says_so(contents: ContentFiles) -> None:
    with pytest.raises(ContentGone):
        contents.link(contents.new())


def test_an_open_file_can_be_read_after_it_is_deleted(contents: ContentFiles) -> None:
    name = written(contents, b"data")
    with contents.path(name).open("rb") as file:
        contents.delete([name])
        assert file.read() == b"data"


def test_deleting_twice_is_harmless(contents: ContentFiles) -> None:
    name = written(contents, b"data")
    contents.delete([name])
    contents.delete([name])


def test_what_nothing_refers_to_is_deleted(contents: ContentFiles) -> None:
    kept, left = written(contents, b"kept"), written(contents, b"left")
    assert contents.delete_all_but({kept}) == 1
    assert contents.size(kept) == 4
    assert contents.size(left) is None
