"""Symbolic links in a function's zip, harmless and otherwise."""

import io
import stat
import zipfile

import pytest

from devenv.emulator.functions.zip_links import trouble


def zipped(*entries: tuple[str, str | None]) -> bytes:
    """(name, target) of symbolic links, (name, None) of files; in this order."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, target in entries:
            entry = zipfile.ZipInfo(name)
            kind = stat.S_IFREG | 0o644 if target is None else stat.S_IFLNK | 0o777
            entry.external_attr = kind << 16
            archive.writestr(entry, target or "content")
    return buffer.getvalue()


@pytest.mark.parametrize(
    "entries",
    [
        [("app.py", None), ("lib/a.py", None)],
        [("lib/real.so", None), ("lib/link.so", "real.so"), ("top.so", "lib/link.so")],
        [("bin/tool", "../lib/tool"), ("lib/tool", None)],
        [("a/b/up", "../.."), ("app.py", None)],
        [("dangling", "nowhere")],
        [("a/./b/c", "../../d")],
    ],
)
def test_links_inside_are_fine(entries: list[tuple[str, str | None]]) -> None:
    """Libraries have them: libx.so → libx.so.1."""
    assert trouble(zipped(*entries)) is None


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([("out", "/etc")], "The symbolic link out points outside of the zip, to /etc."),
        ([("out", "../x")], "link out points outside of the zip, to ../x."),
        ([("a/out", "../../x")], "link a/out points outside"),
        ([("a", "b"), ("b", "../x")], "points outside"),
        ([("a/b/up", "../.."), ("out", "a/b/up/../x")], "link out points outside"),
        ([("a", "b"), ("b", "a")], "points outside"),
        ([("folder", "/tmp"), ("folder/evil", None)], "points outside"),
        ([("there/x", None), ("folder", "there"), ("folder/evil", None)], "goes through the"),
        ([("folder/evil", None), ("there/x", None), ("folder", "there")], "goes through the"),
        ([("folder", "there"), ("./folder//evil", None)], "entry folder/evil goes through"),
        ([("x", "y"), ("x", None)], "The entry x is there twice"),
    ],
)
def test_links_out_and_entries_through_links_are_told(
    entries: list[tuple[str, str | None]], words: str
) -> None:
    """Also where other links hide it: `..` behind a link is not what it looks like."""
    assert words in (trouble(zipped(*entries)) or "")


def test_what_is_no_zip_is_left_to_others() -> None:
    """They say so in Lambda's own words."""
    assert trouble(b"no zip") is None
    assert trouble(zipped(("app.py", None))[:40]) is None
